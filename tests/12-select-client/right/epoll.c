// epoll, level-triggered: asks for one thing at a time, first to be connected,
// then to send all, then to receive all.

#include "net.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] = "Message 1 from client.Message 2 from client.";
enum { SIZE = sizeof text - 1 };

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "multiconn_client: %s: '%s'\n"
            "usage: multiconn_client HOST PORT NUM_CONNECTIONS\n",
            problem, argument);
    return 2;
}

static int arguments(int argc, char *argv[], struct sockaddr_in *address,
                     int *number)
{
    static const char *const names[] = {"HOST", "PORT", "NUM_CONNECTIONS"};
    uint16_t port;
    if (argc < 4)
        return usage("missing argument", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("unexpected argument", argv[4]);
    if (net_parse_port(argv[2], &port) == -1)
        return usage("invalid PORT", argv[2]);
    if (net_parse_address(argv[1], argv[2], address) == -1)
        return usage("invalid HOST", argv[1]);
    size_t digits = strspn(argv[3], "0123456789");
    long value = strtol(argv[3], NULL, 10);
    if (digits == 0 || argv[3][digits] != '\0' || value < 1 || value > 1000000)
        return usage("invalid NUM_CONNECTIONS", argv[3]);
    *number = (int)value;
    return 0;
}

enum state { CONNECTING, SENDING, RECEIVING };

struct connection {
    int fd, number;
    enum state state;
    size_t done;
};

static int queue, open_ones, failures;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static void leave(struct connection *c)
{
    close(c->fd);
    open_ones--;
}

static void fail(struct connection *c, const char *call, const char *reason)
{
    report(c->number, call, reason);
    failures++;
    leave(c);
}

static void start(struct connection *c, const struct sockaddr_in *address)
{
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd == -1) {
        report(c->number, "socket", strerror(errno));
        failures++;
        return;
    }
    open_ones++;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
    if (connect(c->fd, (const struct sockaddr *)address, sizeof *address) ==
            -1 &&
        errno != EINPROGRESS && errno != EINTR)
        fail(c, "connect", strerror(errno));
    else if (epoll_ctl(queue, EPOLL_CTL_ADD, c->fd, &event) == -1)
        fail(c, "epoll_ctl", strerror(errno));
}

static void send_some(struct connection *c)
{
    ssize_t n = send(c->fd, text + c->done, SIZE - c->done, MSG_NOSIGNAL);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        fail(c, "send", strerror(errno));
        return;
    }
    c->done += (size_t)n;
    if (c->done < SIZE)
        return;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    c->state = RECEIVING;
    c->done = 0;
    if (epoll_ctl(queue, EPOLL_CTL_MOD, c->fd, &event) == -1)
        fail(c, "epoll_ctl", strerror(errno));
}

static void receive_some(struct connection *c)
{
    char reply[SIZE];
    ssize_t n = recv(c->fd, reply, SIZE - c->done, 0);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1)
        fail(c, "recv", strerror(errno));
    else if (n == 0)
        fail(c, "recv", "end of stream before the whole echo");
    else if (memcmp(reply, text + c->done, (size_t)n) != 0)
        fail(c, "recv", "not what was sent");
    else if ((c->done += (size_t)n) == SIZE)
        leave(c);
}

static void go_on(struct connection *c)
{
    switch (c->state) {
    case CONNECTING:
        if (net_connect_result(c->fd) == -1) {
            fail(c, "connect", strerror(errno));
            return;
        }
        c->state = SENDING;
        break;
    case SENDING: send_some(c); break;
    case RECEIVING: receive_some(c); break;
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    struct connection *connections = calloc((size_t)count, sizeof *connections);
    queue = epoll_create1(EPOLL_CLOEXEC);
    if (connections == NULL || queue == -1) {
        perror("multiconn_client");
        return 1;
    }
    for (int i = 0; i < count; i++) {
        connections[i].number = i + 1;
        start(&connections[i], &address);
    }
    while (open_ones > 0) {
        struct epoll_event events[128];
        int ready = epoll_wait(queue, events, 128, -1);
        if (ready == -1 && errno != EINTR) {
            perror("multiconn_client: epoll_wait");
            return 1;
        }
        for (int i = 0; i < ready; i++)
            go_on(events[i].data.ptr);
    }
    close(queue);
    free(connections);
    return failures > 0;
}
