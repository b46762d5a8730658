// Cases of the detectors for loops that wait for the wrong thing.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void waits_on_after_a_signal(void)
{
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand_selects(-EINTR, HAND_SET(3), 0);
    hand_waits(HAND_SET(3), 0);
    hand.program.was_told_to_stop = true;
}

static void lets_no_signal_in(void)
{
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand_waits(HAND_SET(3), 0);
    hand.program.was_told_to_stop = true;
}

static void receives_on_after_a_signal(void)
{
    hand_server();
    hand_peer();
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 4096);
    hand.program.was_told_to_stop = true;
}

// The signal comes while it writes a line: no wait hears of it, but the next.
static void is_told_while_it_writes(void)
{
    const struct event told = {.kind = EVENT_SIGNAL, .signal = SIGTERM};
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_write, 1, 29, 29)->ended_us = UINT64_MAX;
    trace_add(stage_current()->trace, &told);
    hand_waits(HAND_SET(3), 0);
    hand.program.was_told_to_stop = true;
}

static void has_heard_of_no_signal(void)
{
    waits_on_after_a_signal();
    hand.program.was_told_to_stop = false;
}

// A server with a loop is in a call for one client.
static void is_in(long number)
{
    hand_server();
    hand_peer();
    hand.failure.wait = WAIT_HANGS;
    hand_selects(1, HAND_SET(4) | HAND_SET(5), 0);
    hand_blocks(number, 4, 4096);
}

static void waits_for_one_to_send(void)
{
    is_in(SYS_recvfrom);
}

static void waits_for_one_to_read(void)
{
    is_in(SYS_sendto);
}

static void asks_the_same_again(void)
{
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 4096);
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void serves_two_without_a_loop(void)
{
    hand_server();
    hand_peer();
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void serves_one_without_a_loop(void)
{
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void has_a_thread_for_each(void)
{
    is_in(SYS_recvfrom);
    thread_add(&stage_current()->tracer, getppid());
}

// A server waits for these; its client is connected in fact. Returns the
// program's end of that.
static int waits_for(uint64_t readable, uint64_t writable)
{
    int fd = hand_connects(hand_server());
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_listen, 3, 1, 0);
    hand_call(SYS_accept, 3, 0, 4);
    hand_waits(readable, writable);
    return fd;
}

// The client has sent 100 bytes more, which are there.
static void are_unread(int fd)
{
    static char bytes[100];
    struct peer *peer = hand.failure.peer;
    ck_assert_int_eq(send(peer->socket.fd, bytes, sizeof bytes, 0),
                     sizeof bytes);
    peer->sent += sizeof bytes;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&readable, 1, -1), 1);
}

static void does_not_watch_the_client(void)
{
    are_unread(waits_for(HAND_SET(3), 0));
}

// All that came before has been sent back.
static void watches_the_client_no_more(void)
{
    int fd = waits_for(HAND_SET(3), 0);
    hand_sends(hand.failure.peer, 10);
    hand_gets(hand.failure.peer, 10);
    are_unread(fd);
}

static void watches_the_client(void)
{
    are_unread(waits_for(HAND_SET(3) | HAND_SET(4), 0));
}

static void watches_below_the_client(void)
{
    watches_the_client();
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.args[0] = 4;
}

static void does_not_watch_the_end(void)
{
    int fd = waits_for(HAND_SET(3), 0);
    struct peer *peer = hand.failure.peer;
    ck_assert_int_eq(shutdown(peer->socket.fd, SHUT_WR), 0);
    peer->finished = true;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&readable, 1, -1), 1);
}

static void does_not_watch_the_listener(void)
{
    hand_server();
    hand_peer();
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_listen, 3, 1, 0);
    hand_waits(HAND_SET(5), 0);
}

static void watches_the_listener(void)
{
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_listen, 3, 1, 0);
    hand_waits(HAND_SET(3), 0);
}

static void does_not_wait_to_send(void)
{
    waits_for(HAND_SET(3) | HAND_SET(4), 0);
    hand.failure.peer->sent = 700;
}

static void leaves_some_out(void)
{
    does_not_wait_to_send();
    hand_call(SYS_sendto, 4, 690, 690);
    hand_waits(HAND_SET(3) | HAND_SET(4), 0);
}

static void waits_to_send(void)
{
    waits_for(HAND_SET(3), HAND_SET(4));
    hand.failure.peer->sent = 700;
}

// It has received the end, and waits for others.
static void does_not_close(void)
{
    hand_connects(hand_server());
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_listen, 3, 1, 0);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_waits(HAND_SET(3), 0);
}

static void waits_by_epoll(void)
{
    are_unread(waits_for(HAND_SET(3), 0));
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.info =
        call_find(SYS_epoll_pwait);
}

static void stalls_in_a_receive(void)
{
    waits_for_one_to_send();
    hand.failure.wait = WAIT_STALLED;
}

