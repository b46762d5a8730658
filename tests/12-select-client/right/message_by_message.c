// Waits until message 1 has come back before it sends message 2.

#include "net.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const messages[] = {"Message 1 from client.",
                                       "Message 2 from client."};
enum { MESSAGES = 2, LONGEST = 100 };

enum state { CONNECTING, SENDING, RECEIVING, CLOSED };

struct connection {
    enum state state;
    int fd, number;
    int message; // which one is on its way
    size_t done; // of it, sent or received
};

static bool any_failed;

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "multiconn_client: %s %s\n", problem, argument);
    fprintf(stderr, "usage: multiconn_client HOST PORT NUM_CONNECTIONS\n");
    return 2;
}

static void finish(struct connection *c)
{
    close(c->fd);
    c->state = CLOSED;
}

static void fail(struct connection *c, const char *reason)
{
    fprintf(stderr, "connection %d: %s\n", c->number, reason);
    any_failed = true;
    finish(c);
}

static void fail_unless_passing(struct connection *c)
{
    if (errno != EAGAIN && errno != EINTR)
        fail(c, strerror(errno));
}

static void start(struct connection *c, const struct sockaddr_in *address)
{
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd == -1) {
        fprintf(stderr, "connection %d: socket: %s\n", c->number,
                strerror(errno));
        any_failed = true;
        c->state = CLOSED;
        return;
    }
    c->state = CONNECTING;
    if (c->fd >= FD_SETSIZE)
        fail(c, "its descriptor is too high for select()");
    else if (net_set_nonblocking(c->fd) == -1)
        fail(c, strerror(errno));
    else if (connect(c->fd, (const struct sockaddr *)address,
                     sizeof *address) == 0)
        c->state = SENDING;
    else if (errno != EINPROGRESS && errno != EINTR)
        fail(c, strerror(errno));
}

static void finish_connecting(struct connection *c)
{
    if (net_connect_result(c->fd) == -1)
        fail(c, strerror(errno));
    else
        c->state = SENDING;
}

static void send_some(struct connection *c)
{
    const char *message = messages[c->message];
    size_t size = strlen(message);
    ssize_t n = send(c->fd, message + c->done, size - c->done, MSG_NOSIGNAL);
    if (n == -1) {
        fail_unless_passing(c);
        return;
    }
    c->done += (size_t)n;
    if (c->done == size) {
        c->done = 0;
        c->state = RECEIVING;
    }
}

static void receive_some(struct connection *c)
{
    const char *message = messages[c->message];
    size_t size = strlen(message);
    char reply[LONGEST];
    ssize_t n = recv(c->fd, reply, size - c->done, 0);
    if (n == -1) {
        fail_unless_passing(c);
    } else if (n == 0) {
        fail(c, "the server closed it too early");
    } else if (memcmp(reply, message + c->done, (size_t)n) != 0) {
        fail(c, "the server sent something else back");
    } else if ((c->done += (size_t)n) == size) {
        c->done = 0;
        c->state = SENDING;
        if (++c->message == MESSAGES)
            finish(c);
    }
}

static int run(struct connection *all, int count)
{
    for (;;) {
        fd_set in, out;
        int highest = -1;
        FD_ZERO(&in);
        FD_ZERO(&out);
        for (int i = 0; i < count; i++) {
            if (all[i].state == CLOSED)
                continue;
            FD_SET(all[i].fd, all[i].state == RECEIVING ? &in : &out);
            if (all[i].fd > highest)
                highest = all[i].fd;
        }
        if (highest == -1)
            return 0;
        if (select(highest + 1, &in, &out, NULL, NULL) == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        for (int i = 0; i < count; i++) {
            struct connection *c = &all[i];
            if (c->state == CONNECTING && FD_ISSET(c->fd, &out))
                finish_connecting(c);
            else if (c->state == SENDING && FD_ISSET(c->fd, &out))
                send_some(c);
            else if (c->state == RECEIVING && FD_ISSET(c->fd, &in))
                receive_some(c);
        }
    }
}

int main(int argc, char *argv[])
{
    if (argc != 4)
        return usage(argc < 4 ? "missing" : "unexpected",
                     argc < 2   ? "HOST"
                     : argc < 3 ? "PORT"
                     : argc < 4 ? "NUM_CONNECTIONS"
                                : argv[4]);
    struct sockaddr_in address;
    uint16_t port;
    if (net_parse_port(argv[2], &port) == -1)
        return usage("PORT can't be", argv[2]);
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("HOST can't be", argv[1]);
    char *end;
    errno = 0;
    long count = strtol(argv[3], &end, 10);
    if (argv[3][0] < '0' || argv[3][0] > '9' || *end != '\0' || errno != 0 ||
        count < 1 || count > 1000000)
        return usage("NUM_CONNECTIONS can't be", argv[3]);
    struct connection *all = calloc((size_t)count, sizeof *all);
    if (all == NULL) {
        perror("multiconn_client");
        return 1;
    }
    for (int i = 0; i < count; i++) {
        all[i].number = i + 1;
        start(&all[i], &address);
    }
    if (run(all, (int)count) == -1) {
        perror("multiconn_client: select");
        any_failed = true;
    }
    free(all);
    return any_failed ? 1 : 0;
}
