// Cases of the detectors for threads and processes, and for whom bytes are sent
// to.

#include "hand_cases.h"
#include "stage/peer.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char wanted[] = "received: Hello\n", got[] = "received: ";

// The calls of another process, a child of the one that was started.
static struct call *by_child(struct call *call)
{
    call->pid = call->tid = getpid() + 1;
    return call;
}

static void parent_leaves_its_child(void)
{
    hand_client();
    hand_call(SYS_sendto, 4, 5, 5);
    hand_differs(wanted, sizeof wanted - 1, got, sizeof got - 1);
    hand_ends(HAND_EXIT(0));
    by_child(hand_call(SYS_recvfrom, 4, 4096, 5))->ended_us = UINT64_MAX;
}

static void child_was_through(void)
{
    hand_client();
    hand_call(SYS_sendto, 4, 5, 5);
    by_child(hand_call(SYS_recvfrom, 4, 4096, 5))->ended_us = 0;
    hand_differs(wanted, sizeof wanted - 1, got, sizeof got - 1);
    hand_ends(HAND_EXIT(0));
}

static void ends_without_a_child(void)
{
    hand_client();
    hand_call(SYS_sendto, 4, 5, 5);
    hand_call(SYS_recvfrom, 4, 4096, 5)->ended_us = UINT64_MAX;
    hand_differs(wanted, sizeof wanted - 1, got, sizeof got - 1);
    hand_ends(HAND_EXIT(0));
}

static void client_has_finished(void)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 5);
    hand_gets(peer, 5);
    peer->finished = true;
    hand_call(SYS_accept, 3, 0, 4);
    hand_call(SYS_recvfrom, 4, 4096, 5);
    hand_call(SYS_sendto, 4, 5, 5);
    hand.failure.wait = WAIT_HANGS;
}

static void end_is_not_passed_on(void)
{
    client_has_finished();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_blocks(SYS_accept, 3, 0);
}

static void end_of_a_thread_is_no_close(void)
{
    client_has_finished();
    hand_call(SYS_recvfrom, 4, 4096, 0)->tid = getpid() + 1;
    hand_blocks(SYS_accept, 3, 0);
}

static void end_is_passed_on(void)
{
    client_has_finished();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_close, 4, 0, 0);
    hand_blocks(SYS_accept, 3, 0);
}

static void end_is_not_asked_for(void)
{
    client_has_finished();
    hand_blocks(SYS_accept, 3, 0);
}

static void end_has_come_through(void)
{
    client_has_finished();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand.failure.peer->saw_end = true;
    hand_blocks(SYS_accept, 3, 0);
}

static void sends_to_all(void)
{
    struct peer *first = hand_server();
    hand_sends(hand_peer(), 6);
    hand_gets(first, 6);
    hand_call(SYS_recvfrom, 5, 4096, 6);
    hand_call(SYS_sendto, 4, 6, 6);
    hand_call(SYS_sendto, 5, 6, 6);
}

static void sends_to_whom_it_came_from(void)
{
    struct peer *first = hand_server();
    hand_sends(first, 6);
    hand_sends(hand_peer(), 6);
    hand_call(SYS_recvfrom, 4, 4096, 6);
    hand_call(SYS_recvfrom, 5, 4096, 6);
    hand_call(SYS_sendto, 4, 6, 6);
    hand_call(SYS_sendto, 5, 6, 6);
}

static void sends_one_too_much(void)
{
    hand_sends(hand_server(), 6);
    hand_call(SYS_recvfrom, 4, 4096, 6);
    hand_call(SYS_sendto, 4, 6, 6);
    hand_call(SYS_sendto, 4, 6, 6);
}

// A loop that has sent a part of the 2000 bytes of an echo.
static struct peer *sends_a_part(int64_t result)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 2000);
    hand_gets(peer, result > 0 ? (size_t)result : 0);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 2000);
    hand_call(SYS_sendto, 4, 2000, result);
    return peer;
}

