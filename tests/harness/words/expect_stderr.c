// Expectations about what a program has written to stderr.

#include "words/content.h"
#include "words/expect.h"

#include "words/expect_fail.h"
#include "base/names.h"
#include "trace/format.h"
#include "words/verdict.h"
#include "stage/stage.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a program has said, without the numbers in it.
static char *words_of(const struct program *program)
{
    char *words = strdup(program->err.bytes);
    if (words == NULL)
        err(EXIT_FAILURE, "words");
    char *to = words;
    for (const char *from = words; *from != '\0'; from++)
        if (!isdigit((unsigned char)*from))
            *to++ = *from;
    *to = '\0';
    return words;
}

void expect_told_apart(struct program *one, const char *about_one,
                       struct program *another, const char *about_another)
{
    char *words = words_of(one), *others = words_of(another);
    bool same = strcmp(words, others) == 0;
    free(words);
    free(others);
    if (!same)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "two messages, for %s and for %s",
             about_one, about_another);
    expect_fail_stderr(another, expected,
                       "These are two things, and whoever reads the one "
                       "message for both can't tell which it was.");
}

// True if what follows a number makes it a part of something longer.
static bool goes_on(const char *after)
{
    return isdigit((unsigned char)*after) ||
           (*after == '.' && isdigit((unsigned char)after[1]));
}

// True if a number at AT stands behind a word and a colon, as "offset:12": and
// not behind a part of an address, "127.0.0.1:12", "[::1]:12" or "fd00:ab:12".
static bool follows_word(const char *text, const char *at)
{
    bool is_word = false;
    for (at--; at > text && isalpha((unsigned char)at[-1]); at--)
        is_word = is_word || !isxdigit((unsigned char)at[-1]);
    return is_word;
}

// True if the text has that number in it, by itself: not as a part of a longer
// number or of an address.
static bool has_number(const char *text, size_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", number);
    for (const char *at = text; (at = strstr(at, digits)) != NULL; at++) {
        char before = at > text ? at[-1] : ' ';
        bool begins = !isdigit((unsigned char)before) && before != '.' &&
                      (before != ':' || follows_word(text, at));
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
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(stage->trace, &i)) != NULL;) {
        if (tid != 0 && call->tid != tid)
            return true;
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
    expect_fail_stderr(
        program, expected,
        "A connection's number is its place in the order in which "
        "they were started, counted from 1.");
}

// The last call of the program's on a socket that moves bytes or waits for
// them; NULL if there is none.
static const struct call *last_move(const struct program *program)
{
    struct trace *trace = stage_current()->trace;
    size_t i = trace->count;
    for (const struct call *call; (call = trace_last_call(trace, &i)) != NULL;)
        if (call->on_socket && call->finished && call->root == program->pid &&
            (call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0)
            return call;
    return NULL;
}

// Too few lines: perhaps a call has failed, and nothing says so.
static const char *why_fewer(const struct program *program, const char *fewer)
{
    const struct call *last = last_move(program);
    const int error =
        last == NULL || last->result >= 0 ? 0 : (int)-last->result;
    if (error == 0 || error == EINTR || error == EAGAIN ||
        strstr(program->err.bytes, strerror(error)) != NULL)
        return fewer;
    return formatted("%s() failed with %s, and no line says so. %s",
                     format_name(last), name_of_error(error), fewer);
}

// Too many: one failure may have been told twice.
static const char *why_more(const struct program *program, size_t count,
                            size_t lines, const char *more)
{
    const char *last = program->err.bytes;
    for (const char *at = last; *at != '\0';) {
        last = at;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    if (count == 0)
        return more;
    return formatted("There are %zu lines for %zu failure%s; the last is "
                     "\"%.*s\". %s",
                     lines, count, count == 1 ? "" : "s",
                     (int)strcspn(last, "\n"), last, more);
}

void expect_complaints_of(struct program *program, size_t count,
                          const char *fewer, const char *more)
{
    expect_quiet(program);
    size_t lines = 0;
    for (size_t i = 0; i < program->err.size; i++)
        lines += program->err.bytes[i] == '\n';
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "%zu line%s on stderr", count,
             count == 1 ? "" : "s");
    if (lines != count)
        expect_fail_stderr(program, expected,
                           lines < count
                               ? why_fewer(program, fewer)
                               : why_more(program, count, lines, more));
}

bool says_number(const struct program *program, size_t number)
{
    return has_number(program->err.bytes, number);
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
    bool is_elsewhere = has_number(program->out.bytes, number) ||
                        has_number(program->out.bytes, another);
    expect_fail_stderr(
        program, expected,
        is_elsewhere
            ? "How many bytes are missing (or have come) stands on stdout, "
              "among the results: it belongs on stderr."
            : formatted("That line has to say how many bytes are missing (or "
                        "how many have come), as a number, and that is %zu "
                        "here: whoever reads it wants to know how far it got.",
                        number));
}

void expect_no_reason_told(struct program *program)
{
    static const int stale[] = {0, EINPROGRESS, EAGAIN, EINTR, EALREADY};
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .means = "recv() has returned 0, which is an end and no failure: errno "
                 "is left as it was, and strerror() makes a text of whatever "
                 "that is. Say in words of your own that it ended too early.",
    };
    for (size_t i = 0; i < COUNT(stale); i++)
        if (strstr(program->err.bytes, strerror(stale[i])) != NULL)
            expect_fail(&failure, "a line that says that it ended too early",
                        "one that says \"%s\"", strerror(stale[i]));
}