static void waits_for_stdin(void)
{
    is_in(SYS_sendto);
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.on_socket = false;
}

static void stalls_unwatched(void)
{
    does_not_watch_the_client();
    hand.failure.wait = WAIT_STALLED;
}

static void has_lost_the_client(void)
{
    does_not_watch_the_client();
    hand.failure.peer->connected = false;
}

// A client's descriptor may stay open: it has finished, not its server.
static void client_does_not_close(void)
{
    hand_connects(hand_client());
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_waits(HAND_SET(3), 0);
}

static void does_not_close_with_messages(void)
{
    does_not_close();
    hand_speaks(PROTOCOL_MESSAGES);
}

static void floods(size_t message)
{
    struct peer *peer = hand_client();
    hand_sends(peer, 40);
    hand_gets(peer, 40);
    peer->message = message;
    hand_call(SYS_sendto, 4, 5, 5);
    hand.failure.wait = WAIT_FLOODED;
}

static void sends_without_end(void)
{
    floods(5);
}

static void sends_its_message(void)
{
    floods(0); // how much that is, nobody has said
}

const struct hand_case loop_cases[] = {
    SPEAKS(waits_on_after_a_signal, "stop_ignored",
           "A signal has asked your program to stop, and it is in select() "
           "(again)"),
    SPEAKS(lets_no_signal_in, "stop_ignored",
           "A signal that is blocked stays outside while select() waits"),
    SPEAKS(is_told_while_it_writes, "stop_ignored",
           "The signal came after the flag was looked at, and before that "
           "call"),
    SPEAKS(receives_on_after_a_signal, "stop_ignored",
           "in recv(), which it did not end: it is blocked or ignored"),
    SILENT(has_heard_of_no_signal, "stop_ignored", "blocked",
           "Your program is blocked in select()"),
    SPEAKS(waits_for_one_to_send, "blocked_by_one",
           "blocked in recv(), on client 1: it waits for that one alone, and "
           "nobody else is served meanwhile. That a socket was ready is no "
           "promise"),
    SPEAKS(waits_for_one_to_read, "blocked_by_one",
           "The kernel takes no more for it until its other end reads"),
    SPEAKS(asks_the_same_again, "blocked_by_one",
           "It asks this one for more without having asked select() whether"),
    SPEAKS(serves_two_without_a_loop, "blocked_by_one",
           "it waits for that one alone"),
    SILENT(serves_one_without_a_loop, "blocked_by_one", "blocked",
           "Your program is blocked in recv()"),
    SILENT(has_a_thread_for_each, "blocked_by_one", "blocked",
           "Your program is blocked in recv()"),
    SPEAKS(does_not_watch_the_client, "unwatched",
           "select() does not wait to read from descriptor 4. There something "
           "of client 1 waits to be received. Read: man 2 select"),
    SPEAKS(watches_the_client_no_more, "unwatched",
           "All that came before has been sent back"),
    SPEAKS(watches_below_the_client, "unwatched",
           "looks at the descriptors below its first argument, 4; descriptor "
           "4 is in the set, but not below it."),
    SPEAKS(does_not_watch_the_end, "unwatched",
           "client 1 waits to be received: the end of its stream."),
    SPEAKS(does_not_watch_the_listener, "unwatched",
           "does not wait to read from descriptor 3. That is the listening"),
    SPEAKS(does_not_wait_to_send, "unwatched",
           "has received 700 bytes that it has not sent back to client 1, and "
           "select() does not wait for descriptor 4 to be writable."),
    SPEAKS(leaves_some_out, "unwatched",
           "Each send() took all that it was offered, so these were never "
           "offered"),
    SPEAKS(does_not_close, "unwatched",
           "client 1 has finished, all has been sent back, and descriptor 4 is "
           "still open"),
    SILENT(watches_the_client, "unwatched", "blocked",
           "Your program is blocked in select()"),
    SILENT(watches_the_listener, "unwatched", "blocked",
           "Your program is blocked in select()"),
    SILENT(waits_to_send, "unwatched", "blocked",
           "Your program is blocked in select()"),
    SILENT(waits_by_epoll, "unwatched", "blocked",
           "Your program is blocked in epoll_pwait()"),
    SILENT(stalls_in_a_receive, "blocked_by_one", "blocked", "in recv()"),
    SILENT(waits_for_stdin, "blocked_by_one", "blocked", "in send()"),
    SPEAKS(stalls_unwatched, "unwatched",
           "select() does not wait to read from descriptor 4."),
    SILENT(has_lost_the_client, "unwatched", "blocked", "in select()"),
    SILENT(client_does_not_close, "unwatched", "blocked", "in select()"),
    SILENT(does_not_close_with_messages, "unwatched", "blocked", "in select()"),
    SPEAKS(sends_without_end, "sends_on",
           "sends without end: 40 bytes so far, and the message has 5."),
    SILENT(sends_its_message, "sends_on", "last_call", "Compare the timeline"),
    {.happened = NULL},
};
