// A fixed pool of 1,000 places: who comes when all are taken waits in the
// listener's queue. poll(), and each client either reads or writes.

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

enum { PLACES = 1000, BUFFER = 4096 };

static struct place {
    struct place *next_free;
    struct sockaddr_in address;
    size_t from, to;
    char buffer[BUFFER];
} places[PLACES];

// sitting[i] is the place of the client at polled[i]; the listener comes
// behind them. Without gaps: poll() takes no more entries than there may be
// open descriptors, even if their fd is -1.
static struct place *sitting[PLACES], *first_free;
static struct pollfd polled[PLACES + 1];
static int taken;
static bool resting;
static time_t resting_since;

// Seconds of a clock that nobody sets.
static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}
static volatile sig_atomic_t stop_wanted;

static void on_signal(int signal)
{
    (void)signal;
    stop_wanted = 1;
}

static void say(const char *what, const struct sockaddr_in *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("%s %s\n", what, net_address_text(address, text, sizeof text));
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

static void leave(int i)
{
    struct place *p = sitting[i];
    say("closing connection to", &p->address);
    close(polled[i].fd);
    p->next_free = first_free;
    first_free = p;
    taken--;
    sitting[i] = sitting[taken];
    polled[i] = polled[taken];
    resting = false;
}

// Reads when there is nothing to send, writes otherwise. Returns false when
// the client has finished or failed.
static bool serve(int i)
{
    struct place *p = sitting[i];
    if (polled[i].events == POLLIN) {
        ssize_t got = recv(polled[i].fd, p->buffer, BUFFER, 0);
        if (got == 0)
            return false;
        if (got > 0) {
            p->from = 0;
            p->to = (size_t)got;
        } else if (errno != EAGAIN && errno != EINTR) {
            complain("recv", &p->address);
            return false;
        }
    }
    if (p->from < p->to) {
        ssize_t put = send(polled[i].fd, p->buffer + p->from, p->to - p->from,
                           MSG_NOSIGNAL);
        if (put > 0) {
            p->from += (size_t)put;
        } else if (put == -1 && errno != EAGAIN && errno != EINTR) {
            complain("send", &p->address);
            return false;
        }
    }
    polled[i].events = p->from < p->to ? POLLOUT : POLLIN;
    return true;
}

static void welcome(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd =
        accept4(listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK);
    if (fd == -1) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        resting = is_shortage(errno);
        resting_since = now_s();
        complain("accept", &address);
        return;
    }
    struct place *p = first_free; // there is one: else nobody is accepted
    first_free = p->next_free;
    p->address = address;
    p->from = p->to = 0;
    polled[taken] = (struct pollfd){.fd = fd, .events = POLLIN};
    sitting[taken++] = p;
    say("accepted connection from", &address);
}

static int run(int listener)
{
    const struct timespec second = {.tv_sec = 1};
    sigset_t none;
    sigemptyset(&none);
    while (!stop_wanted && !signal_waits()) {
        bool open = !resting && taken < PLACES;
        nfds_t count = (nfds_t)taken;
        if (open)
            polled[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
        int ready = ppoll(polled, count, resting ? &second : NULL, &none);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (resting && now_s() > resting_since)
            resting = false;
        bool waiting = open && polled[taken].revents != 0;
        for (int i = taken; i-- > 0;)
            if (polled[i].revents != 0 && !serve(i))
                leave(i);
        if (waiting)
            welcome(listener);
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
    setlinebuf(stdout);
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    for (int i = 0; i < PLACES; i++) {
        places[i].next_free = first_free;
        first_free = &places[i];
    }
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    say("listening on", &address);
    if (run(listener) == -1) {
        complain("ppoll", &address);
        status = 1;
    }
    while (taken > 0)
        leave(taken - 1);
    close(listener);
    return status;
}
