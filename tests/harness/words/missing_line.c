// What is said where a line is missing on stdout.

#include "words/expect_fail.h"

#include "show/source.h"
#include "stage/stage.h"
#include "trace/format.h"
#include "words/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

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

// Says that a long line is there, and more behind it. Returns whether there is.
static bool say_longer(FILE *out, const struct program *program,
                       const char *line)
{
    enum { LONG = 64, SHOWN = 20 };
    const size_t wanted = strlen(line);
    for (const char *at = program->out.bytes;
         wanted > LONG && at != NULL && *at != '\0';) {
        const size_t size = strcspn(at, "\n");
        if (size > wanted && memcmp(at, line, wanted) == 0) {
            fprintf(out,
                    "A line begins with all of that, and goes on for %zu "
                    "bytes more, ",
                    size - wanted);
            format_bytes(out, at + wanted, size - wanted, SHOWN);
            fputs(": print as many bytes as have come, and not as many as "
                  "there is room for, or as you have asked for. ",
                  out);
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
    if (say_longer(out, program, line) || say_cut(out, program, line, size + 1))
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

// Says what an address that nobody has filled in comes of. Returns whether
// there is one.
static bool say_unnamed(FILE *out, const struct program *program)
{
    struct stage *stage = stage_current();
    struct source_line line;
    size_t i = 0;
    if (strstr(program->out.bytes, "0.0.0.0:0\n") == NULL)
        return false;
    for (const struct call *call;
         (call = trace_next_call(stage->trace, &i)) != NULL;) {
        if (call->info->number != SYS_getpeername || call->result != -ENOTCONN)
            continue;
        fputs("getpeername()", out);
        if (source_of(&stage->tracer.sites, call->site, &line))
            fprintf(out, " at %s:%d", line.file, line.line);
        fputs(" failed with ENOTCONN: of a connection that was reset the "
              "kernel knows the other side no more. Keep with each client what "
              "accept() has told of it. ",
              out);
        return true;
    }
    if (strstr(program->out.bytes, "from 0.0.0.0:0\n") != NULL)
        fputs("0.0.0.0:0 is an address that nobody has filled in: accept() "
              "does, if it is given room for one, and its size. ",
              out);
    else
        fputs("0.0.0.0:0 is no client's address: keep with each what accept() "
              "has told of it, until it has gone. ",
              out);
    return true;
}

void expect_fail_line(struct program *program, const char *line,
                      const char *why)
{
    enum { SHOWN = 12 };
    char means[2048] = "", expected[SUMMARY_SIZE];
    FILE *out = fmemopen(means, sizeof means, "w");
    if (out != NULL) {
        if (say_unnamed(out, program))
            why = "";
        if (why != NULL)
            fputs(why, out);
        else
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
