// Expectations about how a program ends and what it has written.

#include "expect.h"

#include "expect_fail.h"
#include "format.h"
#include "verdict.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static bool has_ended(void *subject)
{
    return ((struct program *)subject)->ended;
}

void expect_no_report(struct program *program)
{
    const struct failure failure = {.program = program};
    if (program_sanitizer_report(program) != NULL)
        expect_fail(&failure, "nothing that a sanitizer stops", " ");
}

void expect_no_bad_descriptor(struct program *program)
{
    struct trace *trace = stage_current()->trace;
    for (size_t i = 0; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        if (call == NULL || !call->finished || call->result != -EBADF)
            continue;
        const struct failure failure = {.program = program};
        expect_fail(&failure, "no call on a descriptor that is not open",
                    "%s() with EBADF", format_name(call));
    }
}

static void wait_for_end(struct program *program, const char *expected)
{
    const struct failure failure = {
        .wait = stage_wait(has_ended, program),
        .program = program,
        .waits_for = WAITS_FOR_END,
    };
    if (!program->ended)
        expect_fail(&failure, expected, "no end");
    // Some sanitizers end a program with status 1, like a right one.
    expect_no_report(program);
}

void expect_end(struct program *program)
{
    wait_for_end(program, "your program's end, with one status or another");
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
    wait_for_end(program, expected);
    if (ended_with(program, status))
        return;
    const struct failure failure = {.program = program};
    expect_fail(&failure, expected, " ");
}

// True if one of the program's calls has failed with that error.
static bool has_seen(int error)
{
    struct trace *trace = stage_current()->trace;
    if (!stage_current()->traced)
        return true; // can't be known
    for (size_t i = 0; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        if (call != NULL && call->finished && call->result == -error)
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
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (strstr(line, strerror(losses[i])) != NULL &&
            (losses[i] == error || has_seen(losses[i])))
            return true;
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

static _Noreturn void fail_stderr(struct program *program, const char *expected,
                                  const char *means)
{
    const struct failure failure = {
        .program = program, .means = means, .is_sure = means != NULL};
    char got[SUMMARY_SIZE] = "";
    FILE *out = fmemopen(got, sizeof got, "w");
    if (out != NULL) {
        if (program->err.size == 0)
            fputs("nothing", out);
        else
            format_bytes(out, program->err.bytes, program->err.size, 120);
        fclose(out);
    }
    verdict_fail(&failure, expected, got);
}

void expect_failure(struct program *program, const char *why)
{
    wait_for_end(program, "exit status 1");
    if (ended_with(program, 1))
        return;
    const struct failure failure = {.program = program, .means = why};
    expect_fail(&failure, "exit status 1", " ");
}

void expect_error(struct program *program, int status, int error)
{
    expect_exit_status(program, status);
    if (lines_with(program, error) == 1)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "one line on stderr that gives the reason, \"%s\"",
             strerror(error));
    fail_stderr(program, expected, NULL);
}

void expect_reason(struct program *program, int status, int error)
{
    expect_exit_status(program, status);
    if (lines_with(program, error) > 0)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "a line on stderr that gives the reason, \"%s\"", strerror(error));
    fail_stderr(program, expected, NULL);
}

void expect_complaint(struct program *program, int status)
{
    expect_exit_status(program, status);
    if (program->err.size == 0)
        fail_stderr(program, "a line on stderr that gives the reason", NULL);
}

void expect_usage_error(struct program *program)
{
    wait_for_end(program, "exit status 2");
    const struct failure failure = {
        .program = program,
        .means = "These arguments can't be right: name the one that is wrong "
                 "and show the usage, on stderr, and exit with status 2 before "
                 "anything else is done. (atoi() takes anything for a number.)",
    };
    if (!ended_with(program, 2))
        expect_fail(&failure, "exit status 2", " ");
    if (strcasestr(program->err.bytes, "usage") == NULL)
        fail_stderr(program, "a line on stderr that shows the usage", NULL);
}

static bool has_line(const struct output *out, const char *line, size_t size)
{
    for (const char *at = out->bytes; at != NULL && *at != '\0';) {
        const char *end = strchrnul(at, '\n');
        if ((size_t)(end - at) == size && memcmp(at, line, size) == 0)
            return true;
        at = *end == '\0' ? NULL : end + 1;
    }
    return false;
}

