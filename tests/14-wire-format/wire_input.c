// What programs are given, and how.

#include "wire.h"
#include "words/content.h"
#include "words/expect.h"
#include "show/source.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *either(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

const char *type_of(const struct message *message)
{
    return either(message->type, message->json ? "text/json" : "text/plain");
}

void add(struct data *to, const void *bytes, size_t size)
{
    // Never empty: NULL would be an input that stays open.
    to->bytes = realloc(to->bytes, to->size + size + 1);
    if (to->bytes == NULL)
        err(EXIT_FAILURE, "bytes");
    if (size > 0)
        memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

char *quoted(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        err(EXIT_FAILURE, "text");
    for (char *c = copy; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

void add_message(struct data *to, const struct message *message)
{
    char plain[512];
    snprintf(plain, sizeof plain,
             "{'byteorder': '%s', 'content-type': '%s', "
             "'content-encoding': '%s', 'content-length': %zu}",
             either(message->order, "little"), type_of(message),
             either(message->encoding, "binary"), message->size);
    const char *header = quoted(either(message->header, plain));
    size_t length = strlen(header);
    const unsigned char protoheader[] = {(unsigned char)(length >> 8),
                                         (unsigned char)length};
    add(to, protoheader, sizeof protoheader);
    add(to, header, length);
    add(to, message->content, message->size);
}

struct data all_of(const struct message messages[], size_t count)
{
    struct data all = {.bytes = NULL};
    add(&all, "", 0);
    for (size_t i = 0; i < count; i++)
        add_message(&all, &messages[i]);
    return all;
}

struct message plain(const char *text)
{
    return (struct message){.content = text, .size = strlen(text)};
}

struct data convert(const char *to, const char *from, const void *text,
                    size_t size)
{
    struct data result = {.bytes = NULL};
    result.bytes = convert_text(to, from, text, size, &result.size);
    return result;
}

void *random_content(size_t size)
{
    return random_bytes("content", size);
}

// What the last program was given.
static struct data given;

struct program *run(struct program_options options, struct data input)
{
    // Each program has the timeline to itself.
    begin_timeline_anew();
    given = input;
    options.input = input.bytes;
    options.input_size = input.size;
    struct program *program = start_program("wire", &options);
    // However small the pieces are in which the program reads, and is traced,
    // it is seen to go on.
    if (programs_are_traced())
        input_shrink_pipe(&program->input);
    return program;
}

struct program *decode(struct data input)
{
    return run((struct program_options){.arguments = {"decode"}}, input);
}

struct program *encode(const char *type, const char *encoding,
                       const void *content, size_t size)
{
    struct data input = {.bytes = NULL};
    add(&input, content, size);
    return run(
        (struct program_options){.arguments = {"encode", type, encoding}},
        input);
}

static bool is_given(void *subject)
{
    const struct program *program = subject;
    return input_is_written(&program->input) || program->ended;
}

void give(struct program *program, struct data bytes)
{
    input_more(&program->input, bytes.bytes, bytes.size);
    stage_wait(is_given, program);
    stage_settle();
}

size_t moves_of(const struct program *program)
{
    struct trace *trace = stage_current()->trace;
    size_t moves = 0, i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        moves += call->root == program->pid && !call->on_socket &&
                 (call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0 &&
                 (call->fd == STDIN_FILENO || call->fd == STDOUT_FILENO);
    return moves;
}

// Its last read() on standard input; *size is how much all of them brought.
static const struct call *last_read(const struct program *program, size_t *size)
{
    struct trace *trace = stage_current()->trace;
    const struct call *last = NULL;
    size_t i = 0;
    *size = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (call->root != program->pid || call->group != CALLS_RECEIVE ||
            call->fd != STDIN_FILENO || call->on_socket || !call->finished)
            continue;
        last = call;
        *size += call->result > 0 ? (size_t)call->result : 0;
    }
    return last;
}

const char *unread(const struct program *program, const char *means)
{
    static char text[2 * MEANS_SIZE];
    size_t size;
    if (!programs_are_traced() || !program->ended || given.bytes == NULL ||
        program->input.stays_open ||
        stage_current()->trace->count > TRACE_HEAD + TRACE_TAIL)
        return means;
    const struct call *last = last_read(program, &size);
    if (last == NULL || last->result <= 0 || size >= given.size)
        return means;
    // Who has refused something may have had its reasons.
    if (!ended_with(program, 0)) {
        snprintf(text, sizeof text,
                 "%s%sIt has read %zu of the %zu bytes of its input, and not "
                 "come to the end, where read() returns 0.",
                 either(means, ""), means == NULL ? "" : " ", size, given.size);
        return text;
    }
    struct source_line line;
    char where[80] = "";
    if (source_of(&stage_current()->tracer.sites, last->site, &line))
        snprintf(where, sizeof where, " at %s:%d", line.file, line.line);
    snprintf(text, sizeof text,
             "Your program has ended with %zu of the %zu bytes of its input "
             "read: the last %s()%s returned %zu. That is no end, however many "
             "it asked for: more may come at any time, and only 0 is the end. "
             "Read: man 2 read, RETURN VALUE.",
             size, given.size, last->info->name, where, (size_t)last->result);
    return text;
}
