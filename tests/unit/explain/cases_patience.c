// Cases of the detector for a server that gives up a client which is slow to
// receive.

#include "hand_cases.h"
#include "stage/peer.h"
#include "stage/stage.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

// A server sends one byte, and another 4 seconds later; after some time more it
// closes the connection, or calls something there before that.
static void gives_up_a_reader(uint64_t first_ms, uint64_t second_ms,
                              int64_t receives)
{
    struct event passes = {.kind = EVENT_TIME, .passed_ms = first_ms};
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_call(SYS_sendto, 4, 100, 1);
    if (first_ms > 0)
        trace_add(stage_current()->trace, &passes);
    hand_call(SYS_sendto, 4, 99, 99)->args[1]++;
    passes.passed_ms = second_ms;
    trace_add(stage_current()->trace, &passes);
    if (receives != 0)
        hand_call(SYS_recvfrom, 4, 4096, receives);
    hand_call(SYS_close, 4, 0, 0);
}

static void gives_up_who_takes_parts(void)
{
    gives_up_a_reader(4000, 8000, 0);
}

static void gives_up_who_takes_no_more(void)
{
    gives_up_a_reader(4000, 60000, 0);
}

static void gives_up_who_has_just_come(void)
{
    gives_up_a_reader(0, 8000, 0);
}

static void gives_up_who_is_gone(void)
{
    gives_up_a_reader(4000, 8000, -ECONNRESET);
}

// A server has sent the rest of a response, waits, and gives its client up.
static void its_time_is_up(void)
{
    const struct event passes = {.kind = EVENT_TIME, .passed_ms = 4000};
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, 0, HAND_SET(4));
    hand_call(SYS_sendto, 4, 100, 50);
    trace_add(stage_current()->trace, &passes);
    hand_call(SYS_sendto, 4, 50, 50)->args[1] += 50;
    trace_add(stage_current()->trace, &passes);
    struct call *waits = hand_selects(0, 0, HAND_SET(4));
    waits->effect = TIMED_OUT;
    waits->waited_ms = 3000;
    hand_call(SYS_close, 4, 0, 0);
}

const struct hand_case patience_cases[] = {
    SPEAKS(gives_up_who_takes_parts, "reader_given_up",
           "close() ended the connection of client 1, 8 s after send() had "
           "sent it 99 bytes."),
    SILENT(gives_up_who_takes_no_more, "reader_given_up", "last_call",
           "close(4)"),
    SILENT(gives_up_who_has_just_come, "reader_given_up", "last_call",
           "close(4)"),
    SILENT(gives_up_who_is_gone, "reader_given_up", "last_call", "close(4)"),
    SILENT(its_time_is_up, "time_limit", "reader_given_up",
           "close() ended the connection of client 1, 4 s after send() had "
           "sent it 50 bytes"),
    {.happened = NULL},
};
