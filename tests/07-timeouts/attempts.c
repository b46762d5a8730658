// Which addresses fetch has tried to connect to, and which of them it tells.

#include "fetching.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <errno.h>
#include <string.h>

// Why the attempt that CALL has begun, right before event AT, has failed: an
// errno; 0 if it has not, or if that was never asked.
static int reason_of(const struct call *call, size_t at)
{
    struct trace *trace = stage_current()->trace;
    if (call->result < 0 && call->result != -EINPROGRESS &&
        call->result != -EINTR)
        return (int)-call->result;
    for (const struct call *next;
         (next = trace_next_call(trace, &at)) != NULL;) {
        if (next->fd != call->fd || next->pid != call->pid)
            continue;
        if (next->group == CALLS_CONNECT && next->result < 0)
            return (int)-next->result;
        if (next->group == CALLS_CONNECT || next->group == CALLS_CLOSE)
            return 0;
        if (call_told_error(next) > 0)
            return call_told_error(next);
    }
    return 0;
}

void expect_attempt_told(struct program *client, bool with_reason)
{
    struct trace *trace = stage_current()->trace;
    const char *line = client->err.bytes;
    char *attempts = formatted("%s", "");
    size_t at = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &at)) != NULL;) {
        if (call->group != CALLS_CONNECT || call->local ||
            call->note_size == 0 || call->root != client->pid)
            continue;
        const int reason = reason_of(call, at);
        if (strstr(line, call->note) != NULL &&
            (!with_reason || reason == 0 ||
             strstr(line, strerror(reason)) != NULL))
            return;
        attempts = formatted(
            "%s%s %s%s%s", attempts, *attempts == '\0' ? "" : ";", call->note,
            reason == 0 ? "" : ", ", reason == 0 ? "" : strerror(reason));
    }
    expect_fail_stderr(
        client,
        with_reason ? "an address that was tried, and why that one has failed"
                    : "an address that was tried",
        formatted("It was connecting to%s. A line that names one of them has "
                  "to go with what came of that one: else it says what is not "
                  "so.",
                  attempts));
}
