// epoll, level-triggered: one buffer for all clients, and memory of its own
// only for one whose echo could not be sent at once.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client {
    struct client *previous, *next;
    int fd;
    struct sockaddr_in address;
    char *rest; // what could not be sent; NULL: nothing
    size_t from, size;
};

static char shared[65536];
static struct client *first;
static int queue, listener;
static time_t paused_until; // 0: not paused
static volatile sig_atomic_t stop;
static sigset_t both; // signals, blocked from the look at that to the wait

static void on_signal(int signal)
{
    (void)signal;
    stop = 1;
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

static int watch(int operation, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};
    return epoll_ctl(queue, operation, fd, &event);
}

static void pause_listener(bool on)
{
    paused_until = on ? time(NULL) + 1 : 0;
    if (watch(EPOLL_CTL_MOD, listener, on ? 0 : EPOLLIN, NULL) == -1)
        perror("multiconn_server: epoll_ctl");
}

static void drop(struct client *c)
{
    say("closing connection to", &c->address);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        first = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    close(c->fd); // epoll forgets it by itself
    free(c->rest);
    free(c);
    if (paused_until != 0)
        pause_listener(false);
}

// How much was sent; 0 if nothing could be; -1 with errno.
static ssize_t try_to_send(int fd, const char *bytes, size_t size)
{
    ssize_t put = send(fd, bytes, size, MSG_NOSIGNAL);
    return put == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : put;
}

static bool send_rest(struct client *c)
{
    ssize_t put = try_to_send(c->fd, c->rest + c->from, c->size - c->from);
    if (put == -1)
        return false;
    c->from += (size_t)put;
    if (c->from < c->size)
        return true;
    free(c->rest);
    c->rest = NULL;
    return watch(EPOLL_CTL_MOD, c->fd, EPOLLIN, c) == 0;
}

static bool keep(struct client *c, const char *bytes, size_t size)
{
    if (size == 0)
        return true;
    c->rest = malloc(size);
    if (c->rest == NULL)
        return false;
    memcpy(c->rest, bytes, size);
    c->from = 0;
    c->size = size;
    return watch(EPOLL_CTL_MOD, c->fd, EPOLLOUT, c) == 0;
}

static void serve(struct client *c)
{
    bool well = true;
    if (c->rest != NULL) {
        well = send_rest(c);
    } else {
        ssize_t got = recv(c->fd, shared, sizeof shared, 0);
        if (got == -1 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got == 0) { // all that came has been sent back already
            drop(c);
            return;
        }
        ssize_t put = got > 0 ? try_to_send(c->fd, shared, (size_t)got) : -1;
        well = put >= 0 && keep(c, shared + put, (size_t)(got - put));
    }
    if (!well) {
        complain("echo", &c->address);
        drop(c);
    }
}

static void welcome(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &length);
    if (fd == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (fd == -1) {
        int reason = errno;
        complain("accept", &address);
        if (is_shortage(reason))
            pause_listener(true);
        return;
    }
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL || net_set_nonblocking(fd) == -1 ||
        watch(EPOLL_CTL_ADD, fd, EPOLLIN, c) == -1) {
        complain("accept", &address);
        free(c);
        close(fd);
        return;
    }
    c->fd = fd;
    c->address = address;
    c->next = first;
    if (first != NULL)
        first->previous = c;
    first = c;
    say("accepted connection from", &address);
}

static int serve_all(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (;;) {
        sigprocmask(SIG_BLOCK, &both, NULL);
        if (stop)
            return 0;
        struct epoll_event events[64];
        int timeout = paused_until != 0 ? 1000 : -1;
        int ready = epoll_pwait(queue, events, 64, timeout, &none);
        int reason = errno;
        sigprocmask(SIG_UNBLOCK, &both, NULL);
        errno = reason;
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (paused_until != 0 && time(NULL) >= paused_until)
            pause_listener(false);
        for (int i = 0; i < ready; i++)
            if (events[i].data.ptr != NULL)
                serve(events[i].data.ptr);
            else
                welcome();
    }
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
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    queue = epoll_create1(EPOLL_CLOEXEC);
    if (queue == -1) {
        perror("multiconn_server: epoll_create1");
        return 1;
    }
    listener = open_listener(&address, 512);
    if (listener == -1)
        return 1;
    int result = watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    if (result == 0) {
        say("listening on", &address);
        result = serve_all();
    }
    if (result == -1)
        complain("epoll", &address);
    while (first != NULL)
        drop(first);
    close(listener);
    close(queue);
    return result == 0 ? 0 : 1;
}
