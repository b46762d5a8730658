// wire encode TYPE ENCODING < content > message
// wire decode < message
//
// Makes messages, and takes them apart: the protocol of the next lessons as
// bytes, without a socket.
//
// encode: the content is standard input. For TYPE text/json that is JSON in
// UTF-8, and it is sent in ENCODING; for any other TYPE, bytes that stay as
// they are.
//
// decode: prints for each message the four members of its header, an empty
// line, and its content, JSON in UTF-8 whatever it came in. It does so as soon
// as a message is complete. At a malformed one it stops, and says where that
// begins, what is wrong and where.

#include "buffer.h"
#include "codec.h"
#include "standard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, READ_SIZE = 64 * 1024 };

// Says which call failed, and why (errno). Returns EXIT_FAILURE.
static int failed(const char *call)
{
    fprintf(stderr, "wire: %s: %s\n", call, strerror(errno));
    return EXIT_FAILURE;
}

// Says what is wrong with the message, or content, that begins at START of the
// input, or why it can't be read here. Returns EXIT_FAILURE.
static int malformed(size_t start, const struct codec_problem *problem)
{
    if (problem->error != 0)
        fprintf(stderr, "wire: %s\n", problem->why);
    else
        fprintf(stderr, "wire: offset %zu: %s (at offset %zu)\n", start,
                problem->why, start + problem->offset);
    return EXIT_FAILURE;
}

// Reads what is there of standard input, at least a byte, or its end.
// Returns how many bytes, 0 at the end; -1 with errno.
static ssize_t read_some(struct buffer *input)
{
    void *place = buffer_reserve(input, READ_SIZE);
    if (place == NULL)
        return -1;
    ssize_t count;
    do
        count = read(STDIN_FILENO, place, READ_SIZE);
    while (count == -1 && errno == EINTR);
    if (count > 0)
        buffer_added(input, (size_t)count);
    return count;
}

// Reads standard input to its end, or until no message could hold it.
// Returns 0; -1 with errno.
static int read_content(struct buffer *content)
{
    ssize_t count;
    do
        count = read_some(content);
    while (count > 0 && buffer_size(content) <= CODEC_CONTENT_MAX);
    return count == -1 ? -1 : 0;
}

// Replaces JSON in UTF-8 by the same in another encoding.
// Returns 0; -1 after saying in *problem what is wrong.
static int encode_json(struct buffer *content, const char *encoding,
                       struct codec_problem *problem)
{
    const unsigned char *text = buffer_bytes(content);
    size_t size = buffer_size(content);
    json_t *value = codec_parse_json(text, size, "UTF-8", problem);
    if (value == NULL)
        return -1;
    json_decref(value);
    struct buffer encoded = {.memory = NULL};
    int result =
        codec_convert(&encoded, encoding, "UTF-8", text, size, problem);
    buffer_free(content);
    *content = encoded;
    return result;
}

// Writes out what stdio still keeps. Returns the exit status. (What fwrite()
// could not write it does not keep: only ferror() knows of that.)
static int flush_out(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS
                                                  : failed("write");
}

// Writes all that is in OUT to standard output. Returns the exit status.
static int write_out(const struct buffer *out)
{
    fwrite(buffer_bytes(out), 1, buffer_size(out), stdout);
    return flush_out();
}

static int encode(const char *type, const char *encoding)
{
    struct buffer content = {.memory = NULL}, message = {.memory = NULL};
    struct codec_problem problem;
    int status;
    if (read_content(&content) == -1)
        status = failed("read");
    else if (strcmp(type, CODEC_JSON) == 0 &&
             encode_json(&content, encoding, &problem) == -1)
        status = malformed(0, &problem);
    else if (codec_build(&message, type, encoding, buffer_bytes(&content),
                         buffer_size(&content)) == -1)
        status = failed("encode");
    else
        status = write_out(&message);
    buffer_free(&content);
    buffer_free(&message);
    return status;
}

// Prints what a person wants to see of a message that begins at START.
// Returns the exit status.
static int show(const struct codec_message *message, const void *content,
                size_t size)
{
    const struct codec_header *header = &message->header;
    printf("byteorder: %s\ncontent-type: %s\ncontent-encoding: %s\n"
           "content-length: %zu\n\n",
           header->big_endian ? "big" : "little", header->type,
           header->encoding, header->content_length);
    if (size > 0)
        fwrite(content, 1, size, stdout);
    putchar('\n');
    return flush_out();
}

// As show(), for content that is JSON. *problem says what is wrong with that.
static int show_json(const struct codec_message *message, size_t start,
                     size_t content_at)
{
    const struct codec_header *header = &message->header;
    struct buffer text = {.memory = NULL};
    struct codec_problem problem;
    json_t *value = codec_parse_json(message->content, header->content_length,
                                     header->encoding, &problem);
    int status;
    if (value == NULL ||
        codec_convert(&text, "UTF-8", header->encoding, message->content,
                      header->content_length, &problem) == -1) {
        problem.offset += content_at;
        status = malformed(start, &problem);
    } else {
        status = show(message, buffer_bytes(&text), buffer_size(&text));
    }
    json_decref(value);
    buffer_free(&text);
    return status;
}

// Prints the messages that are complete, and takes them from INPUT, which
// begins at *offset of all there was. Returns the exit status.
static int decode_complete(struct buffer *input, size_t *offset)
{
    for (;;) {
        struct codec_message message;
        struct codec_problem problem;
        enum codec_result result = codec_parse(
            buffer_bytes(input), buffer_size(input), &message, &problem);
        if (result == CODEC_NEED_MORE)
            return EXIT_SUCCESS;
        if (result == CODEC_MALFORMED)
            return malformed(*offset, &problem);

        size_t length = message.header.content_length;
        int status = strcmp(message.header.type, CODEC_JSON) == 0
                         ? show_json(&message, *offset, message.size - length)
                         : show(&message, message.content, length);
        if (status != EXIT_SUCCESS)
            return status;
        buffer_drop(input, message.size);
        *offset += message.size;
    }
}

static int decode(void)
{
    struct buffer input = {.memory = NULL};
    size_t offset = 0;
    int status = EXIT_SUCCESS;
    ssize_t count = 1;
    while (status == EXIT_SUCCESS && count > 0) {
        count = read_some(&input);
        status =
            count == -1 ? failed("read") : decode_complete(&input, &offset);
    }
    if (status == EXIT_SUCCESS && buffer_size(&input) > 0) {
        fprintf(stderr,
                "wire: offset %zu: the input ends within a message, "
                "after %zu bytes of it\n",
                offset, buffer_size(&input));
        status = EXIT_FAILURE;
    }
    buffer_free(&input);
    return status;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "wire: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: wire encode TYPE ENCODING < content > message\n"
                    "       wire decode < message\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return usage("missing argument:", "encode or decode");
    bool encodes = strcmp(argv[1], "encode") == 0;
    if (!encodes && strcmp(argv[1], "decode") != 0)
        return usage("neither encode nor decode:", argv[1]);
    int wanted = encodes ? 4 : 2;
    if (argc < wanted)
        return usage("missing argument:", argc < 3 ? "TYPE" : "ENCODING");
    if (argc > wanted)
        return usage("one argument too many:", argv[wanted]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1)
        return failed("stdout");
    return encodes ? encode(argv[2], argv[3]) : decode();
}
