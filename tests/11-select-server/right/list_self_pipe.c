// select() over a linked list of connections, with a self-pipe; what is left
// of the echo is moved to the buffer's beginning.

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

struct connection {
    struct connection *next;
    int fd;
    bool finished;
    struct sockaddr_in peer;
    size_t size;
    char bytes[2000];
};

static struct connection *connections;
static int wake[2];
static int pause_turns; // seconds left in which nobody is accepted
static time_t paused_since;

// Seconds of a clock that nobody sets.
static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void wake_up(int signal)
{
    (void)signal;
    int saved = errno;
    while (write(wake[1], "x", 1) == -1 && errno == EINTR)
        continue;
    errno = saved;
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

static struct connection *finish(struct connection *connection)
{
    struct connection *next = connection->next;
    say("closing connection to", &connection->peer);
    close(connection->fd);
    free(connection);
    pause_turns = 0;
    return next;
}

static int receive(struct connection *c)
{
    ssize_t n = recv(c->fd, c->bytes + c->size, sizeof c->bytes - c->size, 0);
    if (n == -1 && errno != EINTR && errno != EAGAIN)
        return -1;
    if (n == 0)
        c->finished = true;
    if (n > 0)
        c->size += (size_t)n;
    return 0;
}

static int send_back(struct connection *c)
{
    ssize_t n = c->size == 0 ? 0 : send(c->fd, c->bytes, c->size, MSG_NOSIGNAL);
    if (n == -1 && errno != EINTR && errno != EAGAIN)
        return -1;
    if (n > 0) {
        c->size -= (size_t)n;
        memmove(c->bytes, c->bytes + n, c->size);
    }
    return 0;
}

static void welcome(int listener)
{
    struct sockaddr_in peer = {.sin_family = AF_INET};
    socklen_t size = sizeof peer;
    int fd = accept(listener, (struct sockaddr *)&peer, &size);
    if (fd == -1) {
        int reason = errno;
        if (reason != EAGAIN && reason != EINTR)
            complain("accept", &peer);
        if (reason == EMFILE || reason == ENFILE || reason == ENOBUFS ||
            reason == ENOMEM) {
            pause_turns = 1;
            paused_since = now_s();
        }
        return;
    }
    struct connection *c = fd < FD_SETSIZE ? malloc(sizeof *c) : NULL;
    if (c == NULL || net_set_nonblocking(fd) == -1) {
        fprintf(stderr, "multiconn_server: no room for one more client\n");
        free(c);
        close(fd);
        return;
    }
    say("accepted connection from", &peer);
    c->fd = fd;
    c->finished = false;
    c->peer = peer;
    c->size = 0;
    c->next = connections;
    connections = c;
}

static int serve(int listener)
{
    for (;;) {
        fd_set in, out;
        FD_ZERO(&in);
        FD_ZERO(&out);
        FD_SET(wake[0], &in);
        if (pause_turns == 0)
            FD_SET(listener, &in);
        int highest = listener > wake[0] ? listener : wake[0];
        for (struct connection *c = connections; c != NULL; c = c->next) {
            if (!c->finished && c->size < sizeof c->bytes)
                FD_SET(c->fd, &in);
            if (c->size > 0)
                FD_SET(c->fd, &out);
            if (c->fd > highest)
                highest = c->fd;
        }
        struct timeval limit = {.tv_sec = 1};
        int ready = select(highest + 1, &in, &out, NULL,
                           pause_turns > 0 ? &limit : NULL);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (now_s() > paused_since)
            pause_turns = 0;
        if (FD_ISSET(wake[0], &in))
            return 0;
        struct connection **link = &connections;
        while (*link != NULL) {
            struct connection *c = *link;
            int result = FD_ISSET(c->fd, &in) ? receive(c) : 0;
            if (result == 0 && (FD_ISSET(c->fd, &in) || FD_ISSET(c->fd, &out)))
                result = send_back(c);
            if (result == -1)
                complain("echo", &c->peer);
            if (result == -1 || (c->finished && c->size == 0))
                *link = finish(c);
            else
                link = &c->next;
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
    if (pipe(wake) == -1 || net_set_nonblocking(wake[1]) == -1) {
        perror("multiconn_server: pipe");
        return 1;
    }
    struct sigaction action = {.sa_handler = wake_up, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    if (listener >= FD_SETSIZE || wake[0] >= FD_SETSIZE) {
        errno = EMFILE; // select() can't watch it
        complain("select", &address);
        return 1;
    }
    say("listening on", &address);
    if (serve(listener) == -1) {
        complain("select", &address);
        status = 1;
    }
    while (connections != NULL)
        connections = finish(connections);
    close(listener);
    close(wake[0]);
    close(wake[1]);
    return status;
}
