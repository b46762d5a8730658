// ppoll(); offers 4 KiB to recv(), and takes more bytes than were sent for an
// error. The connections are a list that gets shorter.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

struct connection {
    int fd, number;
    bool connected;
    size_t sent, received;
};

static struct connection *live;
static struct pollfd *polled;
static nfds_t count;
static bool any_failed;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static void fail(const struct connection *c, const char *call,
                 const char *reason)
{
    report(c->number, call, reason);
    any_failed = true;
}

static bool start(struct connection *c, const struct sockaddr_in *address)
{
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd == -1) {
        fail(c, "socket", strerror(errno));
        return false;
    }
    if (connect(c->fd, (const struct sockaddr *)address, sizeof *address) ==
            -1 &&
        errno != EINPROGRESS && errno != EINTR) {
        fail(c, "connect", strerror(errno));
        close(c->fd);
        return false;
    }
    return true;
}

// Returns true as long as the connection has something to do.
static bool receive(struct connection *c)
{
    char buffer[4096];
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n == -1)
        fail(c, "recv", strerror(errno));
    else if (n == 0)
        fail(c, "recv", "the echo is incomplete");
    else if ((size_t)n > SIZE - c->received)
        fail(c, "recv", "more came back than was sent");
    else if (memcmp(buffer, text + c->received, (size_t)n) != 0)
        fail(c, "recv", "something else came back than was sent");
    else
        return (c->received += (size_t)n) < SIZE;
    return false;
}

static bool go_on(struct connection *c, int events)
{
    if (!c->connected) {
        if (net_connect_result(c->fd) == -1) {
            fail(c, "connect", strerror(errno));
            return false;
        }
        c->connected = true;
        return true;
    }
    if (c->sent < SIZE) {
        ssize_t n = send(c->fd, text + c->sent, SIZE - c->sent, MSG_NOSIGNAL);
        if (n == -1 && errno != EAGAIN && errno != EINTR) {
            fail(c, "send", strerror(errno));
            return false;
        }
        if (n > 0)
            c->sent += (size_t)n;
    }
    return (events & ~POLLOUT) != 0 ? receive(c) : true;
}

static int run(void)
{
    while (count > 0) {
        for (nfds_t i = 0; i < count; i++) {
            const struct connection *c = &live[i];
            int events = c->connected ? POLLIN : POLLOUT;
            if (c->sent < SIZE)
                events |= POLLOUT;
            polled[i] = (struct pollfd){.fd = c->fd, .events = (short)events};
        }
        if (ppoll(polled, count, NULL, NULL) == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        nfds_t kept = 0;
        for (nfds_t i = 0; i < count; i++) {
            if (polled[i].revents == 0 || go_on(&live[i], polled[i].revents))
                live[kept++] = live[i];
            else
                close(live[i].fd);
        }
        count = kept;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int wanted;
    int status = arguments(argc, argv, &address, &wanted);
    if (status != 0)
        return status;
    live = calloc((size_t)wanted, sizeof *live);
    polled = calloc((size_t)wanted, sizeof *polled);
    if (live == NULL || polled == NULL) {
        perror("multiconn_client: memory");
        return 1;
    }
    for (int number = 1; number <= wanted; number++) {
        struct connection c = {.number = number};
        if (start(&c, &address))
            live[count++] = c;
    }
    if (run() == -1) {
        perror("multiconn_client: ppoll");
        any_failed = true;
    }
    free(live);
    free(polled);
    return any_failed;
}
