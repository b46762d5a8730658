// What programs are given, and how.

#include "wire.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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
    iconv_t converter = iconv_open(to, from);
    if (converter == (iconv_t)-1)
        return (struct data){.bytes = NULL};
    size_t room = size * 8 + 64, left = size, unused = room;
    char *in = (char *)(uintptr_t)text, *place = malloc(room), *next = place;
    bool good = place != NULL &&
                iconv(converter, &in, &left, &next, &unused) != (size_t)-1 &&
                iconv(converter, NULL, NULL, &next, &unused) != (size_t)-1;
    iconv_close(converter);
    return good ? (struct data){place, room - unused}
                : (struct data){.bytes = NULL};
}

void *random_bytes(size_t size)
{
    unsigned char *bytes = malloc(size);
    if (bytes == NULL)
        err(EXIT_FAILURE, "bytes");
    struct random random = random_start(stage_current()->seed, "content");
    random_payload(&random, bytes, size);
    return bytes;
}

struct program *run(struct program_options options, struct data input)
{
    // Each program has the timeline to itself.
    stage_current()->trace->count = 0;
    options.input = input.bytes;
    options.input_size = input.size;
    struct program *program = program_start("wire", &options);
    // A pipe that holds little: however small the pieces are in which the
    // program reads, and is traced, it is seen to go on.
    if (stage_current()->traced)
        fcntl(program->input.fd, F_SETPIPE_SZ, 4096);
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

void end_input(struct program *program)
{
    stage_unwatch(&program->input);
    close(program->input.fd);
    program->input.fd = -1;
}

// Writes the next byte to the program's standard input.
static void write_a_byte(struct source *source, uint32_t events)
{
    (void)events;
    struct program *program = source->owner;
    ssize_t size = write(source->fd, program->input_next, 1);
    if (size == -1 && errno == EAGAIN)
        return;
    stage_current()->moved++;
    program->input_next++;
    program->input_left--;
    if (size != 1 || program->input_left == 0)
        end_input(program);
}

void give_byte_by_byte(struct program *program)
{
    program->input.ready = write_a_byte;
    fcntl(program->input.fd, F_SETFL, O_NONBLOCK | O_DIRECT);
}

void write_and_stay(struct source *source, uint32_t events)
{
    (void)events;
    struct program *program = source->owner;
    ssize_t size = write(source->fd, program->input_next, program->input_left);
    if (size == -1 && errno == EAGAIN)
        return;
    stage_current()->moved++;
    program->input_next += size > 0 ? size : 0;
    program->input_left -= size > 0 ? (size_t)size : program->input_left;
    if (program->input_left == 0)
        stage_unwatch(source);
}

static bool is_given(void *subject)
{
    const struct program *program = subject;
    return program->input_left == 0 || program->ended;
}

void give(struct program *program, struct data bytes)
{
    program->input_next = bytes.bytes;
    program->input_left = bytes.size;
    stage_watch(&program->input, EPOLLOUT);
    stage_wait(is_given, program);
    stage_settle();
}
