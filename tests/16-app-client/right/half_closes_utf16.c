// Asks in UTF-16, with one member more; finishes sending, so that the server sees
// the end; SO_RCVTIMEO of 20 seconds. Shows bytes in hexadecimal if they are not
// text, and prints with write().

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
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
    bool is_search = strcmp(action, "search") == 0;
    struct buffer content = {.memory = NULL};
    int result = -1;
    if (is_search) {
        struct codec_problem problem;
        json_t *json = json_object();
        json_object_set_new(json, "value", json_string(value));
        json_object_set_new(json, "priority", json_integer(1));
        json_object_set_new(json, "action", json_string(action));
        char *text = json_dumps(json, JSON_INDENT(4));
        json_decref(json);
        if (text != NULL)
            result = codec_convert(&content, "UTF-16", "UTF-8", text,
                                   strlen(text), &problem);
        free(text);
    } else if (buffer_append(&content, action, strlen(action)) == 0) {
        result = buffer_append(&content, value, strlen(value));
    }
    if (result == 0)
        result = codec_build(
            out, is_search ? CODEC_JSON : "binary/custom-client-binary-type",
            is_search ? "utf-16" : CODEC_BINARY, buffer_bytes(&content),
            buffer_size(&content));
    buffer_free(&content);
    return result;
}

// Writes to stdout. Returns 0; -1 after saying why not.
static int say(const char *label, const char *bytes, size_t size)
{
    struct buffer line = {.memory = NULL};
    int result = buffer_append(&line, label, strlen(label));
    for (size_t i = 0; i < size && result == 0; i++) {
        size_t plain = i;
        while (plain < size && (unsigned char)bytes[plain] >= ' ' &&
               bytes[plain] != 0x7f)
            plain++;
        result = buffer_append(&line, bytes + i, plain - i);
        char hex[8];
        i = plain;
        if (i < size && result == 0) {
            snprintf(hex, sizeof hex, "\\x%02X", (unsigned char)bytes[i]);
            result = buffer_append(&line, hex, strlen(hex));
        }
    }
    if (result == 0)
        result = buffer_append(&line, "\n", 1);
    while (result == 0 && buffer_size(&line) > 0) {
        ssize_t written =
            write(STDOUT_FILENO, buffer_bytes(&line), buffer_size(&line));
        if (written == -1 && errno != EINTR)
            result = -1;
        if (written > 0)
            buffer_drop(&line, (size_t)written);
    }
    if (result == -1)
        give_up("output", strerror(errno));
    buffer_free(&line);
    return result;
}

static int show(const struct codec_header *header, const void *content)
{
    struct codec_problem problem;
    if (strcmp(header->type, CODEC_JSON) != 0)
        return say("got response: ", content, header->content_length);
    json_t *json = codec_parse_json(content, header->content_length,
                                    header->encoding, &problem);
    if (json == NULL)
        return give_up("json", problem.why);
    const json_t *result = json_object_get(json, "result");
    int status = json_is_string(result)
                     ? say("got result: ", json_string_value(result),
                           json_string_length(result))
                     : give_up("json", "result?");
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

static int exchange(int fd, struct buffer *request)
{
    struct timeval limit = {.tv_sec = 20};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1)
        return give_up("limit", strerror(errno));
    int reason = 0; // why not all of the request was sent
    if (net_send_all(fd, buffer_bytes(request), buffer_size(request)) == -1 ||
        shutdown(fd, SHUT_WR) == -1)
        reason = errno;
    struct buffer in = {.memory = NULL};
    struct codec_message message;
    struct codec_problem problem;
    enum codec_result result;
    int status = 0;
    while (status == 0 &&
           (result = codec_parse(buffer_bytes(&in), buffer_size(&in), &message,
                                 &problem)) == CODEC_NEED_MORE) {
        void *place = buffer_reserve(&in, 4096);
        if (place == NULL) {
            status = give_up("memory", strerror(errno));
            break;
        }
        ssize_t count = recv(fd, place, 4096, 0);
        if (count > 0)
            buffer_added(&in, (size_t)count);
        else if (count == 0 && reason != 0)
            status = give_up("request", strerror(reason));
        else if (count == 0)
            status = give_up("response", "incomplete");
        else if (errno == EAGAIN)
            status = give_up("response", "nothing for 20 seconds");
        else if (errno != EINTR)
            status = give_up("recv", strerror(errno));
    }
    if (status == 0 && result != CODEC_DONE)
        status = give_up("response", problem.why);
    else if (status == 0 && message.size < buffer_size(&in))
        status = give_up("response", "and more behind it");
    else if (status == 0)
        status = show(&message.header, message.content);
    buffer_free(&in);
    return status;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    struct buffer request = {.memory = NULL};
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("app_client: stdout");
        return 1;
    }
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
