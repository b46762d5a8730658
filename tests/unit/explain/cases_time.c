// Cases of the detectors for what was added to what the calls show: time
// limits, signals that come at the wrong moment, descriptors that were closed
// before or are missing, and bytes that were taken or left against the rules.

#include "hand_cases.h"
#include "stage/peer.h"
#include "stage/stage.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>

static void time_passes(void)
{
    const struct event event = {.kind = EVENT_TIME, .passed_ms = 86400000};
    trace_add(stage_current()->trace, &event);
}

static void times_out(struct call *call, uint64_t ms)
{
    call->effect = TIMED_OUT;
    call->waited_ms = ms;
}

static void gives_up_receiving(void)
{
    hand_server();
    time_passes();
    times_out(hand_call(SYS_recvfrom, 4, 4096, -EAGAIN), 5000);
    hand_call(SYS_close, 4, 0, 0);
}

static void gives_up_waiting(void)
{
    hand_server();
    time_passes();
    times_out(hand_selects(0, HAND_SET(4), 0), 60000);
    hand_call(SYS_close, 4, 0, 0);
    hand_waits(HAND_SET(3), 0);
}

// And then it waits on, in vain.
static void gives_up_and_waits_on(bool has_lost)
{
    struct peer *peer = hand_server();
    peer->saw_end = has_lost;
    time_passes();
    times_out(hand_selects(0, HAND_SET(4), 0), 60000);
    hand_call(SYS_close, 4, 0, 0);
    times_out(hand_selects(0, HAND_SET(3), 0), 60000);
    hand_waits(HAND_SET(3), 0);
}

static void gives_up_all_it_has(void)
{
    gives_up_and_waits_on(true);
}

static void gives_up_another(void)
{
    gives_up_and_waits_on(false);
}

// It waits with limits that are what is left of one; or with always the same,
// the second time for what an interruption has left of it.
static void gives_up_a_talker(uint64_t second_ms, uint64_t third_ms)
{
    hand_server();
    time_passes();
    hand_call(SYS_epoll_pwait, -1, 0, 1)->args[3] = 30000;
    hand_call(SYS_recvfrom, 4, 4096, 1);
    hand_call(SYS_epoll_pwait, -1, 0, -EINTR)->args[3] = second_ms;
    struct call *last = hand_call(SYS_epoll_pwait, -1, 0, 0);
    last->args[3] = third_ms;
    times_out(last, third_ms);
    hand_call(SYS_close, 4, 0, 0);
}

static void limits_the_whole(void)
{
    gives_up_a_talker(12000, 6000);
}

static void limits_the_silence(void)
{
    gives_up_a_talker(30000, 6000);
}

// The limit was for one client; what was closed is another's, which was served
// behind it.
static void serves_another_behind_a_limit(void)
{
    hand_server();
    hand_peer();
    time_passes();
    times_out(hand_selects(0, 0, HAND_SET(4)), 3000);
    hand_call(SYS_recvfrom, 5, 4096, 146);
    hand_call(SYS_sendto, 5, 148, 148);
    hand_call(SYS_close, 5, 0, 0);
    hand_waits(HAND_SET(3), HAND_SET(4));
}

static void is_killed_by_its_alarm(void)
{
    time_passes();
    hand_ends(SIGALRM);
}

static void receives_again(void)
{
    hand_server();
    time_passes();
    times_out(hand_call(SYS_recvfrom, 4, 4096, -EAGAIN), 5000);
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void waits_again(void)
{
    hand_server();
    time_passes();
    times_out(hand_selects(0, HAND_SET(4), 0), 60000);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void gives_up_by_itself(void)
{
    hand_server();
    time_passes();
    hand_call(SYS_close, 4, 0, 0);
}

static void alarm_rings_in_its_time(void)
{
    hand_ends(SIGALRM);
}

static void is_always_busy(void)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    hand.failure.misses_signal = true;
}

static void is_not_about_a_signal(void)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
}

static void closes_twice(void)
{
    hand_server();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_close, 4, 0, -EBADF);
    hand.failure.misuses_descriptor = true;
}

