// What programs are given, and how.

#include "wire.h"
#include "words/content.h"
#include "words/expect.h"
#include "stage/wait.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct program *run(struct program_options options, struct data input)
{
    // Each program has the timeline to itself.
    begin_timeline_anew();
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
