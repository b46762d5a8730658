// Learns how connect() came out by calling it once more.

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

enum { MOST = 256 }; // at a time

enum outcome { GOES_ON, DONE, FAILED };

struct connection {
    int number;
    bool connected;
    size_t sent, received;
};

static struct sockaddr_in server;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static bool passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

// The same call begins an attempt and asks for its outcome.
static enum outcome try_to_connect(int fd, struct connection *c)
{
    if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0 ||
        errno == EISCONN) {
        c->connected = true;
        return GOES_ON;
    }
    if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR)
        return GOES_ON;
    report(c->number, "connect", strerror(errno));
    return FAILED;
}

static enum outcome send_some(int fd, struct connection *c)
{
    ssize_t n = send(fd, text + c->sent, SIZE - c->sent, MSG_NOSIGNAL);
    if (n >= 0) {
        c->sent += (size_t)n;
        return GOES_ON;
    }
    if (passing())
        return GOES_ON;
    report(c->number, "send", strerror(errno));
    return FAILED;
}

static enum outcome receive_some(int fd, struct connection *c)
{
    char reply[SIZE];
    ssize_t n = recv(fd, reply, SIZE - c->received, 0);
    if (n == -1 && passing())
        return GOES_ON;
    const char *problem = NULL;
    if (n == -1)
        problem = strerror(errno);
    else if (n == 0)
        problem = "early end";
    else if (memcmp(reply, text + c->received, (size_t)n) != 0)
        problem = "wrong bytes";
    if (problem != NULL) {
        report(c->number, "recv", problem);
        return FAILED;
    }
    c->received += (size_t)n;
    return c->received == SIZE ? DONE : GOES_ON;
}

static enum outcome serve(struct pollfd *p, struct connection *c)
{
    enum outcome outcome = GOES_ON;
    if (!c->connected)
        outcome = try_to_connect(p->fd, c);
    else if (c->sent < SIZE)
        outcome = send_some(p->fd, c);
    else
        outcome = receive_some(p->fd, c);
    p->events = c->connected && c->sent == SIZE ? POLLIN : POLLOUT;
    return outcome;
}

static struct pollfd polled[MOST];
static struct connection connections[MOST];
static nfds_t open_ones;

// Starts one connection. Returns false if it could not even begin.
static bool start(int number)
{
    struct connection c = {.number = number};
    struct pollfd p = {.events = POLLOUT};
    p.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (p.fd == -1) {
        report(number, "socket", strerror(errno));
        return false;
    }
    if (try_to_connect(p.fd, &c) == FAILED) {
        close(p.fd);
        return false;
    }
    polled[open_ones] = p;
    connections[open_ones] = c;
    open_ones++;
    return true;
}

// Waits once, and serves what is ready. Returns false if one has failed.
static bool turn(void)
{
    if (poll(polled, open_ones, -1) == -1) {
        if (errno == EINTR)
            return true;
        perror("multiconn_client: poll");
        exit(1);
    }
    bool well = true;
    for (nfds_t i = open_ones; i-- > 0;) {
        if (polled[i].revents == 0)
            continue;
        enum outcome outcome = serve(&polled[i], &connections[i]);
        if (outcome == GOES_ON)
            continue;
        well = well && outcome == DONE;
        close(polled[i].fd);
        open_ones--;
        polled[i] = polled[open_ones];
        connections[i] = connections[open_ones];
    }
    return well;
}

int main(int argc, char *argv[])
{
    int count;
    int status = arguments(argc, argv, &server, &count);
    if (status != 0)
        return status;
    for (int next = 1; next <= count || open_ones > 0;) {
        bool well = true;
        if (next <= count && open_ones < MOST)
            well = start(next++);
        else
            well = turn();
        if (!well)
            status = 1;
    }
    return status;
}