// Its socket had the number of stdout, which was closed from the beginning.
static void prints_when_its_socket_is_closed(void)
{
    hand_client();
    hand_call(SYS_close, 1, 0, 0)->on_socket = true;
    hand_call(SYS_write, 1, 5, -EBADF);
    hand.failure.misuses_descriptor = true;
}

static void takes_the_listener_for_the_client(void)
{
    closes_twice();
    struct trace *trace = stage_current()->trace;
    trace->count = 0;
    hand_call(SYS_listen, 3, 1, 0);
    hand_call(SYS_recvfrom, 3, 100, -ENOTCONN);
    hand_call(SYS_close, 3, 0, 0);
    hand_call(SYS_close, 3, 0, -EBADF);
}

static void closes_what_was_never_open(void)
{
    hand_server();
    hand_call(SYS_close, 5, 0, -EBADF);
    hand.failure.misuses_descriptor = true;
}

static void probes_a_number(void)
{
    hand_server();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_fcntl, 4, 0, -EBADF);
    hand.failure.misuses_descriptor = true;
}

static void never_accepts_again(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 0, -ENFILE);
    hand_waits(0, 0);
    hand.failure.wait = WAIT_HANGS;
}

// It is not in a call when it is judged.
static void goes_round_without_accepting(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 0, -ENOBUFS);
    hand_selects(1, HAND_SET(4), 0);
    hand.failure.wait = WAIT_STALLED;
}

static void accepts_again(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 0, -ENFILE);
    hand_call(SYS_accept, 3, 0, 4);
    hand_waits(HAND_SET(3), 0);
    hand.failure.wait = WAIT_HANGS;
}

static void accepts_too_late(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 0, -EMFILE);
    hand_waits(0, 0);
}

// The server has sent 20 bytes back for 12.
static void reply_is_too_long(void)
{
    struct peer *peer = hand_client();
    hand_sends(peer, 20);
    hand_gets(peer, 12);
    hand_call(SYS_sendto, 4, 12, 12);
    hand_call(SYS_recvfrom, 4, 12, 5);
    hand_ends(HAND_EXIT(1));
}

static void asks_for_the_whole_again(void)
{
    reply_is_too_long();
    hand_call(SYS_recvfrom, 4, 12, 12);
}

static void asks_for_the_rest(void)
{
    reply_is_too_long();
    hand_call(SYS_recvfrom, 4, 7, 7);
}

static void send_fails_after_an_answer(void)
{
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(hand_client(), 148);
    hand_call(SYS_sendto, 4, 146, 20);
    hand_call(SYS_sendto, 4, 126, -ECONNRESET)->args[1] += 20;
    hand_ends(HAND_EXIT(1));
}

static const int well = 0;

// It has received the answer, too, and its exit status is that of send().
static void send_fails_beside_an_answer(void)
{
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(hand_client(), 148);
    hand_call(SYS_sendto, 4, 146, -ECONNRESET);
    hand_call(SYS_recvfrom, 4, 4096, 148);
    hand_ends(HAND_EXIT(1));
    hand.failure.wanted_status = &well;
}

static void send_fails_without_an_answer(void)
{
    hand_speaks(PROTOCOL_MESSAGES);
    hand_client();
    hand_call(SYS_sendto, 4, 146, 20);
    hand_call(SYS_sendto, 4, 126, -ECONNRESET)->args[1] += 20;
    hand_ends(HAND_EXIT(1));
}

// It looks at the clock after time has passed, and ends with that status.
static void ends_at_the_clock(int64_t last_receive)
{
    hand_client();
    hand_call(SYS_recvfrom, 4, 44, 22);
    time_passes();
    hand_call(SYS_recvfrom, 4, 22, last_receive);
    struct stage *stage = stage_current();
    stage->tracer.clock.read_by = hand.program.pid;
    stage->tracer.clock.read_at = stage->trace->count;
    hand_call(SYS_close, 4, 0, 0);
    hand_ends(HAND_EXIT(1));
}

static void gives_up_by_the_clock(void)
{
    ends_at_the_clock(5);
}

static void finds_the_end_and_the_clock(void)
{
    ends_at_the_clock(0);
}

