// Expectations about how a program ends and what it has written.

#include "words/expect.h"

#include "explain/scene.h"
#include "words/expect_fail.h"
#include "trace/format.h"
#include "words/verdict.h"
#include "stage/stage.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

void expect_no_sanitizer_report(struct program *program)
{
    const struct failure failure = {.program = program};
    if (program_sanitizer_report(program) != NULL)
        expect_fail(&failure, "nothing that a sanitizer stops", " ");
}

void expect_no_bad_descriptor(struct program *program)
{
    const struct call *closed, *bad = scene_closed_before(&closed);
    const struct failure failure = {.program = program,
                                    .misuses_descriptor = true};
    if (bad != NULL)
        expect_fail(&failure, "no call on a descriptor that was closed before",
                    "%s() with EBADF", format_name(bad));
}

enum { SHOWN_OF_STDERR = 120, MEANS_SIZE = 1024 };

static void wait_for_end(struct program *program, const char *expected,
                         const char *means)
{
    expect_to_end(program, expected, means);
    // Some sanitizers end a program with status 1, like a right one.
    expect_no_sanitizer_report(program);
}

void expect_end(struct program *program)
{
    wait_for_end(program, "your program's end, with one status or another",
                 NULL);
}

bool ended_with(const struct program *program, int status)
{
    return program->ended && WIFEXITED(program->status) &&
           WEXITSTATUS(program->status) == status;
}

void expect_exit_status(struct program *program, int status)
{
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "exit status %d", status);
    wait_for_end(program, expected, NULL);
    if (ended_with(program, status))
        return;
    const struct failure failure = {.program = program,
                                    .wanted_status = &status};
    expect_fail(&failure, expected, " ");
}

// LeakSanitizer needs ptrace(2), too.
#define CANT_LOOK "LeakSanitizer has encountered a fatal error"

static void expect_no_leak_at(struct program *program, int status)
{
    expect_to_end(program, "your program's end", NULL);
    if (strstr(program->err.bytes, CANT_LOOK) != NULL)
        verdict_not_run("LeakSanitizer can't look for leaks here: it needs "
                        "ptrace(2)");
    expect_exit_status(program, status);
}

void expect_no_leak(struct program *program)
{
    expect_no_leak_at(program, 0);
}

void expect_failure_without_leak(struct program *program)
{
    expect_no_leak_at(program, 1);
}

bool has_seen(int error)
{
    struct trace *trace = stage_current()->trace;
    if (!stage_current()->traced)
        return true; // can't be known
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (call->finished && call->result == -error)
            return true;
    }
    return false;
}

// Many a call may be the first to notice that a connection is gone.
static bool tells_of_loss(const char *line, int error)
{
    static const int losses[] = {ECONNRESET, EPIPE, ENOTCONN};
    if (error != ECONNRESET && error != EPIPE)
        return strstr(line, strerror(error)) != NULL;
    // ENOTCONN only says what was lost before, unless that is how it is learnt.
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (strstr(line, strerror(losses[i])) != NULL &&
            (losses[i] == error || has_seen(losses[i])))
            return losses[i] != ENOTCONN ||
                   !(has_seen(ECONNRESET) || has_seen(EPIPE)) ||
                   !stage_current()->traced;
    return false;
}

// How many lines of the program's stderr give that error as a reason.
static int lines_with(const struct program *program, int error)
{
    int count = 0;
    char *copy = strdup(program->err.bytes), *rest = copy;
    for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;)
        count += tells_of_loss(line, error);
    free(copy);
    return count;
}

_Noreturn void expect_fail_stderr(struct program *program, const char *expected,
                                  const char *means)
{
    const struct failure failure = {.program = program,
                                    .means = means,
                                    .is_sure = means != NULL,
                                    .wants_reason = means == NULL};
    char got[SUMMARY_SIZE];
    verdict_fail(&failure, expected,
                 show_bytes(got, "", program->err.bytes, program->err.size,
                            SHOWN_OF_STDERR));
}

