// Four threads, each with its own poll() and its own clients, accept from the
// same listener. main() waits for the signals.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 4, BUFFER = 10000 };

struct client {
    struct sockaddr_in address;
    bool ended;
    size_t from, to;
    char buffer[BUFFER];
};

struct worker {
    pthread_t thread;
    int listener, stop;
    // [0] is the stop, [1] the listener.
    struct pollfd *polled;
    struct client **clients;
    size_t count, room;
    time_t full_until; // 0: not full
};

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

static bool grow(struct worker *w)
{
    size_t room = w->room == 0 ? 32 : w->room * 2;
    struct pollfd *polled = realloc(w->polled, room * sizeof *polled);
    if (polled != NULL)
        w->polled = polled;
    struct client **clients =
        realloc(w->clients, room * sizeof(struct client *));
    if (clients != NULL)
        w->clients = clients;
    if (polled == NULL || clients == NULL)
        return false;
    w->room = room;
    return true;
}

static void drop(struct worker *w, size_t i)
{
    say("closing connection to", &w->clients[i]->address);
    close(w->polled[i].fd);
    free(w->clients[i]);
    w->count--;
    w->polled[i] = w->polled[w->count];
    w->clients[i] = w->clients[w->count];
    w->full_until = 0;
}

static void welcome(struct worker *w)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = accept(w->listener, (struct sockaddr *)&address, &size);
    if (fd == -1) {
        // EAGAIN is usual here: another worker was faster.
        if (errno == EAGAIN || errno == EINTR)
            return;
        if (is_shortage(errno))
            w->full_until = time(NULL) + 1;
        complain("accept", &address);
        return;
    }
    struct client *c = malloc(sizeof *c);
    if (c == NULL || (w->count == w->room && !grow(w)) ||
        net_set_nonblocking(fd) == -1) {
        complain("accept", &address);
        free(c);
        close(fd);
        return;
    }
    c->address = address;
    c->ended = false;
    c->from = c->to = 0;
    w->polled[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->clients[w->count++] = c;
    say("accepted connection from", &address);
}

static bool echo(int fd, struct client *c, bool readable)
{
    ssize_t n = 0;
    if (readable) {
        n = recv(fd, c->buffer + c->to, BUFFER - c->to, 0);
        if (n == -1 && errno != EAGAIN && errno != EINTR)
            return false;
        c->ended = n == 0;
        c->to += n > 0 ? (size_t)n : 0;
    }
    if (c->from < c->to) {
        n = send(fd, c->buffer + c->from, c->to - c->from, MSG_NOSIGNAL);
        if (n == -1 && errno != EAGAIN && errno != EINTR)
            return false;
        c->from += n > 0 ? (size_t)n : 0;
        if (c->from == c->to)
            c->from = c->to = 0;
    }
    return true;
}

static void serve(struct worker *w, size_t i)
{
    struct client *c = w->clients[i];
    struct pollfd *p = &w->polled[i];
    bool well = echo(p->fd, c, (p->events & POLLIN) && p->revents != POLLOUT);
    if (!well)
        complain("echo", &c->address);
    if (!well || (c->ended && c->to == 0)) {
        drop(w, i);
        return;
    }
    p->events = 0;
    if (!c->ended && c->to < BUFFER)
        p->events |= POLLIN;
    if (c->to > 0)
        p->events |= POLLOUT;
}

static void *work(void *argument)
{
    struct worker *w = argument;
    for (;;) {
        bool full = w->full_until != 0;
        w->polled[1].fd = full ? -1 : w->listener;
        int ready = poll(w->polled, (nfds_t)w->count, full ? 1000 : -1);
        if (ready == -1) {
            if (errno == EINTR)
                continue;
            perror("multiconn_server: poll");
            sleep(1);
            continue;
        }
        if (w->polled[0].revents != 0)
            break;
        if (full && time(NULL) >= w->full_until)
            w->full_until = 0;
        bool somebody = w->polled[1].revents != 0;
        for (size_t i = w->count; i-- > 2;)
            if (w->polled[i].revents != 0)
                serve(w, i);
        if (somebody)
            welcome(w);
    }
    while (w->count > 2)
        drop(w, w->count - 1);
    return NULL;
}

static bool start(struct worker *w, int listener, int stop)
{
    *w = (struct worker){.listener = listener, .stop = stop};
    if (!grow(w))
        return false;
    w->polled[0] = (struct pollfd){.fd = stop, .events = POLLIN};
    w->polled[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    w->clients[0] = w->clients[1] = NULL;
    w->count = 2;
    errno = pthread_create(&w->thread, NULL, work, w);
    return errno == 0;
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
    pthread_sigmask(SIG_BLOCK, &both, NULL);
    int stop = eventfd(0, EFD_CLOEXEC);
    if (stop == -1) {
        perror("multiconn_server: eventfd");
        return 1;
    }
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    struct worker workers[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        if (!start(&workers[i], listener, stop)) {
            complain("thread", &address);
            return 1;
        }
    say("listening on", &address);
    int number;
    while (sigwait(&both, &number) != 0)
        continue;
    while (eventfd_write(stop, 1) == -1 && errno == EINTR)
        continue;
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        free(workers[i].polled);
        free(workers[i].clients);
    }
    close(listener);
    close(stop);
    return 0;
}
