// The socket is a FILE: fwrite() and fread(). With a signal they stop in the
// middle, and say how far they have come.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Says why it can't go on. Returns -1.
static int give_up(const char *what, const char *why)
{
    fprintf(stderr, "app_client: %s: %s\n", what, why);
    return -1;
}

// Appends the request to OUT. Returns 0; -1 if it can't be built.
static int build(struct buffer *out, const char *action, const char *value)
{
    if (strcmp(action, "search") != 0) {
        struct buffer both = {.memory = NULL};
        int result = buffer_append(&both, action, strlen(action));
        if (result == 0)
            result = buffer_append(&both, value, strlen(value));
        if (result == 0)
            result = codec_build(out, "binary/custom-client-binary-type",
                                 CODEC_BINARY, buffer_bytes(&both),
                                 buffer_size(&both));
        buffer_free(&both);
        return result;
    }
    json_t *json = json_pack("{s:s, s:s}", "action", action, "value", value);
    char *text = json == NULL ? NULL : json_dumps(json, 0);
    json_decref(json);
    int result = text == NULL ? -1
                              : codec_build(out, CODEC_JSON, "utf-8", text,
                                            strlen(text));
    free(text);
    return result;
}

// Prints what the content says. Returns 0; -1 after saying why not.
static int show(const struct codec_header *header, const void *content)
{
    struct codec_problem problem;
    if (strcmp(header->type, CODEC_JSON) != 0) {
        fputs("got response: ", stdout);
        fwrite(content, 1, header->content_length, stdout);
        putchar('\n');
        return 0;
    }
    json_t *json = codec_parse_json(content, header->content_length,
                                    header->encoding, &problem);
    if (json == NULL)
        return give_up("content", problem.why);
    const json_t *result = json_object_get(json, "result");
    if (json_is_string(result)) {
        fputs("got result: ", stdout);
        fwrite(json_string_value(result), 1, json_string_length(result),
               stdout);
        putchar('\n');
    } else
        give_up("content", "no text is its result");
    int status = json_is_string(result) ? 0 : -1;
    json_decref(json);
    return status;
}

// Returns a connected socket; -1 after saying why not.
static int open_connection(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return give_up("socket", strerror(errno));
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
        (errno == EINTR && net_finish_connect(fd) == 0))
        return fd;
    give_up("connect", strerror(errno));
    close(fd);
    return -1;
}

static int usage(const char *problem)
{
    fprintf(stderr,
            "app_client: %s\n"
            "usage: app_client HOST PORT ACTION VALUE\n",
            problem);
    return 2;
}

static int take(FILE *stream, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        size_t count = fread(at, 1, size, stream);
        at += count;
        size -= count;
        if (size > 0 && feof(stream))
            return give_up("fread", "end of file");
        if (size > 0 && ferror(stream) && errno != EINTR)
            return give_up("fread", strerror(errno));
        clearerr(stream);
    }
    return 0;
}

static int put(FILE *stream, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        size_t count = fwrite(at, 1, size, stream);
        at += count;
        size -= count;
        if (size > 0 && ferror(stream) && errno != EINTR)
            return give_up("fwrite", strerror(errno));
        clearerr(stream);
    }
    return 0;
}

static int take_response(FILE *stream)
{
    static unsigned char text[CODEC_HEADER_MAX];
    struct codec_problem problem;
    struct codec_header header;
    size_t length;
    if (take(stream, text, CODEC_PROTOHEADER_SIZE) == -1)
        return -1;
    if (codec_parse_protoheader(text, CODEC_PROTOHEADER_SIZE, &length,
                                &problem) != CODEC_DONE)
        return give_up("length of the header", problem.why);
    if (take(stream, text, length) == -1)
        return -1;
    if (codec_parse_header(text, length, &header, &problem) != CODEC_DONE)
        return give_up("header", problem.why);
    unsigned char *content = malloc(header.content_length + 1);
    if (content == NULL)
        return give_up("content", strerror(errno));
    int result = take(stream, content, header.content_length);
    // Whatever more is in the buffer, or has come by now.
    if (result == 0 && net_set_nonblocking(fileno(stream)) == 0 &&
        getc(stream) != EOF)
        result = give_up("getc", "there is more than the response");
    if (result == 0)
        result = show(&header, content);
    free(content);
    return result;
}

static int exchange(int fd, struct buffer *request)
{
    signal(SIGPIPE, SIG_IGN);
    FILE *in = fdopen(dup(fd), "r"), *out = fdopen(dup(fd), "w");
    if (in == NULL || out == NULL)
        return give_up("fdopen", strerror(errno));
    setvbuf(out, NULL, _IONBF, 0);
    // If that fails, it has said so; and there may be a response.
    put(out, buffer_bytes(request), buffer_size(request));
    int result = take_response(in);
    fclose(in);
    fclose(out);
    return result;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    struct buffer request = {.memory = NULL};
    if (argc != 5)
        return usage("HOST, PORT, ACTION and VALUE, and nothing else");
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("not an address of IPv4");
    if (build(&request, argv[3], argv[4]) == -1)
        return usage("ACTION or VALUE can't be sent");
    int fd = open_connection(&address);
    int result = fd == -1 ? -1 : exchange(fd, &request);
    buffer_free(&request);
    if (fd != -1)
        close(fd);
    if (fflush(stdout) == EOF)
        result = give_up("stdout", strerror(errno));
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
