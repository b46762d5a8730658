// Cases of the detectors for time limits, for signals that come at the wrong
// moment, and for descriptors that were closed before.

#include "hand_cases.h"
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

const struct hand_case time_cases[] = {
    SPEAKS(gives_up_receiving, "time_limit",
           "recv() waited for 5 s, and then its limit was over (SO_RCVTIMEO). "
           "Your program took that for the end."),
    SPEAKS(gives_up_waiting, "time_limit",
           "waited for 1 min, and then its limit was over (its argument). So "
           "close() ended a connection."),
    SPEAKS(is_killed_by_its_alarm, "time_limit",
           "SIGALRM killed your program, as time passed"),
    SILENT(receives_again, "time_limit", "last_call", "recv(4, 4096)"),
    SILENT(waits_again, "time_limit", "last_call", "close(4)"),
    SILENT(gives_up_by_itself, "time_limit", "last_call", "close(4)"),
    SILENT(alarm_rings_in_its_time, "time_limit", "signal", "SIGALRM"),
    SPEAKS(is_always_busy, "signal_missed",
           "finds something ready each time, so it does not wait"),
    SILENT(is_not_about_a_signal, "signal_missed", "last_call", "select("),
    SPEAKS(closes_twice, "closed_descriptor",
           "close() closed descriptor 4, and close() was called with it again"),
    SILENT(closes_what_was_never_open, "closed_descriptor", "last_call",
           "close(5)"),
    SILENT(probes_a_number, "closed_descriptor", "last_call", "fcntl(4)"),
    {.happened = NULL},
};
