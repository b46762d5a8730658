// Keeps a descriptor in reserve: when there is no other left, it is given up
// for a moment, to accept the client and turn it away.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 16000 };

struct client {
    struct client *next;
    int fd;
    int events;
    struct sockaddr_in address;
    bool ended;
    size_t from, to;
    char buffer[BUFFER];
};

static struct client *clients;
static struct pollfd *polled;
static size_t count, polled_room;
static int stop, reserve;
static bool resting;

static void on_signal(int signal)
{
    (void)signal;
    int saved = errno;
    const uint64_t one = 1;
    ssize_t ignored = write(stop, &one, sizeof one);
    (void)ignored;
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

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

static void take_reserve(void)
{
    if (reserve == -1)
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static struct client *drop(struct client *c)
{
    struct client *next = c->next;
    say("closing connection to", &c->address);
    close(c->fd);
    free(c);
    count--;
    take_reserve();
    resting = false;
    return next;
}

static void turn_away(int listener)
{
    if (reserve != -1) {
        close(reserve);
        reserve = -1;
        int fd = accept(listener, NULL, NULL);
        if (fd != -1) {
            fprintf(stderr, "multiconn_server: turned a client away\n");
            close(fd);
        }
    }
    take_reserve();
    // If that was of no use, the client stays where it is for a while.
    resting = reserve == -1;
}

static void welcome(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &size);
    if (fd == -1) {
        int reason = errno;
        if (reason != EAGAIN && reason != EINTR)
            complain("accept", &address);
        if (reason == EMFILE || reason == ENFILE)
            turn_away(listener);
        else
            resting = is_shortage(reason);
        return;
    }
    struct client *c = malloc(sizeof *c);
    if (c == NULL || net_set_nonblocking(fd) == -1) {
        complain("accept", &address);
        free(c);
        close(fd);
        return;
    }
    c->fd = fd;
    c->events = POLLIN;
    c->address = address;
    c->ended = false;
    c->from = c->to = 0;
    c->next = clients;
    clients = c;
    count++;
    say("accepted connection from", &address);
}

static bool echo(struct client *c, bool readable)
{
    if (readable) {
        ssize_t n = read(c->fd, c->buffer + c->to, BUFFER - c->to);
        if (n == -1 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n == 0)
            c->ended = true;
        else if (n > 0)
            c->to += (size_t)n;
    }
    if (c->from < c->to) {
        ssize_t n = write(c->fd, c->buffer + c->from, c->to - c->from);
        if (n == -1 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n > 0)
            c->from += (size_t)n;
    }
    if (c->from == c->to)
        c->from = c->to = 0;
    c->events = (!c->ended && c->to < BUFFER ? POLLIN : 0) |
                (c->from < c->to ? POLLOUT : 0);
    return true;
}

static int collect(int listener)
{
    if (polled_room < count + 2) {
        size_t room = (count + 2) * 2;
        struct pollfd *larger = realloc(polled, room * sizeof *polled);
        if (larger == NULL)
            return -1;
        polled = larger;
        polled_room = room;
    }
    polled[0] = (struct pollfd){.fd = stop, .events = POLLIN};
    polled[1] =
        (struct pollfd){.fd = resting ? -1 : listener, .events = POLLIN};
    size_t n = 2;
    for (struct client *c = clients; c != NULL; c = c->next)
        polled[n++] = (struct pollfd){.fd = c->fd, .events = (short)c->events};
    return 0;
}

static int run(int listener)
{
    for (;;) {
        if (collect(listener) == -1)
            return -1;
        int ready = poll(polled, (nfds_t)count + 2, resting ? 1000 : -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (polled[0].revents != 0)
            return 0;
        if (ready == 0)
            resting = false;
        const struct pollfd *p = &polled[2];
        for (struct client **link = &clients; *link != NULL; p++) {
            struct client *c = *link;
            bool well = true;
            if (p->revents != 0)
                well = echo(c, (p->events & POLLIN) && p->revents != POLLOUT);
            if (!well)
                complain("echo", &c->address);
            if (!well || (c->ended && c->to == 0))
                *link = drop(c);
            else
                link = &c->next;
        }
        if (polled[1].revents != 0)
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
    signal(SIGPIPE, SIG_IGN); // write() knows no MSG_NOSIGNAL
    reserve = -1;
    take_reserve();
    stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reserve == -1 || stop == -1) {
        perror("multiconn_server");
        return 1;
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    say("listening on", &address);
    if (run(listener) == -1) {
        complain("poll", &address);
        status = 1;
    }
    while (clients != NULL)
        clients = drop(clients);
    free(polled);
    close(listener);
    close(stop);
    if (reserve != -1)
        close(reserve);
    return status;
}
