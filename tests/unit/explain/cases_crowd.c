// Cases of the detectors for the crowd: a client's many connections.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <sys/syscall.h>

// A client with many connections waits for these.
static struct peer *waits_for(uint64_t readable, uint64_t writable)
{
    struct peer *peer = hand_crowd();
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_connect, 4, 16, 0);
    hand_waits(readable, writable);
    return peer;
}

static void waits_for_nothing(void)
{
    waits_for(0, 0);
}

static void opens_too_few_and_waits(void)
{
    waits_for(HAND_SET(5), 0)->connected = false;
}

static void takes_all_for_sent(void)
{
    hand_gets(waits_for(HAND_SET(4), 0), 300);
    hand.failure.expected_size = 500;
}

static void does_not_close_when_done(void)
{
    struct peer *peer = hand_crowd();
    hand_connects(peer);
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_connect, 4, 16, 0);
    hand_sends(peer, 300);
    hand_gets(peer, 300);
    hand_waits(HAND_SET(4), 0);
}

static void does_not_close_what_is_wrong(void)
{
    does_not_close_when_done();
    hand.failure.peer->out.at[0] ^= 1;
}

static void does_not_look_so_high(void)
{
    waits_for(0, HAND_SET(4));
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.args[0] = 4;
}

static void waits_to_send(void)
{
    waits_for(0, HAND_SET(4));
}

static void one_alone_waits(void)
{
    waits_for(0, 0)->server = NULL;
}

// One of a client's connections is reset, and it ends; this is about another.
static void ends_for_one(void)
{
    hand_crowd();
    hand_peer()->farewell = FAREWELL_RESET;
    hand_call(SYS_recvfrom, 5, 4096, -ECONNRESET);
    hand_ends(HAND_EXIT(1));
}

static void ends_for_a_wrong_one(void)
{
    hand_crowd();
    hand_peer()->wrong_at = 77;
    hand_call(SYS_recvfrom, 5, 4096, 100);
    hand_ends(HAND_EXIT(1));
}

static void ends_for_a_refused_one(void)
{
    hand_crowd();
    hand_call(SYS_getsockopt, 5, 0, 0)->effect = REFUSED;
    hand_ends(HAND_EXIT(1));
}

static void ends_for_one_without_a_way(void)
{
    hand_crowd();
    hand_call(SYS_connect, 5, 16, -ENETUNREACH);
    hand_ends(HAND_EXIT(1));
}

static void ends_while_one_begins(void)
{
    hand_crowd();
    hand_call(SYS_connect, 5, 16, -EINPROGRESS);
    hand_ends(HAND_EXIT(1));
}

static void closes_the_others_first(void)
{
    hand_crowd();
    hand_peer()->farewell = FAREWELL_RESET;
    hand_call(SYS_recvfrom, 5, 4096, -ECONNRESET);
    hand_call(SYS_close, 4, 0, 0);
    hand_ends(HAND_EXIT(1));
}

static void ends_though_nothing_went_wrong(void)
{
    hand_crowd();
    hand_peer();
    hand_call(SYS_recvfrom, 5, 4096, 100);
    hand_ends(HAND_EXIT(1));
}

// The server has sent 1000 bytes back, and the client closes.
static void closes_after(int64_t received, long number)
{
    struct peer *peer = hand_crowd();
    hand_sends(peer, 1000);
    hand_gets(peer, 1000);
    hand_call(SYS_recvfrom, 4, 4096, received);
    hand_call(number, 4, 0, 0);
}

static void closes_too_early(void)
{
    closes_after(400, SYS_close);
}

static void closes_after_all(void)
{
    closes_after(1000, SYS_close);
}

static void only_finishes_sending(void)
{
    closes_after(400, SYS_shutdown);
}

static void ends_after(unsigned connections)
{
    struct peer *peer = hand_crowd();
    peer->connected = false;
    peer->server->accepted = connections;
    hand_ends(HAND_EXIT(0));
}

static void opens_only_one(void)
{
    ends_after(1);
}

static void opens_only_some(void)
{
    ends_after(7);
}

