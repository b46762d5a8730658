// Expectations about what a program has written.

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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// Says that a line is right for long, beyond its first LEAST bytes: a few more
// two addresses may have in common. Returns whether there is one.
static bool say_cut(FILE *out, const struct program *program, const char *line,
                    size_t least)
{
    enum { LONG = 64 };
    const size_t wanted = strlen(line);
    for (const char *at = program->out.bytes; at != NULL && *at != '\0';) {
        const size_t size = strcspn(at, "\n");
        size_t same = 0;
        while (same < size && same < wanted && at[same] == line[same])
            same++;
        if (same > least + LONG && same < wanted) {
            fprintf(out,
                    "A line is right for its first %zu bytes, and should have "
                    "%zu: what ends it there, or makes it another, as an "
                    "array's size, or a zero? ",
                    same, wanted);
            return true;
        }
        at = at[size] == '\0' ? NULL : at + size + 1;
    }
    return false;
}

// Says how many lines begin as LINE does, up to its last word.
static void say_alike(FILE *out, const struct program *program,
                      const char *line)
{
    const char *word = strrchr(line, ' ');
    if (word == NULL)
        return;
    size_t size = (size_t)(word - line), count = 0;
    if (say_cut(out, program, line, size + 1))
        return;
    for (const char *at = program->out.bytes; at != NULL && *at != '\0';) {
        count += strncmp(at, line, size + 1) == 0;
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    enum { SHOWN = 60 };
    if (count == 0) {
        fputs("No line begins with ", out);
        format_bytes(out, line, size, SHOWN);
        fputs(". ", out);
        return;
    }
    fprintf(out, "%zu line%s with ", count, count == 1 ? " begins" : "s begin");
    format_bytes(out, line, size, SHOWN);
    fputs(", and none goes on with ", out);
    format_bytes(out, word + 1, strlen(word + 1), SHOWN);
    fputs(". Is there one on each way that your program may take, also after "
          "an error, and is all of it there that it is about? ",
          out);
}

static _Noreturn void fail_line(struct program *program, const char *line)
{
    enum { SHOWN = 12 };
    char means[2048] = "", expected[SUMMARY_SIZE];
    FILE *out = fmemopen(means, sizeof means, "w");
    if (out != NULL) {
        if (strstr(program->out.bytes, "0.0.0.0:0\n") != NULL)
            fputs("0.0.0.0:0 is an address that nobody has filled in: accept() "
                  "does, if it is given room for one, and its size. ",
                  out);
        say_alike(out, program, line);
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

// The first line on stdout, from AT on, that begins like that; or NULL. There
// may be zeros in it.
static const char *find_line(const struct output *out, const char *at,
                             const char *beginning)
{
    const char *end = out->bytes + out->size;
    size_t size = strlen(beginning);
    while (at != NULL && (size_t)(end - at) >= size &&
           memcmp(at, beginning, size) != 0) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? end : at + 1;
    }
    return at == NULL || (size_t)(end - at) < size ? NULL : at;
}

void expect_line_with(struct program *program, const char *beginning,
                      const char *part, size_t behind)
{
    const struct output *out = &program->out;
    const char *at = out->bytes;
    for (; (at = find_line(out, at, beginning)) != NULL; at++) {
        const char *end = out->bytes + out->size;
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (newline != NULL)
            end = newline;
        at += strlen(beginning);
        const char *found = memmem(at, (size_t)(end - at), part, strlen(part));
        if (found != NULL && (size_t)(end - found) <= strlen(part) + behind)
            return;
    }
    char line[SUMMARY_SIZE];
    snprintf(line, sizeof line, "%s...%s", beginning, part);
    fail_line(program, line);
}

void expect_no_line(struct program *program, const char *beginning)
{
    const char *line = find_line(&program->out, program->out.bytes, beginning);
    if (line == NULL)
        return;
    const struct failure failure = {
        .program = program,
        .means = "It shows as an answer what is none.",
        .is_sure = true,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "no line on stdout that begins with \"%s\"", beginning);
    expect_fail(&failure, expected, "%.*s", (int)strcspn(line, "\n"), line);
}

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
