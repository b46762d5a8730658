// A small reactor: each descriptor in the epoll (listener, signals, timer,
// clients) comes with the function that handles it. Clients get TCP_NODELAY.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BUFFER = 24 * 1024 };

struct source {
    int fd;
    uint32_t events; // 0: not watched
    void (*handle)(struct source *source, uint32_t events);
};

struct client {
    struct source source; // first, so that either is a pointer to both
    struct client *previous, *next;
    struct sockaddr_in address;
    bool ended;
    size_t from, to;
    char buffer[BUFFER];
};

static int reactor;
static bool running = true;
static struct client *clients;
static struct source listener, signals, timer;

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

static int watch(struct source *source, uint32_t events)
{
    if (events == source->events)
        return 0;
    struct epoll_event event = {.events = events, .data.ptr = source};
    int operation = source->events == 0 ? EPOLL_CTL_ADD
                    : events == 0       ? EPOLL_CTL_DEL
                                        : EPOLL_CTL_MOD;
    if (epoll_ctl(reactor, operation, source->fd, &event) == -1)
        return -1;
    source->events = events;
    return 0;
}

static void end_client(struct client *c)
{
    say("closing connection to", &c->address);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        clients = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    watch(&c->source, 0);
    close(c->source.fd);
    free(c);
    if (running)
        watch(&listener, EPOLLIN);
}

static bool harmless(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static bool transfer(struct client *c, uint32_t events)
{
    int fd = c->source.fd;
    if ((c->source.events & EPOLLIN) && (events & ~(uint32_t)EPOLLOUT)) {
        ssize_t n = recv(fd, c->buffer + c->to, BUFFER - c->to, 0);
        if (n == -1 && !harmless())
            return false;
        if (n == 0)
            c->ended = true;
        if (n > 0)
            c->to += (size_t)n;
    }
    if (c->to > c->from) {
        ssize_t n =
            send(fd, c->buffer + c->from, c->to - c->from, MSG_NOSIGNAL);
        if (n == -1 && !harmless())
            return false;
        if (n > 0)
            c->from += (size_t)n;
    }
    if (c->from == c->to)
        c->from = c->to = 0;
    return true;
}

static void handle_client(struct source *source, uint32_t events)
{
    struct client *c = (struct client *)source;
    bool well = transfer(c, events);
    if (well && c->ended && c->to == 0) {
        end_client(c);
        return;
    }
    uint32_t wanted = 0;
    if (!c->ended && c->to < BUFFER)
        wanted |= EPOLLIN;
    if (c->to > 0)
        wanted |= EPOLLOUT;
    if (!well || watch(source, wanted) == -1) {
        complain("echo", &c->address);
        end_client(c);
    }
}

static void start_client(int fd, const struct sockaddr_in *address)
{
    struct client *c = malloc(sizeof *c);
    if (c == NULL || net_set_nonblocking(fd) == -1) {
        complain("client", address);
        free(c);
        close(fd);
        return;
    }
    c->source = (struct source){.fd = fd, .handle = handle_client};
    c->address = *address;
    c->ended = false;
    c->from = c->to = 0;
    const int on = 1; // if it can't be had, it goes without it
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (watch(&c->source, EPOLLIN) == -1) {
        complain("epoll_ctl", address);
        free(c);
        close(fd);
        return;
    }
    c->previous = NULL;
    c->next = clients;
    if (clients != NULL)
        clients->previous = c;
    clients = c;
    say("accepted connection from", address);
}

// Up to 16 at a time, so that the clients have their turn too.
static void handle_listener(struct source *source, uint32_t events)
{
    (void)events;
    for (int i = 0; i < 16; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof address;
        int fd = accept(source->fd, (struct sockaddr *)&address, &size);
        if (fd != -1) {
            start_client(fd, &address);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        if (errno == EINTR)
            continue;
        int reason = errno;
        complain("accept", &address);
        if (is_shortage(reason)) {
            const struct itimerspec half = {.it_value.tv_nsec = 500000000};
            timerfd_settime(timer.fd, 0, &half, NULL);
            watch(source, 0);
            return;
        }
    }
}

static void handle_timer(struct source *source, uint32_t events)
{
    (void)events;
    uint64_t times;
    if (read(source->fd, &times, sizeof times) == sizeof times)
        watch(&listener, EPOLLIN);
}

static void handle_signals(struct source *source, uint32_t events)
{
    (void)source, (void)events;
    running = false;
}

static int run(void)
{
    while (running) {
        // One at a time: what it points to can't have gone meanwhile.
        struct epoll_event event;
        int ready = epoll_wait(reactor, &event, 1, -1);
        if (ready == -1 && errno != EINTR)
            return -1;
        if (ready == 1) {
            struct source *source = event.data.ptr;
            source->handle(source, event.events);
        }
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
    reactor = epoll_create1(EPOLL_CLOEXEC);
    signals =
        (struct source){signalfd(-1, &both, SFD_CLOEXEC), 0, handle_signals};
    timer = (struct source){
        timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), 0,
        handle_timer};
    if (reactor == -1 || signals.fd == -1 || timer.fd == -1) {
        perror("multiconn_server");
        return 1;
    }
    listener =
        (struct source){open_listener(&address, SOMAXCONN), 0, handle_listener};
    if (listener.fd == -1)
        return 1;
    if (watch(&listener, EPOLLIN) == -1 || watch(&signals, EPOLLIN) == -1 ||
        watch(&timer, EPOLLIN) == -1) {
        complain("epoll_ctl", &address);
        return 1;
    }
    say("listening on", &address);
    if (run() == -1) {
        complain("epoll_wait", &address);
        status = 1;
    }
    running = false;
    while (clients != NULL)
        end_client(clients);
    close(listener.fd);
    close(signals.fd);
    close(timer.fd);
    close(reactor);
    return status;
}