static void counts_its_waits(void)
{
    hand_server();
    time_passes();
    for (int i = 0; i < 60; i++)
        times_out(hand_selects(0, HAND_SET(4), 0), 1000);
    hand_call(SYS_close, 4, 0, 0);
}

const struct hand_case time_cases[] = {
    SPEAKS(gives_up_by_the_clock, "time_limit",
           "looked at the clock, and ended, though no call had failed and the "
           "other side was still there: it gives up by itself"),
    SILENT(finds_the_end_and_the_clock, "time_limit", "last_call",
           "exit status 1"),
    SPEAKS(counts_its_waits, "time_limit",
           "select() waited in vain 60 times, in all for 1 min, and then your "
           "program gave up by itself."),
    SPEAKS(never_accepts_again, "accept_forgotten",
           "accept() failed with ENFILE, and was not called again since: "
           "select() waits for others than the listening socket"),
    SPEAKS(goes_round_without_accepting, "accept_forgotten",
           "select() waits for others than the listening socket, again and"),
    SILENT(accepts_again, "accept_forgotten", "blocked", "select()"),
    SILENT(accepts_too_late, "accept_forgotten", "last_call", "select("),
    SPEAKS(asks_for_the_whole_again, "took_too_much",
           "recv() asked for 12 bytes where 7 of the reply were still missing, "
           "and got 12"),
    SILENT(asks_for_the_rest, "took_too_much", "last_call", "recv(4, 7) = 7"),
    SPEAKS(send_fails_after_an_answer, "answer_left",
           "send() failed with ECONNRESET, and nothing was received after "
           "that, though the server had sent 148 bytes before it went."),
    SPEAKS(send_fails_beside_an_answer, "answer_left",
           "all of its 148 bytes were received."),
    SILENT(send_fails_without_an_answer, "answer_left", "status",
           "send() failed with ECONNRESET"),

    SPEAKS(gives_up_all_it_has, "time_limit",
           "select() waited for 1 min, and then its limit was over (its "
           "argument). So close() ended a connection."),
    SILENT(gives_up_another, "time_limit", "last_call", "select("),
    SPEAKS(gives_up_receiving, "time_limit",
           "recv() waited for 5 s, and then its limit was over (SO_RCVTIMEO). "
           "Your program took that for the end."),
    SPEAKS(limits_the_whole, "time_limit",
           "waited for 6 s, and then its limit was over (its argument). So "
           "close() ended a connection. The limit was 30 s at first, and "
           "has become less, though bytes moved"),
    SPEAKS(limits_the_silence, "time_limit", "The task knows no limit"),
    SPEAKS(gives_up_waiting, "time_limit",
           "waited for 1 min, and then its limit was over (its argument). So "
           "close() ended a connection."),
    SPEAKS(is_killed_by_its_alarm, "time_limit",
           "SIGALRM killed your program, as time passed"),
    SILENT(serves_another_behind_a_limit, "time_limit", "last_call",
           "select(r3 w4)"),
    SILENT(receives_again, "time_limit", "last_call", "recv(4, 4096)"),
    SILENT(waits_again, "time_limit", "last_call", "close(4)"),
    SILENT(gives_up_by_itself, "time_limit", "last_call", "close(4)"),
    SILENT(alarm_rings_in_its_time, "time_limit", "signal", "SIGALRM"),
    SPEAKS(is_always_busy, "signal_missed",
           "finds something ready each time, so it does not wait"),
    SILENT(is_not_about_a_signal, "signal_missed", "last_call", "select("),
    SPEAKS(closes_twice, "closed_descriptor",
           "close() closed descriptor 4, and close() was called with it again"),
    SILENT(prints_when_its_socket_is_closed, "closed_descriptor", "last_call",
           "close(1)"),
    SILENT(takes_the_listener_for_the_client, "closed_descriptor",
           "wrong_descriptor", "it is the listening socket"),
    SILENT(closes_what_was_never_open, "closed_descriptor", "last_call",
           "close(5)"),
    SILENT(probes_a_number, "closed_descriptor", "last_call", "fcntl(4)"),
    {.happened = NULL},
};