void expect_nobody_left(struct program *program)
{
    const struct tracer *tracer = &stage_current()->tracer;
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .means = "Your program has ended, and has left a process behind that "
                 "it had started: that goes on, with the connection, and with "
                 "its stdout, to whose end whoever reads it will wait. Who "
                 "starts a process ends it: kill(), and waitpid() for it, "
                 "before you end yourself.",
    };
    expect_quiet(program);
    for (size_t i = 0; program->ended && i < tracer->count; i++)
        if (tracer->threads[i].root == program->pid)
            expect_fail(&failure,
                        "the end of all that your program has started",
                        "one goes on");
}

void expect_failure(struct program *program, const char *why)
{
    char means[MEANS_SIZE];
    snprintf(
        means, sizeof means,
        "%s It is a failure: report it on stderr, and end with exit status "
        "1.",
        why);
    wait_for_end(program, "exit status 1", means);
    if (ended_with(program, 1))
        return;
    const int wanted = 1;
    const struct failure failure = {
        .program = program, .means = means, .wanted_status = &wanted};
    expect_fail(&failure, "exit status 1", " ");
}

void expect_error(struct program *program, int status, int error)
{
    expect_exit_status(program, status);
    int count = lines_with(program, error);
    if (count == 1)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "one line on stderr that gives the reason, \"%s\"",
             strerror(error));
    expect_fail_stderr(program, expected,
                       count == 0
                           ? NULL
                           : "Your program gives the same reason in more "
                             "than one line: whoever reads them counts "
                             "as many failures. Report each once, where "
                             "it is dealt with, and only return -1 from "
                             "where it happens.");
}

void expect_reason(struct program *program, int status, int error)
{
    expect_exit_status(program, status);
    if (lines_with(program, error) > 0)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "a line on stderr that gives the reason, \"%s\"", strerror(error));
    expect_fail_stderr(program, expected, NULL);
}

void expect_complaint(struct program *program, int status)
{
    expect_exit_status(program, status);
    // A function that is still the skeleton's fails, and says so, too.
    if (program->err.size == 0 ||
        strstr(program->err.bytes, strerror(ENOSYS)) != NULL)
        expect_fail_stderr(program, "a line on stderr that gives the reason",
                           NULL);
}

// A usage error is one, but nothing shows the usage.
static _Noreturn void fail_usage(struct program *program)
{
    expect_fail_stderr(program, "a line on stderr that shows the usage",
                       strcasestr(program->out.bytes, "usage") == NULL
                           ? "The exit status is right, but nothing shows how "
                             "the program is to be called: print one line on "
                             "stderr that begins with \"usage:\"."
                           : "Your program shows its usage on stdout. It "
                             "belongs on stderr: stdout is for results, which "
                             "others read.");
}

void expect_usage_error_because(struct program *program, const char *why)
{
    char means[MEANS_SIZE];
    snprintf(means, sizeof means,
             "These arguments can't be right: name the one that is wrong and "
             "show the usage, on stderr, and exit with status 2 before "
             "anything else is done. (%s)",
             why);
    // Whatever it does with them instead is not what is wrong.
    const struct failure unending = {
        .wait = await_end(program),
        .program = program,
        .awaits = AWAITS_PROGRAM_END,
        .means = means,
        .is_sure = true,
    };
    if (!program->ended)
        expect_fail(&unending, "exit status 2", "no end");
    wait_for_end(program, "exit status 2", means);
    const struct failure failure = {.program = program, .means = means};
    if (!ended_with(program, 2))
        expect_fail(&failure, "exit status 2", " ");
    if (strcasestr(program->err.bytes, "usage") == NULL)
        fail_usage(program);
}

void expect_usage_error(struct program *program)
{
    expect_usage_error_because(program, "atoi() takes anything for a number.");
}
