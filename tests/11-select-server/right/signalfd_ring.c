// A ring buffer of 32 KiB for each client, with readv() and writev(); poll()
// with a signalfd. The log stays in stdio's buffer until the end.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 32768 };

struct client {
    struct sockaddr_in address;
    bool ended;
    size_t in, out; // how many bytes ever; in - out are in the ring
    char ring[SIZE];
};

static struct client **table; // by descriptor
static size_t table_size;
static struct pollfd *polled;
static size_t polled_room;
static time_t full_since; // 0: not full

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

static int open_listener(struct sockaddr_in *address, int backlog)
{
    const int on = 1;
    const char *call = "socket";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        goto failed;
    call = "setsockopt";
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        goto failed;
    call = "bind";
    if (bind(fd, (struct sockaddr *)address, sizeof *address) == -1)
        goto failed;
    call = "listen";
    if (listen(fd, backlog) == -1 || net_set_nonblocking(fd) == -1 ||
        net_local_address(fd, address) == -1)
        goto failed;
    return fd;
failed:
    complain(call, address);
    if (fd != -1)
        close(fd);
    return -1;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

// The LENGTH bytes of the ring from AT on, in one or two parts.
static int parts(struct client *c, size_t at, size_t length, struct iovec *part)
{
    at %= SIZE;
    size_t first = length < SIZE - at ? length : SIZE - at;
    part[0] = (struct iovec){c->ring + at, first};
    part[1] = (struct iovec){c->ring, length - first};
    return length > first ? 2 : 1;
}

static size_t used(const struct client *c)
{
    return c->in - c->out;
}

static bool serve(int fd, struct client *c, bool readable)
{
    struct iovec part[2];
    if (readable) {
        int n = parts(c, c->in, SIZE - used(c), part);
        ssize_t got = readv(fd, part, n);
        if (got == -1 && errno != EAGAIN && errno != EINTR)
            return false;
        if (got == 0)
            c->ended = true;
        if (got > 0)
            c->in += (size_t)got;
    }
    if (used(c) > 0) {
        int n = parts(c, c->out, used(c), part);
        ssize_t put = writev(fd, part, n);
        if (put == -1 && errno != EAGAIN && errno != EINTR)
            return false;
        if (put > 0)
            c->out += (size_t)put;
    }
    return true;
}

static void drop(int fd)
{
    say("closing connection to", &table[fd]->address);
    free(table[fd]);
    table[fd] = NULL;
    close(fd);
    full_since = 0;
}

static bool remember(int fd, const struct sockaddr_in *address)
{
    if ((size_t)fd >= table_size) {
        size_t size = (size_t)fd * 2 + 16;
        struct client **larger = realloc(table, size * sizeof(struct client *));
        if (larger == NULL)
            return false;
        for (size_t i = table_size; i < size; i++)
            larger[i] = NULL;
        table = larger;
        table_size = size;
    }
    struct client *c = malloc(sizeof *c);
    if (c == NULL)
        return false;
    c->address = *address;
    c->ended = false;
    c->in = c->out = 0;
    table[fd] = c;
    return true;
}

static void welcome(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &size);
    if (fd == -1) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        if (is_shortage(errno))
            full_since = time(NULL);
        complain("accept", &address);
    } else if (net_set_nonblocking(fd) == -1 || !remember(fd, &address)) {
        complain("accept", &address);
        close(fd);
    } else {
        say("accepted connection from", &address);
    }
}

static short wanted(const struct client *c)
{
    int events = 0;
    if (!c->ended && used(c) < SIZE)
        events |= POLLIN;
    if (used(c) > 0)
        events |= POLLOUT;
    return (short)events;
}

// Fills polled[]: signals, listener, clients. Returns how many, 0 if there is
// no memory.
static nfds_t collect(int signals, int listener)
{
    if (polled_room < table_size + 2) {
        struct pollfd *larger =
            realloc(polled, (table_size + 2) * sizeof *polled);
        if (larger == NULL)
            return 0;
        polled = larger;
        polled_room = table_size + 2;
    }
    nfds_t n = 0;
    polled[n++] = (struct pollfd){.fd = signals, .events = POLLIN};
    polled[n++] =
        (struct pollfd){.fd = full_since ? -1 : listener, .events = POLLIN};
    for (size_t fd = 0; fd < table_size; fd++)
        if (table[fd] != NULL)
            polled[n++] =
                (struct pollfd){.fd = (int)fd, .events = wanted(table[fd])};
    return n;
}

static int run(int signals, int listener)
{
    for (;;) {
        nfds_t n = collect(signals, listener);
        if (n == 0)
            return -1;
        int ready = poll(polled, n, full_since != 0 ? 1000 : -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (polled[0].revents != 0)
            return 0;
        if (full_since != 0 && time(NULL) > full_since)
            full_since = 0;
        for (nfds_t i = 2; i < n; i++) {
            if (polled[i].revents == 0)
                continue;
            int fd = polled[i].fd;
            struct client *c = table[fd];
            bool readable = (polled[i].events & POLLIN) != 0 &&
                            (polled[i].revents & ~POLLOUT) != 0;
            bool well = serve(fd, c, readable);
            if (!well)
                complain("echo", &c->address);
            if (!well || (c->ended && used(c) == 0))
                drop(fd);
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
    signal(SIGPIPE, SIG_IGN);
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    int signals = signalfd(-1, &both, 0);
    if (signals == -1) {
        perror("multiconn_server: signalfd");
        return 1;
    }
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    say("listening on", &address);
    fflush(stdout);
    if (run(signals, listener) == -1) {
        complain("poll", &address);
        status = 1;
    }
    for (size_t fd = 0; fd < table_size; fd++)
        if (table[fd] != NULL)
            drop((int)fd);
    free(table);
    free(polled);
    close(listener);
    close(signals);
    return status;
}
