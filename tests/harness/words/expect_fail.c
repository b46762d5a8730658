#include "words/expect_fail.h"

#include "stage/stage.h"
#include "trace/format.h"

#include <stdarg.h>
#include <stdio.h>

static bool has_ended(void *subject)
{
    return ((struct program *)subject)->ended;
}

enum { SETTLE_US = 500 * 1000 };

enum wait_result await_end(struct program *program)
{
    return stage_wait(has_ended, program);
}

void expect_to_end(struct program *program, const char *expected,
                   const char *means)
{
    const struct failure failure = {
        .wait = await_end(program),
        .program = program,
        .awaits = AWAITS_PROGRAM_END,
        .means = means,
    };
    if (!program->ended)
        expect_fail(&failure, expected, "no end");
}

bool is_over(const struct peer *peer)
{
    return peer->saw_end || peer->saw_error != 0;
}

char *show_bytes(char text[SUMMARY_SIZE], const char *before, const void *bytes,
                 size_t size, size_t limit)
{
    text[0] = '\0';
    FILE *out = fmemopen(text, SUMMARY_SIZE, "w");
    if (out != NULL) {
        fputs(before, out);
        if (size == 0)
            fputs("nothing", out);
        else
            format_bytes(out, bytes, size, limit);
        fclose(out);
    }
    return text;
}

// True if what wakes up again and again, and does nothing, sleeps in between.
static bool naps(void)
{
    struct trace *trace = stage_current()->trace;
    size_t i = trace->count;
    const struct call *call = trace_last_call(trace, &i);
    while (call != NULL && call->group != CALLS_WAIT)
        call = trace_last_call(trace, &i);
    return call != NULL && trace_nap_before(trace, call) != NULL;
}

// Writes what has become of the program while it was waited for.
static void describe_program(FILE *out, const struct program *program,
                             enum wait_result wait)
{
    if (program == NULL)
        return;
    if (program->ended) {
        fputs("your program ended: ", out);
        format_status(out, program->status);
        return;
    }
    switch (wait) {
    case WAIT_HANGS:
        fputs("your program waits", out);
        const struct call *call =
            thread_blocked_call(&stage_current()->tracer, program->pid);
        if (call != NULL)
            fprintf(out, " in %s()", format_name(call));
        break;
    case WAIT_SPINS:
        fputs(naps() ? "your program sleeps, and wakes up again and again"
                     : "your program spins",
              out);
        break;
    case WAIT_STALLED:
        fputs("your program sleeps and wakes, but nothing moves", out);
        break;
    case WAIT_FLOODED: fputs("your program sends and sends", out); break;
    case WAIT_MET: fputs("your program still runs", out); break;
    case WAIT_BROKEN: break; // nobody will read it
    }
}

// Lets the program go on for a while. The bytes that the failure is about may
// stand elsewhere then, as more have come.
static struct failure go_on(const struct failure *failure)
{
    struct failure after = *failure;
    const struct peer *peer = failure->peer;
    const struct program *program = failure->program;
    bool is_of_peer = peer != NULL && failure->actual == peer->in.at,
         is_of_out = program != NULL && failure->actual == program->out.bytes;
    stage_settle_within(SETTLE_US);
    if (is_of_peer)
        after.actual = peer->in.at;
    else if (is_of_out)
        after.actual = program->out.bytes;
    return after;
}

// Formats both lines, adding to GOT what the program is doing.
_Noreturn void expect_fail(const struct failure *failure, const char *expected,
                           const char *got, ...)
{
    char text[SUMMARY_SIZE] = "";
    // What it does next may be what explains it. It may do that for ever.
    const struct failure now =
        failure->wait == WAIT_MET ? go_on(failure) : *failure;
    FILE *out = fmemopen(text, sizeof text, "w");
    if (out != NULL) {
        va_list arguments;
        va_start(arguments, got);
        if (*got != ' ')
            vfprintf(out, got, arguments);
        va_end(arguments);
        if (*got != ' ' && failure->program != NULL)
            fputs(": ", out);
        describe_program(out, failure->program, failure->wait);
        fclose(out);
    }
    verdict_fail(&now, expected, text);
}
