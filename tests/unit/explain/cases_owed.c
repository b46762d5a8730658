// Cases of the detectors for what a server of many owes its clients; and for
// what a client was told, and has not told.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

// A client has sent 400 bytes, and gets the first 200 of them; then as many
// from byte FROM on.
static struct peer *goes_on_from(size_t from)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 400);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 400);
    hand_call(SYS_sendto, 4, 400, 200);
    hand_call(SYS_sendto, 4, 200, 200);
    hand_gets(peer, 400);
    size_t size = from + 200 <= 400 ? 200 : 400 - from;
    memmove(peer->in.at + 200, peer->out.at + from, size);
    peer->in.size = 200 + size;
    hand_differs(peer->out.at, 400, peer->in.at, peer->in.size);
    return peer;
}

static void sends_the_same_again(void)
{
    goes_on_from(100);
}

static void sends_what_comes_next(void)
{
    goes_on_from(200);
}

static void leaves_some_out(void)
{
    goes_on_from(300);
}

// The second receive writes to where the first had written.
static void writes_over_what_waits(void)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 400);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 200, 200);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 200, 200);
    hand_call(SYS_sendto, 4, 200, 200);
    hand_gets(peer, 200);
    memcpy(peer->in.at, peer->out.at + 200, 200);
    hand_differs(peer->out.at, 400, peer->in.at, 200);
}

static void sends_what_nobody_has_sent(void)
{
    struct peer *peer = goes_on_from(100);
    memset(peer->in.at + 200, '!', 200);
}

static void closes_what_listens(void)
{
    hand_server();
    hand_call(SYS_listen, 3, 0, 0);
    hand_selects(1, HAND_SET(3), 0);
    hand_call(SYS_accept, 3, 0, -EMFILE);
    hand_call(SYS_close, 3, 0, 0);
}

static void closes_a_client(void)
{
    hand_server();
    hand_call(SYS_listen, 3, 0, 0);
    hand_selects(1, HAND_SET(3), 0);
    hand_call(SYS_accept, 3, 0, 4);
    hand_call(SYS_close, 4, 0, 0);
}

static void closes_what_listens_when_asked(void)
{
    closes_what_listens();
    hand.program.was_told_to_stop = true;
}

static void owes_some(void)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, 400);
}

static void gives_up_after_a_time(void)
{
    owes_some();
    const struct event event = {.kind = EVENT_TIME, .passed_ms = 86400000};
    trace_add(stage_current()->trace, &event);
    hand_call(SYS_close, 4, 0, 0);
}

static void gives_up_at_the_end(void)
{
    owes_some();
    const struct event event = {.kind = EVENT_TIME, .passed_ms = 86400000};
    trace_add(stage_current()->trace, &event);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void shuts_both_ways(void)
{
    hand_client();
    hand_call(SYS_shutdown, 4, 0, 0)->args[1] = SHUT_RDWR;
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
}

static void shuts_its_own_way(void)
{
    hand_client();
    hand_call(SYS_shutdown, 4, 0, 0)->args[1] = SHUT_WR;
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
}

// SO_ERROR is asked for, and is that.
static void is_told(int error)
{
    struct call *asks = hand_call(SYS_getsockopt, 4, 0, 0);
    asks->args[1] = SOL_SOCKET;
    asks->args[2] = SO_ERROR;
    memcpy(asks->note, &error, sizeof error);
    asks->note_size = sizeof error;
}

static void keeps_a_refusal_to_itself(void)
{
    static const int wanted = 1;
    hand_client();
    is_told(ECONNREFUSED);
    hand_call(SYS_close, 4, 0, 0);
    hand.failure.wanted_status = &wanted;
    hand_ends(HAND_EXIT(0));
}

static void sends_to_who_has_gone(void)
{
    hand_client();
    is_told(0);
    hand_call(SYS_sendto, 4, 5, -EPIPE);
}

// All of a request of text has come, and is refused.
static void refuses_what_is_right(void)
{
    static const char request[] =
        "\0\x6f{\"byteorder\": \"little\", \"content-type\": \"TEXT/JSON\", "
        "\"content-encoding\": \"binary\", \"content-length\": 2}         {}";
    enum { SIZE = 2 + 0x6f + 2 };
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, SIZE);
    memset(peer->out.at, ' ', SIZE);
    memcpy(peer->out.at, request, strlen(request + 1) + 1);
    peer->out.at[SIZE - 3] = '}';
    peer->saw_end = true;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, SIZE);
    hand_complains("no encoding is known\n");
    hand_call(SYS_close, 4, 0, 0);
}

static void closes_before_anything_comes(void)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 5);
    hand_call(SYS_accept, 3, 0, 4);
    hand_call(SYS_close, 4, 0, 0);
}

static void complains_before_anything_comes(void)
{
    closes_before_anything_comes();
    hand_complains("cannot serve: File exists\n");
}

static void closes_for_who_says_nothing(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 0, 4);
    hand_call(SYS_close, 4, 0, 0);
}

