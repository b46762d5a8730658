// Expectations about what a program has written to stdout.

#include "words/content.h"
#include "words/expect.h"

#include "words/expect_fail.h"
#include "trace/format.h"
#include "words/verdict.h"
#include "stage/stage.h"

#include <err.h>
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
        expect_fail_line(program, text, NULL);
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

// True if a peer of the program's has sent this TEXT, and right behind it a
// zero, or what is one in a string of JSON.
static bool ends_at_a_zero(const struct program *program, const char *text,
                           size_t size)
{
    static const char written[] = "\\u0000";
    for (const struct peer *peer = stage_current()->peers; peer != NULL;
         peer = peer->next) {
        const char *sent = (const char *)peer->out.at;
        if (peer->program != program || sent == NULL || size == 0)
            continue;
        const char *end = sent + peer->out.size;
        const char *at = memmem(sent, peer->out.size, text, size);
        size_t left = at == NULL ? 0 : (size_t)(end - at) - size;
        if ((left > 0 && at[size] == '\0') ||
            (left >= sizeof written - 1 &&
             memcmp(at + size, written, sizeof written - 1) == 0))
            return true;
    }
    return false;
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
    char end[SUMMARY_SIZE], why[2 * SUMMARY_SIZE] = "";
    at = find_line(out, out->bytes, beginning);
    if (at != NULL) {
        size_t size = strcspn(at, "\n"), shown = size < 12 ? size : 12;
        snprintf(why, sizeof why,
                 "The line that begins with \"%s\" has %zu bytes and ends with "
                 "%s, and \"%s\" should stand at its end. %s",
                 beginning, size,
                 show_bytes(end, "", at + size - shown, shown, shown), part,
                 ends_at_a_zero(program, at + strlen(beginning),
                                size - strlen(beginning))
                     ? "It ends where a zero came: strlen() and %s take that "
                       "for the end. Go by the number of bytes, as the message "
                       "says it, or json_string_length(). "
                     : "");
    }
    expect_fail_line(program, line, at == NULL ? NULL : why);
}

void expect_no_line(struct program *program, const char *beginning)
{
    const char *line = find_line(&program->out, program->out.bytes, beginning);
    if (line == NULL)
        return;
    char said[SUMMARY_SIZE], means[512] = "It shows as an answer what is none.";
    if (program->err.size > 0)
        snprintf(
            means, sizeof means,
            "It shows as an answer what is none: on stderr it says %s. Look "
            "for all that can be wrong, also behind it, before you print.",
            show_bytes(said, "", program->err.bytes,
                       strcspn(program->err.bytes, "\n"), 100));
    const struct failure failure = {
        .program = program, .means = means, .is_sure = true};
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "no line on stdout that begins with \"%s\"", beginning);
    expect_fail(&failure, expected, "%.*s", (int)strcspn(line, "\n"), line);
}