// COUNT connections have come that it was not told to open.
static void opens_more(unsigned count)
{
    struct peer *peer = hand_crowd();
    peer->server->accepted = 2 + count;
    peer->server->unawaited = count;
    hand_call(SYS_recvfrom, 4, 4096, 10);
}

static void opens_a_third(void)
{
    opens_more(1);
}

static void opens_both(void)
{
    opens_more(0);
}

static void opens_none(void)
{
    ends_after(0);
}

static void opens_this_one(void)
{
    ends_after(7);
    hand.failure.peer->connected = true;
}

static void spins_over_nothing(void)
{
    waits_for(0, 0);
    hand.failure.wait = WAIT_STALLED;
}

static void waits_by_epoll(void)
{
    waits_for(0, 0);
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.info =
        call_find(SYS_epoll_pwait);
}

static void receives_and_does_not_wait(void)
{
    hand_crowd();
    hand.failure.wait = WAIT_HANGS;
    hand_selects(1, HAND_SET(4), 0);
    hand_blocks(SYS_read, 0, 4096);
}

static void is_reset_itself(void)
{
    hand_crowd()->farewell = FAREWELL_RESET;
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_ends(HAND_EXIT(1));
}

static void another_one_is_closed(void)
{
    struct peer *peer = hand_crowd();
    hand_peer();
    hand_sends(peer, 1000);
    hand_gets(peer, 1000);
    hand_call(SYS_recvfrom, 4, 4096, 400);
    hand_call(SYS_close, 5, 0, 0);
}

static void another_one_has_received(void)
{
    hand_gets(hand_crowd(), 1000);
    hand_peer();
    hand_call(SYS_recvfrom, 5, 4096, 900);
    hand_call(SYS_recvfrom, 4, 4096, 400);
    hand_call(SYS_close, 4, 0, 0);
}

static void one_alone_closes_too_early(void)
{
    hand_gets(hand_client(), 1000);
    hand_call(SYS_recvfrom, 4, 4096, 400);
    hand_call(SYS_close, 4, 0, 0);
}

static void may_open_more_yet(void)
{
    struct peer *peer = hand_crowd();
    peer->connected = false;
    peer->server->accepted = 7;
}

static void never_waits_to_write(void)
{
    hand_crowd();
    hand_call(SYS_connect, 4, 0, -EINPROGRESS);
    hand_waits(HAND_SET(4), 0);
    hand.failure.wait = WAIT_HANGS;
}

static void leaves_the_last_out(void)
{
    hand_crowd();
    hand_call(SYS_connect, 4, 0, -EINPROGRESS);
    hand_selects(1, HAND_SET(5), 0);
    hand_ends(HAND_EXIT(0));
}

static void waits_for_the_last(void)
{
    hand_crowd();
    hand_call(SYS_connect, 4, 0, -EINPROGRESS);
    hand_selects(1, 0, HAND_SET(4));
    hand_ends(HAND_EXIT(0));
}

static void waits_with_a_count_of(uint64_t count)
{
    hand_client();
    hand_waits(0, HAND_SET(6))->args[0] = count;
    hand.failure.wait = WAIT_HANGS;
}

static void has_one_above_the_count(void)
{
    waits_with_a_count_of(6);
}

static void has_all_below_the_count(void)
{
    waits_with_a_count_of(7);
}

// It is a stream's, and not connected, says getpeername().
static void finds_it_unconnected(const char *reason)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_selects(1, 0, HAND_SET(4));
    hand_call(SYS_getpeername, 4, 0, -ENOTCONN);
    hand_complains(reason);
    hand_ends(HAND_EXIT(1));
    hand.failure.wants_reason = true;
}

static void reports_it_as_unconnected(void)
{
    finds_it_unconnected("connect: Transport endpoint is not connected\n");
}

static void reports_it_in_other_words(void)
{
    finds_it_unconnected("connect: it did not work\n");
}

