// poll(), with a limit of a minute for the whole exchange; TCP_NODELAY; asks
// for what is there and then looks whether it is a whole message, with
// codec_parse(), again and again. Shows bytes as they are.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_S = 60 };

static struct timespec begin;

static int give_up(const char *what, const char *why)
{
    fprintf(stderr, "app_client: %s: %s\n", what, why);
    return -1;
}

// Waits for EVENTS. Returns 0; -1 after saying that it takes too long.
static int wait_for(int fd, short events)
{
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        long left = (begin.tv_sec + LIMIT_S - now.tv_sec) * 1000;
        struct pollfd poll_fd = {.fd = fd, .events = events};
        int count = left <= 0 ? 0 : poll(&poll_fd, 1, (int)left);
        if (count > 0)
            return 0;
        if (count == 0)
            return give_up("the server", strerror(ETIMEDOUT));
        if (errno != EINTR)
            return give_up("poll", strerror(errno));
    }
}

static bool again(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static int open_connection(const struct sockaddr_in *address)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1)
        return give_up("socket", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1) {
        if (errno != EINPROGRESS && errno != EINTR)
            give_up("connect", strerror(errno));
        else if (wait_for(fd, POLLOUT) == 0 && net_connect_result(fd) == 0)
            return fd;
        else
            give_up("connect", strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static int send_all(int fd, struct buffer *request)
{
    while (buffer_size(request) > 0) {
        ssize_t sent =
            send(fd, buffer_bytes(request), buffer_size(request), MSG_NOSIGNAL);
        if (sent >= 0)
            buffer_drop(request, (size_t)sent);
        else if (!again())
            break;
        else if (errno == EAGAIN && wait_for(fd, POLLOUT) == -1)
            return -1;
    }
    if (buffer_size(request) > 0) // there may be a response all the same
        give_up("send", strerror(errno));
    return 0;
}

static int show(const struct codec_message *message)
{
    struct codec_problem problem;
    if (strcmp(message->header.type, CODEC_JSON) != 0) {
        fputs("got response: ", stdout);
        fwrite(message->content, 1, message->header.content_length, stdout);
        putchar('\n');
        return 0;
    }
    json_t *json =
        codec_parse_json(message->content, message->header.content_length,
                         message->header.encoding, &problem);
    if (json == NULL)
        return give_up("the content of the response", problem.why);
    const json_t *result = json_object_get(json, "result");
    const char *text = json_string_value(result);
    if (result == NULL)
        give_up("the response", "it says nothing of a result");
    else if (text == NULL)
        puts("got result: something that is no text");
    else if (fputs("got result: ", stdout) != EOF &&
             fwrite(text, 1, json_string_length(result), stdout) ==
                 json_string_length(result))
        putchar('\n');
    json_decref(json);
    return result == NULL ? -1 : 0;
}

static int take_response(int fd, struct buffer *in)
{
    struct codec_message message;
    struct codec_problem problem;
    enum codec_result result;
    while ((result = codec_parse(buffer_bytes(in), buffer_size(in), &message,
                                 &problem)) == CODEC_NEED_MORE) {
        if (wait_for(fd, POLLIN) == -1)
            return -1;
        void *place = buffer_reserve(in, 20000);
        if (place == NULL)
            return give_up("response", strerror(errno));
        ssize_t count = recv(fd, place, 20000, 0);
        if (count > 0)
            buffer_added(in, (size_t)count);
        else if (count == 0)
            return give_up("the response", "it ended before it was complete");
        else if (!again())
            return give_up("recv", strerror(errno));
    }
    if (result == CODEC_DONE && buffer_size(in) > message.size)
        return give_up("the response", "it is longer than it says");
    return result == CODEC_DONE ? show(&message)
                                : give_up("the response", problem.why);
}

static int build(struct buffer *out, const char *action, const char *value)
{
    if (strcmp(action, "search") != 0) {
        struct buffer both = {.memory = NULL};
        int result = buffer_append(&both, action, strlen(action));
        if (result == 0)
            result = buffer_append(&both, value, strlen(value));
        if (result == 0)
            result =
                codec_build(out, "binary/custom-client-binary-type", "binary",
                            buffer_bytes(&both), buffer_size(&both));
        buffer_free(&both);
        return result;
    }
    json_t *json = json_object();
    json_object_set_new(json, "value", json_string(value));
    json_object_set_new(json, "action", json_string(action));
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    json_decref(json);
    if (text == NULL)
        return -1;
    int result = codec_build(out, "text/json", "ascii", text, strlen(text));
    free(text);
    return result;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 5 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fprintf(stderr, "Usage: %s HOST PORT ACTION VALUE\n", argv[0]);
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    struct buffer request = {.memory = NULL}, response = {.memory = NULL};
    if (build(&request, argv[3], argv[4]) == -1) {
        give_up("the request", "it can't be built");
        return 1;
    }
    int fd = open_connection(&address);
    int result = fd == -1 || send_all(fd, &request) == -1
                     ? -1
                     : take_response(fd, &response);
    buffer_free(&request);
    buffer_free(&response);
    if (fd != -1)
        close(fd);
    if (fflush(stdout) == EOF)
        result = give_up("stdout", strerror(errno));
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
