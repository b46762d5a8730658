// select(), non-blocking from the connection on; the length is received byte by
// byte, and nothing of what follows a part is ever taken with it.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
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

static int wait_for(int fd, bool to_write)
{
    for (;;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        struct timeval limit = {.tv_sec = 60};
        int count = select(fd + 1, to_write ? NULL : &set,
                           to_write ? &set : NULL, NULL, &limit);
        if (count == 1)
            return 0;
        if (count == 0)
            return give_up("server", "nothing in 60 seconds");
        if (errno != EINTR)
            return give_up("select", strerror(errno));
    }
}

// Receives SIZE bytes, STEP of them at once at the most.
static int take(int fd, unsigned char *bytes, size_t size, size_t step)
{
    while (size > 0) {
        if (wait_for(fd, false) == -1)
            return -1;
        ssize_t count = recv(fd, bytes, size < step ? size : step, 0);
        if (count == 0)
            return give_up("server", "gone before the end of its response");
        if (count == -1 && errno != EAGAIN && errno != EINTR)
            return give_up("recv", strerror(errno));
        if (count > 0) {
            bytes += count;
            size -= (size_t)count;
        }
    }
    return 0;
}

static int send_all(int fd, struct buffer *request)
{
    while (buffer_size(request) > 0) {
        if (wait_for(fd, true) == -1)
            return -1;
        ssize_t count =
            send(fd, buffer_bytes(request), buffer_size(request), MSG_NOSIGNAL);
        if (count == -1 && errno != EAGAIN && errno != EINTR) {
            give_up("send", strerror(errno));
            break; // of the request; what was answered is still to be taken
        }
        if (count > 0)
            buffer_drop(request, (size_t)count);
    }
    return 0;
}

static int exchange(int fd, struct buffer *request)
{
    static unsigned char text[CODEC_HEADER_MAX];
    struct codec_problem problem;
    struct codec_header header;
    size_t length;
    if (net_set_nonblocking(fd) == -1)
        return give_up("fcntl", strerror(errno));
    if (send_all(fd, request) == -1 ||
        take(fd, text, CODEC_PROTOHEADER_SIZE, 1) == -1)
        return -1;
    if (codec_parse_protoheader(text, CODEC_PROTOHEADER_SIZE, &length,
                                &problem) != CODEC_DONE)
        return give_up("length of the header", problem.why);
    if (take(fd, text, length, 100) == -1)
        return -1;
    if (codec_parse_header(text, length, &header, &problem) != CODEC_DONE)
        return give_up("header", problem.why);
    unsigned char *content = malloc(header.content_length + 1);
    if (content == NULL)
        return give_up("content", strerror(errno));
    int result = take(fd, content, header.content_length, 5000);
    if (result == 0)
        result = show(&header, content);
    free(content);
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
