// epoll, edge-triggered: remembers what each socket can do until EAGAIN says
// otherwise, and serves those that can go on in turns, a small bite each.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BITE = 8192 };

struct client {
    struct client *previous, *next; // all of them
    struct client *after;           // in the queue of those to be served
    bool queued, can_read, can_write, ended;
    int fd;
    struct sockaddr_in address;
    size_t begin, end;
    char buffer[BITE];
};

static struct client *all, *head, **tail = &head;
static int events_fd, listener, signals_fd;
static bool paused;
static struct timespec paused_since;

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

static bool can_go_on(const struct client *c)
{
    return (c->can_read && !c->ended && c->end < sizeof c->buffer) ||
           (c->can_write && c->begin < c->end);
}

static void enqueue(struct client *c)
{
    if (c->queued)
        return;
    c->queued = true;
    c->after = NULL;
    *tail = c;
    tail = &c->after;
}

static struct client *dequeue(void)
{
    struct client *c = head;
    head = c->after;
    if (head == NULL)
        tail = &head;
    c->queued = false;
    return c;
}

static void set_paused(bool on)
{
    struct epoll_event event = {.events = on ? 0 : EPOLLIN,
                                .data.ptr = &listener};
    if (on)
        clock_gettime(CLOCK_MONOTONIC, &paused_since);
    if (on != paused &&
        epoll_ctl(events_fd, EPOLL_CTL_MOD, listener, &event) == 0)
        paused = on;
}

static void close_client(struct client *c)
{
    say("closing connection to", &c->address);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        all = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    close(c->fd);
    free(c);
    set_paused(false);
}

static bool receive(struct client *c)
{
    ssize_t got = recv(c->fd, c->buffer + c->end, sizeof c->buffer - c->end, 0);
    if (got > 0)
        c->end += (size_t)got;
    else if (got == 0)
        c->ended = true;
    else if (errno == EAGAIN)
        c->can_read = false;
    else
        return errno == EINTR;
    return true;
}

static bool reply(struct client *c)
{
    ssize_t put =
        send(c->fd, c->buffer + c->begin, c->end - c->begin, MSG_NOSIGNAL);
    if (put >= 0)
        c->begin += (size_t)put;
    else if (errno == EAGAIN)
        c->can_write = false;
    else if (errno != EINTR)
        return false;
    if (c->begin == c->end)
        c->begin = c->end = 0;
    return true;
}

// One bite, so that the others have their turn before the next one.
static void serve(struct client *c)
{
    bool well = true;
    if (c->can_read && !c->ended && c->end < sizeof c->buffer)
        well = receive(c);
    if (well && c->can_write && c->begin < c->end)
        well = reply(c);
    if (!well)
        complain("echo", &c->address);
    if (!well || (c->ended && c->begin == c->end))
        close_client(c);
    else if (can_go_on(c))
        enqueue(c);
}

static void welcome(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &length);
    if (fd == -1) {
        if (is_shortage(errno)) {
            complain("accept", &address);
            set_paused(true);
        }
        return; // or it is gone; or tried again at once
    }
    struct client *c = calloc(1, sizeof *c);
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
    if (c == NULL || net_set_nonblocking(fd) == -1 ||
        epoll_ctl(events_fd, EPOLL_CTL_ADD, fd, &event) == -1) {
        complain("accept", &address);
        close(fd);
        free(c);
        return;
    }
    c->fd = fd;
    c->address = address;
    c->next = all;
    if (all != NULL)
        all->previous = c;
    all = c;
    say("accepted connection from", &address);
}

static void note(struct client *c, uint32_t events)
{
    if ((events & ~(uint32_t)EPOLLOUT) != 0)
        c->can_read = true;
    if ((events & ~(uint32_t)(EPOLLIN | EPOLLRDHUP)) != 0)
        c->can_write = true;
    if (can_go_on(c))
        enqueue(c);
}

static void retry_after_a_second(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (paused && now.tv_sec > paused_since.tv_sec)
        set_paused(false);
}

// Returns 1 when a signal has come, -1 with errno when it can't go on.
static int turn(void)
{
    struct epoll_event events[32];
    int timeout = head != NULL ? 0 : paused ? 1000 : -1;
    int ready = epoll_wait(events_fd, events, 32, timeout);
    if (ready == -1 && errno != EINTR)
        return -1;
    for (int i = 0; i < ready; i++) {
        if (events[i].data.ptr == &signals_fd)
            return 1;
        if (events[i].data.ptr == &listener)
            welcome();
        else
            note(events[i].data.ptr, events[i].events);
    }
    retry_after_a_second();
    struct client *last = NULL;
    for (struct client *c = head; c != NULL; c = c->after)
        last = c;
    while (head != NULL) {
        struct client *c = dequeue();
        bool was_last = c == last;
        serve(c);
        if (was_last)
            break;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int wrong = arguments(argc, argv, &address);
    if (wrong != 0)
        return wrong;
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
    signals_fd = signalfd(-1, &both, SFD_CLOEXEC | SFD_NONBLOCK);
    events_fd = epoll_create1(EPOLL_CLOEXEC);
    if (signals_fd == -1 || events_fd == -1) {
        perror("multiconn_server");
        return 1;
    }
    listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    struct epoll_event from_listener = {EPOLLIN, {.ptr = &listener}};
    struct epoll_event from_signals = {EPOLLIN, {.ptr = &signals_fd}};
    if (epoll_ctl(events_fd, EPOLL_CTL_ADD, listener, &from_listener) == -1 ||
        epoll_ctl(events_fd, EPOLL_CTL_ADD, signals_fd, &from_signals) == -1) {
        complain("epoll_ctl", &address);
        return 1;
    }
    say("listening on", &address);
    int result;
    while ((result = turn()) == 0)
        continue;
    if (result == -1)
        complain("epoll_wait", &address);
    while (all != NULL)
        close_client(all);
    close(listener);
    close(signals_fd);
    close(events_fd);
    return result == 1 ? 0 : 1;
}
