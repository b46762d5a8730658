// ppoll(), and up to 1 MiB kept for each client. New clients are accepted
// until nobody waits any more.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CAPACITY = 1 << 20 };

struct client {
    int fd;
    struct sockaddr_in address;
    bool ended;
    size_t from, to;
    unsigned char *bytes;
};

static struct client *clients;
static struct pollfd *polled; // [i + 1] is about clients[i]
static size_t count, room;
static bool full;
static time_t full_since;

// Seconds of a clock that nobody sets.
static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static void say(const char *what, const struct sockaddr_in *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("%s %s\n", what, net_address_text(address, text, sizeof text));
    fflush(stdout);
}

static void complain(const char *call, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "multiconn_server: %s %s: %s\n", call,
            net_address_text(address, text, sizeof text), strerror(reason));
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "multiconn_server: %s: '%s'\n"
            "usage: multiconn_server HOST PORT\n",
            problem, argument);
    return 2;
}

static int arguments(int argc, char *argv[], struct sockaddr_in *address)
{
    uint16_t port;
    if (argc < 3)
        return usage("missing argument", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("unexpected argument", argv[3]);
    if (net_parse_port(argv[2], &port) == -1)
        return usage("invalid PORT", argv[2]);
    if (net_parse_address(argv[1], argv[2], address) == -1)
        return usage("invalid HOST", argv[1]);
    return 0;
}

// pselect() and its kin let a signal through only when nothing is ready. So
// that a busy server stops too, the signals are asked for in each turn.
static bool signal_waits(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

static int open_listener(struct sockaddr_in *address, int backlog)
{
    int fd = net_listen(address, backlog);
    if (fd != -1 && net_set_nonblocking(fd) == 0 &&
        net_local_address(fd, address) == 0)
        return fd;
    complain("listen", address);
    if (fd != -1)
        close(fd);
    return -1;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

static void drop(size_t i)
{
    say("closing connection to", &clients[i].address);
    close(clients[i].fd);
    free(clients[i].bytes);
    clients[i] = clients[--count];
    polled[i + 1] = polled[count + 1];
    full = false;
}

static bool grow(void)
{
    if (count + 1 < room)
        return true;
    size_t larger = room == 0 ? 16 : 2 * room;
    void *c = realloc(clients, larger * sizeof *clients);
    if (c == NULL)
        return false;
    clients = c;
    void *p = realloc(polled, larger * sizeof *polled);
    if (p == NULL)
        return false;
    polled = p;
    room = larger;
    return true;
}

static int move(struct client *c, bool readable)
{
    if (readable) {
        ssize_t got = recv(c->fd, c->bytes + c->to, CAPACITY - c->to, 0);
        if (got == -1 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (got == 0)
            c->ended = true;
        if (got > 0)
            c->to += (size_t)got;
    }
    if (c->from < c->to) {
        ssize_t put =
            send(c->fd, c->bytes + c->from, c->to - c->from, MSG_NOSIGNAL);
        if (put == -1 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (put > 0)
            c->from += (size_t)put;
    }
    if (c->from == c->to)
        c->from = c->to = 0;
    return 0;
}

static bool welcome_one(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &size,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1) {
        if (errno == EINTR)
            return true;
        if (errno == EAGAIN)
            return false;
        full = is_shortage(errno);
        full_since = now_s();
        complain("accept", &address);
        return !full;
    }
    struct client c = {.fd = fd, .address = address};
    if (!grow() || (c.bytes = malloc(CAPACITY)) == NULL) {
        complain("memory for", &address);
        close(fd);
        return true;
    }
    clients[count++] = c;
    say("accepted connection from", &address);
    return true;
}

static int serve(int listener)
{
    sigset_t none;
    sigemptyset(&none);
    const struct timespec second = {.tv_sec = 1};
    while (!stopped && !signal_waits()) {
        polled[0].fd = full ? ~listener : listener;
        polled[0].events = POLLIN;
        for (size_t i = 0; i < count; i++) {
            const struct client *c = &clients[i];
            polled[i + 1].fd = c->fd;
            polled[i + 1].events = 0;
            if (!c->ended && c->to < CAPACITY)
                polled[i + 1].events |= POLLIN;
            if (c->from < c->to)
                polled[i + 1].events |= POLLOUT;
        }
        int ready = ppoll(polled, count + 1, full ? &second : NULL, &none);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (full && now_s() > full_since)
            full = false;
        bool waiting = polled[0].revents != 0 && polled[0].fd >= 0;
        for (size_t i = count; i-- > 0;) {
            const struct pollfd *p = &polled[i + 1];
            if (p->revents == 0)
                continue;
            int result = move(&clients[i], (p->events & POLLIN) != 0 &&
                                               (p->revents & ~POLLOUT) != 0);
            if (result == -1)
                complain("echo", &clients[i].address);
            if (result == -1 || (clients[i].ended && clients[i].to == 0))
                drop(i);
        }
        while (waiting && welcome_one(listener))
            continue;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int status = arguments(argc, argv, &address);
    if (status != 0)
        return status;
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("multiconn_server: standard output");
        return 1;
    }
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!grow()) {
        perror("multiconn_server: memory");
        return 1;
    }
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    say("listening on", &address);
    if (serve(listener) == -1) {
        complain("ppoll", &address);
        status = 1;
    }
    while (count > 0)
        drop(count - 1);
    free(clients);
    free(polled);
    close(listener);
    return status;
}
