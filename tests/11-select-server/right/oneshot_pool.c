// Three threads share one epoll. EPOLLONESHOT gives a client to one of them
// at a time; it asks for the next event when it has done its part.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 3, BUFFER = 20000 };

struct client {
    struct client *previous, *next;
    int fd;
    struct sockaddr_in address;
    bool ended;
    size_t from, to;
    char buffer[BUFFER];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the list
static struct client *clients;
static int queue, listener, stop;
static atomic_bool full; // then nobody waits for the listener
static atomic_long full_until;

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

static int arm(int operation, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events | EPOLLONESHOT,
                                .data.ptr = what};
    return epoll_ctl(queue, operation, fd, &event);
}

static void listen_on(void)
{
    if (arm(EPOLL_CTL_MOD, listener, EPOLLIN, &listener) == -1)
        perror("multiconn_server: epoll_ctl");
}

static void listen_again(void)
{
    if (atomic_exchange(&full, false))
        listen_on();
}

static void drop(struct client *c)
{
    pthread_mutex_lock(&lock);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        clients = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    pthread_mutex_unlock(&lock);
    say("closing connection to", &c->address);
    close(c->fd);
    free(c);
    listen_again();
}

static bool passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static bool move(struct client *c)
{
    if (!c->ended && c->to < BUFFER) {
        ssize_t got = recv(c->fd, c->buffer + c->to, BUFFER - c->to, 0);
        if (got == -1 && !passing())
            return false;
        c->ended = got == 0;
        c->to += got > 0 ? (size_t)got : 0;
    }
    if (c->from < c->to) {
        ssize_t put =
            send(c->fd, c->buffer + c->from, c->to - c->from, MSG_NOSIGNAL);
        if (put == -1 && !passing())
            return false;
        c->from += put > 0 ? (size_t)put : 0;
        if (c->from == c->to)
            c->from = c->to = 0;
    }
    return true;
}

static void serve(struct client *c)
{
    bool well = move(c);
    if (well && !(c->ended && c->to == 0)) {
        uint32_t events = 0;
        if (!c->ended && c->to < BUFFER)
            events |= EPOLLIN;
        if (c->to > 0)
            events |= EPOLLOUT;
        // From here on it may be another thread's.
        if (arm(EPOLL_CTL_MOD, c->fd, events, c) == 0)
            return;
        well = false;
    }
    if (!well)
        complain("echo", &c->address);
    drop(c);
}

static void welcome(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &size);
    if (fd == -1) {
        int reason = errno;
        if (reason != EAGAIN && reason != EINTR)
            complain("accept", &address);
        if (is_shortage(reason)) {
            atomic_store(&full_until, (long)time(NULL) + 1);
            atomic_store(&full, true);
        } else {
            listen_on();
        }
        return;
    }
    listen_on();
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL || net_set_nonblocking(fd) == -1) {
        complain("accept", &address);
        free(c);
        close(fd);
        return;
    }
    c->fd = fd;
    c->address = address;
    pthread_mutex_lock(&lock);
    c->next = clients;
    if (clients != NULL)
        clients->previous = c;
    clients = c;
    pthread_mutex_unlock(&lock);
    say("accepted connection from", &address);
    if (arm(EPOLL_CTL_ADD, fd, EPOLLIN, c) == -1) {
        complain("epoll_ctl", &address);
        drop(c);
    }
}

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        struct epoll_event event;
        int ready = epoll_wait(queue, &event, 1, full ? 1000 : -1);
        if (full && time(NULL) >= full_until)
            listen_again();
        if (ready <= 0)
            continue;
        if (event.data.ptr == &stop)
            return NULL;
        if (event.data.ptr == &listener)
            welcome();
        else
            serve(event.data.ptr);
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
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, NULL);
    queue = epoll_create1(EPOLL_CLOEXEC);
    stop = eventfd(0, EFD_CLOEXEC);
    if (queue == -1 || stop == -1) {
        perror("multiconn_server");
        return 1;
    }
    listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    struct epoll_event at_stop = {.events = EPOLLIN, .data.ptr = &stop};
    pthread_t threads[THREADS];
    errno = 0;
    if (arm(EPOLL_CTL_ADD, listener, EPOLLIN, &listener) == 0 &&
        epoll_ctl(queue, EPOLL_CTL_ADD, stop, &at_stop) == 0)
        for (int i = 0; i < THREADS && errno == 0; i++)
            errno = pthread_create(&threads[i], NULL, work, NULL);
    if (errno != 0) {
        complain("epoll or threads for", &address);
        return 1;
    }
    say("listening on", &address);
    int number;
    while (sigwait(&both, &number) != 0)
        continue;
    while (eventfd_write(stop, 1) == -1 && errno == EINTR)
        continue;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    while (clients != NULL)
        drop(clients);
    close(listener);
    close(queue);
    close(stop);
    return 0;
}
