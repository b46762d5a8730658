// Finishes sending (shutdown) as soon as both messages are on their way; each
// message goes out with a send() of its own.

#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
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

enum { FIRST = 22 }; // the size of message 1

struct connection {
    int fd; // -1: closed
    bool connected, finished;
    size_t sent, have;
    char reply[SIZE];
};

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static bool passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static const char *begin(struct connection *c,
                         const struct sockaddr_in *address)
{
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd == -1)
        return strerror(errno);
    if (c->fd >= FD_SETSIZE)
        return "more connections than select() can watch";
    if (net_set_nonblocking(c->fd) == -1)
        return strerror(errno);
    if (connect(c->fd, (const struct sockaddr *)address, sizeof *address) ==
            -1 &&
        errno != EINPROGRESS && errno != EINTR)
        return strerror(errno);
    return NULL;
}

static const char *write_more(struct connection *c)
{
    if (!c->connected) {
        if (net_connect_result(c->fd) == -1)
            return strerror(errno);
        c->connected = true;
    }
    size_t end = c->sent < FIRST ? FIRST : SIZE;
    ssize_t n = write(c->fd, text + c->sent, end - c->sent);
    if (n == -1 && !passing())
        return strerror(errno);
    if (n > 0)
        c->sent += (size_t)n;
    if (c->sent < SIZE)
        return NULL;
    c->finished = true;
    return shutdown(c->fd, SHUT_WR) == -1 ? strerror(errno) : NULL;
}

static const char *read_more(struct connection *c)
{
    ssize_t n = read(c->fd, c->reply + c->have, SIZE - c->have);
    if (n == -1)
        return passing() ? NULL : strerror(errno);
    if (n == 0)
        return "the stream ended before the echo was complete";
    c->have += (size_t)n;
    return memcmp(c->reply, text, c->have) == 0 ? NULL
                                                : "that is not my message";
}

static void close_it(struct connection *c)
{
    if (c->fd != -1)
        close(c->fd);
    c->fd = -1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    signal(SIGPIPE, SIG_IGN);
    struct connection *all = calloc((size_t)count, sizeof *all);
    if (all == NULL) {
        perror("multiconn_client: calloc");
        return 1;
    }
    for (int i = 0; i < count; i++) {
        const char *problem = begin(&all[i], &address);
        if (problem != NULL) {
            report(i + 1, "connect", problem);
            close_it(&all[i]);
            status = 1;
        }
    }
    for (;;) {
        int highest = -1;
        fd_set in, out;
        FD_ZERO(&in);
        FD_ZERO(&out);
        for (int i = 0; i < count; i++) {
            if (all[i].fd == -1)
                continue;
            if (all[i].connected)
                FD_SET(all[i].fd, &in);
            if (!all[i].finished)
                FD_SET(all[i].fd, &out);
            if (all[i].fd > highest)
                highest = all[i].fd;
        }
        if (highest == -1)
            break;
        int ready = select(highest + 1, &in, &out, NULL, NULL);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1) {
            perror("multiconn_client: select");
            status = 1;
            break;
        }
        for (int i = 0; i < count; i++) {
            struct connection *c = &all[i];
            const char *problem = NULL, *call = "write";
            if (c->fd == -1)
                continue;
            bool readable = FD_ISSET(c->fd, &in);
            if (FD_ISSET(c->fd, &out))
                problem = write_more(c);
            if (problem == NULL && readable) {
                call = "read";
                problem = read_more(c);
            }
            if (problem != NULL) {
                report(i + 1, call, problem);
                status = 1;
            }
            if (problem != NULL || c->have == SIZE)
                close_it(c);
        }
    }
    free(all);
    return status;
}
