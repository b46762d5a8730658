// Raises the limit of descriptors as far as it may; when they still don't
// suffice, the next connection waits until another one has ended. epoll.

#include "net.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
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

static int queue, live, failures;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static int watch(int operation, struct connection *c)
{
    bool all_sent = c->connected && c->sent == SIZE;
    struct epoll_event event = {.events =
                                    (c->connected ? (uint32_t)EPOLLIN : 0) |
                                    (all_sent ? 0 : (uint32_t)EPOLLOUT),
                                .data.ptr = c};
    return epoll_ctl(queue, operation, c->fd, &event);
}

static void finish(struct connection *c)
{
    close(c->fd);
    free(c);
    live--;
}

static void fail(struct connection *c, const char *call, const char *reason)
{
    report(c->number, call, reason);
    failures++;
    finish(c);
}

// Returns false if it must be tried again when another one has ended.
static bool start(int number, const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1 && live > 0 &&
        (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
         errno == ENOMEM))
        return false;
    struct connection *c = fd == -1 ? NULL : malloc(sizeof *c);
    if (c == NULL) {
        report(number, "socket", strerror(errno));
        failures++;
        if (fd != -1)
            close(fd);
        return true;
    }
    *c = (struct connection){.fd = fd, .number = number};
    live++;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1 &&
        errno != EINPROGRESS && errno != EINTR)
        fail(c, "connect", strerror(errno));
    else if (watch(EPOLL_CTL_ADD, c) == -1)
        fail(c, "epoll_ctl", strerror(errno));
    return true;
}

static bool passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void go_on(struct connection *c, uint32_t events)
{
    if (!c->connected) {
        if (net_connect_result(c->fd) == -1) {
            fail(c, "connect", strerror(errno));
            return;
        }
        c->connected = true;
    }
    if (c->sent < SIZE) {
        ssize_t n = send(c->fd, text + c->sent, SIZE - c->sent, MSG_NOSIGNAL);
        if (n == -1 && !passing()) {
            fail(c, "send", strerror(errno));
            return;
        }
        c->sent += n > 0 ? (size_t)n : 0;
    }
    if ((events & ~(uint32_t)EPOLLOUT) != 0) {
        char reply[SIZE];
        ssize_t n = recv(c->fd, reply, SIZE - c->received, 0);
        const char *problem = NULL;
        if (n == -1 && !passing())
            problem = strerror(errno);
        if (n == 0)
            problem = "the stream ended early";
        if (n > 0 && memcmp(reply, text + c->received, (size_t)n) != 0)
            problem = "these are other bytes than were sent";
        if (problem != NULL) {
            fail(c, "recv", problem);
            return;
        }
        c->received += n > 0 ? (size_t)n : 0;
    }
    if (c->received == SIZE)
        finish(c);
    else if (watch(EPOLL_CTL_MOD, c) == -1)
        fail(c, "epoll_ctl", strerror(errno));
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); // if not, then fewer at a time
    }
    queue = epoll_create1(EPOLL_CLOEXEC);
    if (queue == -1) {
        perror("multiconn_client: epoll_create1");
        return 1;
    }
    int next = 1;
    while (next <= count || live > 0) {
        while (next <= count && start(next, &address))
            next++;
        struct epoll_event events[64];
        int ready = live == 0 ? 0 : epoll_wait(queue, events, 64, -1);
        if (ready == -1 && errno != EINTR) {
            perror("multiconn_client: epoll_wait");
            return 1;
        }
        for (int i = 0; i < ready; i++)
            go_on(events[i].data.ptr, events[i].events);
    }
    close(queue);
    return failures > 0 ? 1 : 0;
}
