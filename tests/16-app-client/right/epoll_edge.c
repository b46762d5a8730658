// epoll with EPOLLET, and one registration for all: each turn sends and
// receives until there is EAGAIN.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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

static int usage(const char *problem)
{
    fprintf(stderr,
            "app_client: %s\n"
            "usage: app_client HOST PORT ACTION VALUE\n",
            problem);
    return 2;
}

static int open_connection(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return give_up("socket", strerror(errno));
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
        errno == EINPROGRESS || errno == EINTR)
        return fd;
    give_up("connect", strerror(errno));
    close(fd);
    return -1;
}

// Sends until there is nothing more to send, or no room for it. An error is put
// into *reason, and ends the sending only.
static void send_some(int fd, struct buffer *request, int *reason)
{
    while (buffer_size(request) > 0) {
        ssize_t sent =
            send(fd, buffer_bytes(request), buffer_size(request), MSG_NOSIGNAL);
        if (sent >= 0) {
            buffer_drop(request, (size_t)sent);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            *reason = errno;
            buffer_free(request);
        }
    }
}

// Receives until there is nothing more for now. Sets *ended at the end, and at
// an error, which is put into *reason: what came before it counts.
static int receive_some(int fd, struct buffer *in, bool *ended, int *reason)
{
    for (;;) {
        void *place = buffer_reserve(in, 30000);
        if (place == NULL)
            return give_up("response", strerror(errno));
        ssize_t count = recv(fd, place, 30000, 0);
        if (count > 0)
            buffer_added(in, (size_t)count);
        else if (count == -1 && errno == EAGAIN)
            return 0;
        else if (count == 0 || errno != EINTR)
            *ended = true;
        if (count == -1 && *ended)
            *reason = errno;
        if (*ended)
            return 0;
    }
}

static int turns(int poller, int fd, struct buffer *request, struct buffer *in)
{
    int reason = 0;
    for (bool connected = false, ended = false; !ended;) {
        struct epoll_event event;
        int count = epoll_wait(poller, &event, 1, -1);
        if (count == -1 && errno != EINTR)
            return give_up("epoll_wait", strerror(errno));
        if (count < 1)
            continue;
        if (!connected && net_connect_result(fd) == -1)
            return give_up("connect", strerror(errno));
        connected = true;
        send_some(fd, request, &reason);
        if (receive_some(fd, in, &ended, &reason) == -1)
            return -1;
        struct codec_message message;
        struct codec_problem problem;
        switch (codec_parse(buffer_bytes(in), buffer_size(in), &message,
                            &problem)) {
        case CODEC_DONE:
            if (buffer_size(in) > message.size)
                return give_up("malformed", "more follows the response");
            return show(&message.header, message.content);
        case CODEC_MALFORMED: return give_up("malformed", problem.why);
        case CODEC_NEED_MORE: break;
        }
    }
    if (reason != 0)
        return give_up("connection", strerror(reason));
    return give_up("response", "the server has ended it before it is whole");
}

static int exchange(int fd, struct buffer *request)
{
    struct buffer in = {.memory = NULL};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
    int poller = epoll_create1(0), result = -1;
    if (poller == -1 || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == -1)
        give_up("epoll", strerror(errno));
    else
        result = turns(poller, fd, request, &in);
    if (poller != -1)
        close(poller);
    buffer_free(&in);
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
