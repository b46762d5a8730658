// Keeps nothing of what a client sends: it looks at it (MSG_PEEK), sends what
// it has seen, and takes as much out of the socket as could be sent.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client {
    bool open;
    bool blocked;   // it takes no more at the moment
    size_t to_take; // sent already, but still in the socket
    struct sockaddr_in address;
};

enum step { GO_ON, DONE, BROKEN };

static struct client clients[FD_SETSIZE];
static char buffer[40000];
static int highest;
static bool full;
static time_t full_since;

// Seconds of a clock that nobody sets.
static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}
static volatile sig_atomic_t stop_wanted;
static sigset_t both; // signals, blocked from the look at that to the wait

static void on_signal(int signal)
{
    (void)signal;
    stop_wanted = 1;
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

static bool passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static enum step take(int fd)
{
    size_t wanted = clients[fd].to_take;
    ssize_t taken =
        recv(fd, buffer, wanted < sizeof buffer ? wanted : sizeof buffer, 0);
    if (taken == -1)
        return passing() ? GO_ON : BROKEN;
    if (taken == 0)
        return DONE;
    clients[fd].to_take -= (size_t)taken;
    return GO_ON;
}

static enum step step(int fd)
{
    struct client *c = &clients[fd];
    c->blocked = false;
    if (c->to_take > 0)
        return take(fd);
    ssize_t seen = recv(fd, buffer, sizeof buffer, MSG_PEEK);
    if (seen == 0)
        return DONE;
    if (seen == -1)
        return passing() ? GO_ON : BROKEN;
    ssize_t sent = send(fd, buffer, (size_t)seen, MSG_NOSIGNAL);
    if (sent == -1 && errno == EAGAIN)
        c->blocked = true;
    if (sent == -1)
        return passing() ? GO_ON : BROKEN;
    c->to_take = (size_t)sent;
    return take(fd);
}

static void hang_up(int fd)
{
    say("closing connection to", &clients[fd].address);
    clients[fd].open = false;
    close(fd);
    full = false;
}

static void welcome(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &size);
    if (fd == -1) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
               errno == ENOMEM;
        full_since = now_s();
        complain("accept", &address);
        return;
    }
    if (fd >= FD_SETSIZE || net_set_nonblocking(fd) == -1) {
        close(fd);
        return;
    }
    clients[fd] = (struct client){.open = true, .address = address};
    if (fd > highest)
        highest = fd;
    say("accepted connection from", &address);
}

static int run(int listener)
{
    sigset_t none;
    sigemptyset(&none);
    highest = listener;
    for (;;) {
        sigprocmask(SIG_BLOCK, &both, NULL);
        if (stop_wanted)
            return 0;
        fd_set in, out;
        FD_ZERO(&in);
        FD_ZERO(&out);
        if (!full)
            FD_SET(listener, &in);
        for (int fd = 0; fd <= highest; fd++)
            if (clients[fd].open)
                FD_SET(fd, clients[fd].blocked ? &out : &in);
        struct timespec second = {.tv_sec = 1};
        int ready =
            pselect(highest + 1, &in, &out, NULL, full ? &second : NULL, &none);
        int reason = errno;
        sigprocmask(SIG_UNBLOCK, &both, NULL);
        errno = reason;
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (full && now_s() > full_since)
            full = false;
        for (int fd = 0; fd <= highest; fd++) {
            if (!clients[fd].open ||
                (!FD_ISSET(fd, &in) && !FD_ISSET(fd, &out)))
                continue;
            enum step result = step(fd);
            if (result == BROKEN)
                complain("echo", &clients[fd].address);
            if (result != GO_ON)
                hang_up(fd);
        }
        if (FD_ISSET(listener, &in))
            welcome(listener);
    }
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
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    if (listener >= FD_SETSIZE) {
        errno = EMFILE; // select() can't watch it
        complain("select", &address);
        return 1;
    }
    say("listening on", &address);
    if (run(listener) == -1) {
        complain("pselect", &address);
        status = 1;
    }
    for (int fd = 0; fd <= highest; fd++)
        if (clients[fd].open)
            hang_up(fd);
    close(listener);
    return status;
}