static _Noreturn void fail_line(struct program *program, const char *line)
{
    enum { SHOWN = 12 };
    char means[2048] = "", expected[SUMMARY_SIZE];
    FILE *out = fmemopen(means, sizeof means, "w");
    if (out != NULL) {
        fputs("What it has written to stdout, line by line:\n\n", out);
        const char *at = program->out.bytes;
        for (int i = 0; i < SHOWN && at != NULL && *at != '\0'; i++) {
            size_t length = strcspn(at, "\n");
            fputs("    ", out);
            format_bytes(out, at, length, 60);
            fputc('\n', out);
            at = at[length] == '\0' ? NULL : at + length + 1;
        }
        fclose(out);
    }
    const struct failure failure = {
        .program = program, .means = means, .is_sure = true};
    snprintf(expected, sizeof expected, "on stdout the line \"%s\"", line);
    verdict_fail(&failure, expected, "no such line");
}

void expect_output(struct program *program, const void *bytes, size_t size)
{
    const struct output *out = &program->out;
    for (size_t at = 0; at + size <= out->size; at++) {
        bool line_start = at == 0 || out->bytes[at - 1] == '\n';
        bool line_end = at + size == out->size ||
                        out->bytes[at + size] == '\n' ||
                        (size > 0 && out->bytes[at + size - 1] == '\n');
        if (line_start && line_end && memcmp(out->bytes + at, bytes, size) == 0)
            return;
    }
    const struct failure failure = {
        .wait = WAIT_MET,
        .program = program,
        .expected = bytes,
        .expected_size = size,
        .actual = out->bytes,
        .actual_size = out->size,
    };
    char expected[SUMMARY_SIZE] = "", got[SUMMARY_SIZE] = "";
    FILE *text = fmemopen(expected, sizeof expected, "w");
    if (text != NULL) {
        fputs("on stdout ", text);
        format_bytes(text, bytes, size, 60);
        fclose(text);
    }
    text = fmemopen(got, sizeof got, "w");
    if (text != NULL) {
        format_bytes(text, out->bytes, out->size, 60);
        fprintf(text, ", %zu bytes", out->size);
        fclose(text);
    }
    verdict_fail(&failure, expected, got);
}

void expect_line(struct program *program, const char *line, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, line);
    int size = vasprintf(&text, line, arguments);
    va_end(arguments);
    if (size == -1)
        err(EXIT_FAILURE, "line");
    if (!has_line(&program->out, text, (size_t)size))
        fail_line(program, text);
    free(text);
}

// True if what follows a number makes it a part of something longer.
static bool goes_on(const char *after)
{
    return isdigit((unsigned char)*after) ||
           (*after == '.' && isdigit((unsigned char)after[1]));
}

// True if the text has that number in it, by itself: not as a part of a longer
// number or of an address.
static bool has_number(const char *text, size_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", number);
    for (const char *at = text; (at = strstr(at, digits)) != NULL; at++) {
        char before = at > text ? at[-1] : ' ';
        bool begins =
            !isdigit((unsigned char)before) && before != '.' && before != ':';
        if (begins && !goes_on(at + strlen(digits)))
            return true;
    }
    return false;
}

// True if calls of more than one thread are in the trace, or may have been.
static bool has_threads(void)
{
    struct stage *stage = stage_current();
    pid_t tid = 0;
    for (size_t i = 0; i < stage->trace->count; i++) {
        const struct call *call = trace_call(stage->trace, i);
        if (call != NULL && tid != 0 && call->tid != tid)
            return true;
        if (call != NULL)
            tid = call->tid;
    }
    return !stage->traced;
}

void expect_connection_named(struct program *program, unsigned number,
                             unsigned count)
{
    bool any = has_threads();
    for (unsigned i = any ? 1 : number; i <= (any ? count : number); i++)
        if (has_number(program->err.bytes, i))
            return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "a line on stderr about connection %u",
             number);
    fail_stderr(program, expected,
                "A connection's number is its place in the order in which "
                "they were started, counted from 1.");
}

void expect_number_on_stderr(struct program *program, size_t number,
                             size_t another)
{
    if (has_number(program->err.bytes, number) ||
        has_number(program->err.bytes, another))
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "a line on stderr that says how much is missing (%zu bytes)",
             number);
    fail_stderr(program, expected, NULL);
}