static void takes_much_in_a_turn(void)
{
    struct peer *peer = hand_server();
    hand_connects(peer);
    peer->stopped = true;
    peer->sent = 1049600;
    hand_selects(1, HAND_SET(4), 0);
    for (int i = 0; i < 41; i++)
        hand_call(SYS_recvfrom, 4, 25600, 25600);
    hand_waits(0, HAND_SET(4));
}

// It has all, and looks whether there is more; then it ends.
static void looks_behind_all(int status)
{
    hand_client();
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_recvfrom, 4, 1, -EAGAIN)->only_looks = true;
    hand_ends(HAND_EXIT(status));
}

static void fails_behind_a_look(void)
{
    looks_behind_all(1);
}

// Its limit is over, and it tries again.
static void receives_behind_a_limit(void)
{
    hand_client();
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_ends(HAND_EXIT(1));
}

static void gives_up_at_its_limit(void)
{
    const struct timeval limit = {0, 10000};
    hand_client();
    struct call *set = hand_call(SYS_setsockopt, 4, 0, 0);
    set->args[1] = SOL_SOCKET;
    set->args[2] = SO_RCVTIMEO;
    memcpy(set->note, &limit, sizeof limit);
    set->note_size = sizeof limit;
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_ends(HAND_EXIT(1));
}

static void peeks_at_a_reset(void)
{
    hand_client();
    hand_call(SYS_recvfrom, 4, 1, -ECONNRESET)->args[3] = MSG_PEEK;
    hand_ends(HAND_EXIT(1));
}

// A send takes nothing; the wait behind it asks for more, or also for room.
static void closes_after_eagain(uint64_t writable)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, -EAGAIN);
    hand_selects(1, HAND_SET(4), writable);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void counts_what_was_not_taken(void)
{
    closes_after_eagain(0);
}

static void closes_and_knows_what_waits(void)
{
    closes_after_eagain(HAND_SET(4));
}

const struct hand_case owed_cases[] = {
    SPEAKS(counts_what_was_not_taken, "closed_early",
           "send() failed with EAGAIN: it took nothing of the 1000 bytes it "
           "was offered. But select() then did not ask"),
    SPEAKS(closes_and_knows_what_waits, "closed_early",
           "A client that has finished sending"),
    SPEAKS(takes_much_in_a_turn, "backlog", "by 41 calls in a row of recv()"),
    SILENT(fails_behind_a_look, "nothing_yet", "last_call", "exit status 1"),
    SILENT(receives_behind_a_limit, "nothing_yet", "last_call",
           "exit status 1"),
    SPEAKS(gives_up_at_its_limit, "nothing_yet", "has set, is 10 ms."),
    SILENT(peeks_at_a_reset, "peek", "status", "ECONNRESET"),
    SPEAKS(sends_the_same_again, "sent_again",
           "Byte 200 of what client 1 got, and those behind it, are its own "
           "from byte 100 on, once more: send() offers what has been taken"),
    SILENT(sends_what_comes_next, "sent_again", "last_call", "send(4, 200)"),
    SILENT(leaves_some_out, "sent_again", "stream_break", "went on with other"),
    SPEAKS(writes_over_what_waits, "left_out",
           "recv() returned 200, and among these was byte 0 of client 1. It "
           "never went back, nor did those behind it up to byte 200"),
    SILENT(sends_what_nobody_has_sent, "left_out", "stream_break",
           "went on with other"),
    SPEAKS(closes_what_listens, "listener_closed",
           "close() closed the listening socket, and your program was not "
           "asked to stop."),
    SILENT(closes_a_client, "listener_closed", "last_call", "close(4)"),
    SILENT(closes_what_listens_when_asked, "listener_closed", "last_call",
           "close(3)"),
    SPEAKS(gives_up_after_a_time, "closed_early",
           "your program gives up a client after a time"),
    SPEAKS(gives_up_at_the_end, "closed_early", "A client that has finished"),
    SPEAKS(shuts_both_ways, "shut_early",
           "could only fail: what comes then is refused, by a reset."),
    SILENT(shuts_its_own_way, "shut_early", "last_call", "ECONNRESET"),
    SPEAKS(keeps_a_refusal_to_itself, "wrong_status",
           "getsockopt() was told by SO_ERROR that the attempt to connect has "
           "failed, with ECONNREFUSED, and your program ended with"),
    SILENT(sends_to_who_has_gone, "outcome_missed", "last_call", "EPIPE"),
    SPEAKS(refuses_what_is_right, "message_refused",
           "Its content-type is \"TEXT/JSON\". Its content-encoding is"),
    SPEAKS(closes_before_anything_comes, "closed_unasked",
           "ended the connection, and nothing had been received from it."),
    SILENT(complains_before_anything_comes, "closed_unasked", "last_call",
           "close(4)"),
    SILENT(closes_for_who_says_nothing, "closed_unasked", "last_call",
           "close(4)"),
    {.happened = NULL},
};