static void rest_is_never_sent(void)
{
    sends_a_part(1200);
    hand_blocks(SYS_epoll_pwait, -1, 0);
    hand.failure.wait = WAIT_HANGS;
}

static void rest_is_not_waited_for(void)
{
    sends_a_part(1200);
    hand_waits(HAND_SET(4), 0);
    hand.failure.wait = WAIT_HANGS;
}

// Behind the 1200 that it took come bytes that are others than the rest.
static void gets_others_behind(struct peer *peer)
{
    static unsigned char echo[2000];
    for (size_t i = 0; i < sizeof echo; i++)
        echo[i] = (unsigned char)i;
    hand_sends(peer, 2000);
    peer->in.at = calloc(1, 2000);
    memcpy(peer->in.at, echo, 1200);
    peer->in.size = 2000;
    hand_differs(echo, sizeof echo, peer->in.at, 2000);
}

static void rest_is_followed_by_others(void)
{
    struct peer *peer = sends_a_part(1200);
    hand_call(SYS_sendto, 4, 800, 800);
    gets_others_behind(peer);
}

static void all_is_offered_again(void)
{
    struct peer *peer = sends_a_part(1200);
    hand_call(SYS_sendto, 4, 2000, 800);
    gets_others_behind(peer);
}

static void refused_send_is_forgotten(void)
{
    sends_a_part(-EAGAIN);
    hand_blocks(SYS_epoll_pwait, -1, 0);
    hand.failure.wait = WAIT_HANGS;
}

static void rest_may_come_yet(void)
{
    sends_a_part(1200);
    hand_selects(1, 0, HAND_SET(4));
}

static void all_was_sent(void)
{
    sends_a_part(2000);
    hand_waits(HAND_SET(4), 0);
    hand.failure.wait = WAIT_HANGS;
}

const struct hand_case processes_cases[] = {
    SPEAKS(rest_is_never_sent, "stream_break",
           "send() took 1200 of the 2000 bytes it was offered. The rest, from "
           "byte 1200 of the stream on, was never offered again."),
    SPEAKS(rest_is_followed_by_others, "stream_break",
           "send() then went on with other bytes, from byte 1200 of the stream "
           "on"),
    SPEAKS(all_is_offered_again, "stream_break",
           "was then given the same 2000 bytes from their beginning"),
    SPEAKS(refused_send_is_forgotten, "stream_break",
           "send() failed with EAGAIN: it took nothing of the 2000 bytes"),
    SILENT(rest_is_not_waited_for, "stream_break", "blocked", "select()"),
    SILENT(rest_may_come_yet, "stream_break", "last_call", "select(w4)"),
    SILENT(all_was_sent, "stream_break", "blocked", "select()"),

    SPEAKS(parent_leaves_its_child, "left_child",
           "with exit status 0 while its child was still in recv()"),
    SILENT(child_was_through, "left_child", "last_call", "exit status 0"),
    SILENT(ends_without_a_child, "left_child", "last_call", "exit status 0"),
    SPEAKS(end_is_not_passed_on, "never_closed",
           "recv() returned 0, as the client has finished; all that it sent "
           "has been sent back; and descriptor 4 was never closed."),
    SPEAKS(end_of_a_thread_is_no_close, "never_closed",
           "The end of a thread closes nothing"),
    SILENT(end_is_passed_on, "never_closed", "blocked", "accept()"),
    SILENT(end_is_not_asked_for, "never_closed", "blocked", "accept()"),
    SILENT(end_has_come_through, "never_closed", "blocked", "accept()"),
    SPEAKS(sends_to_all, "sent_to_another",
           "send() sends to client 1 (descriptor 4) more than has come from "
           "it: what recv() brought last came from client 2 (descriptor 5)."),
    SILENT(sends_to_whom_it_came_from, "sent_to_another", "last_call",
           "send(5, 6) = 6"),
    SILENT(sends_one_too_much, "sent_to_another", "last_call",
           "send(4, 6) = 6"),
    {.happened = NULL},
};
