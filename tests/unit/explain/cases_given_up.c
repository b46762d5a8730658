// Cases of the detector for servers that give up a client who takes its
// response little by little.

#include "hand_cases.h"
#include "stage/stage.h"

#include <errno.h>
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

const struct hand_case given_up_cases[] = {
    SPEAKS(gives_up_who_takes_parts, "reader_given_up",
           "close() ended the connection of client 1, 8 s after send() had "
           "sent it 99 bytes."),
    SILENT(gives_up_who_takes_no_more, "reader_given_up", "last_call",
           "close(4)"),
    SILENT(gives_up_who_has_just_come, "reader_given_up", "last_call",
           "close(4)"),
    SILENT(gives_up_who_is_gone, "reader_given_up", "last_call", "close(4)"),
    {.happened = NULL},
};