const struct hand_case crowd_cases[] = {
    SPEAKS(reports_it_as_unconnected, "outcome_missed",
           "getpeername() says that the socket is not connected (ENOTCONN), "
           "and your program gives that as the reason."),
    SILENT(reports_it_in_other_words, "outcome_missed", "status",
           "getpeername() failed with ENOTCONN"),
    SPEAKS(waits_for_nothing, "client_waits",
           "select() waits for nothing: both sets are empty."),
    SPEAKS(opens_too_few_and_waits, "client_waits",
           "and the grader for one more: connection 1."),
    SPEAKS(
        takes_all_for_sent, "client_waits",
        "has sent 300 of the 500 bytes over connection 1, and select() does not wait "
        "for descriptor 4 to be writable: does it take all for sent?"),
    SPEAKS(never_waits_to_write, "client_waits",
           "has sent 0 bytes over connection 1, and select() does not wait for "
           "descriptor 4 to be writable, but only to be readable"),
    SPEAKS(leaves_the_last_out, "never_watched",
           "none of its calls of select() had waited for descriptor 4, which "
           "is connection 1."),
    SILENT(waits_for_the_last, "never_watched", "outcome_missed", "SO_ERROR"),
    SPEAKS(has_one_above_the_count, "not_below",
           "descriptor 6 is in the set, but not below it."),
    SILENT(has_all_below_the_count, "not_below", "blocked", "in select()"),
    SPEAKS(does_not_close_what_is_wrong, "client_waits",
           "Other bytes have come back than were sent on connection 1, and it "
           "is still open: that is a failure"),
    SPEAKS(does_not_close_when_done, "client_waits",
           "All has come back on connection 1, and it is still open"),
    SPEAKS(does_not_look_so_high, "client_waits",
           "descriptor 4 is in the set, but not below it."),
    SILENT(waits_to_send, "client_waits", "blocked",
           "Your program is blocked in select()"),
    SILENT(one_alone_waits, "client_waits", "blocked",
           "Your program is blocked in select()"),
    SPEAKS(ends_for_one, "all_given_up",
           "ended while connection 1 was not done"),
    SPEAKS(ends_for_a_wrong_one, "all_given_up",
           "ended while connection 1 was not done"),
    SPEAKS(ends_for_a_refused_one, "all_given_up",
           "ended while connection 1 was not done"),
    SPEAKS(ends_for_one_without_a_way, "all_given_up",
           "ended while connection 1 was not done"),
    SILENT(ends_while_one_begins, "all_given_up", "last_call",
           "It ended with exit status 1."),
    SILENT(closes_the_others_first, "all_given_up", "status",
           "recv() failed with ECONNRESET"),
    SILENT(ends_though_nothing_went_wrong, "all_given_up", "last_call",
           "It ended with exit status 1."),
    SPEAKS(closes_too_early, "echo_left",
           "close() closes connection 1 when 400 of the 1000 bytes that it has "
           "sent have come back."),
    SILENT(closes_after_all, "echo_left", "last_call", "close(4)"),
    SILENT(only_finishes_sending, "echo_left", "last_call", "shutdown(4, "),
    SPEAKS(opens_only_one, "too_few", "opened 1 connection and ended."),
    SPEAKS(opens_only_some, "too_few", "opened 7 connections and ended."),
    SPEAKS(opens_a_third, "too_many", "1 connection more than it was told to"),
    SILENT(opens_both, "too_many", "last_call", "recv(4, 4096)"),
    SILENT(opens_none, "too_few", "last_call", "exit status 0 before"),
    SILENT(opens_this_one, "too_few", "last_call", "exit status 0 before"),
    SILENT(spins_over_nothing, "client_waits", "blocked", "in select()"),
    SILENT(waits_by_epoll, "client_waits", "blocked", "in epoll_pwait()"),
    SILENT(receives_and_does_not_wait, "client_waits", "blocked",
           "blocked in read()"),
    SILENT(is_reset_itself, "all_given_up", "status", "ECONNRESET"),
    SILENT(another_one_is_closed, "echo_left", "last_call", "close(5)"),
    SPEAKS(another_one_has_received, "echo_left", "when 400 of the 1000 bytes"),
    SILENT(one_alone_closes_too_early, "echo_left", "last_call", "close(4)"),
    SILENT(may_open_more_yet, "too_few", "last_call", "no socket call at all"),
    {.happened = NULL},
};
