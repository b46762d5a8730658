// recvmsg() and sendmsg() over three pieces; the clients' sockets do block,
// and MSG_DONTWAIT says for each call that it must not wait.

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
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PIECES = 3 };
static const size_t piece_size[PIECES] = {10, 500, 7000};
enum { ALL = 10 + 500 + 7000 };

struct client {
    struct sockaddr_in address;
    bool finished;
    size_t from, to;
    char *piece[PIECES];
};

static struct client *clients[FD_SETSIZE];
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

static void release(struct client *c)
{
    for (int i = 0; i < PIECES; i++)
        free(c->piece[i]);
    free(c);
}

static struct client *create(const struct sockaddr_in *address)
{
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->address = *address;
    bool complete = true;
    for (int i = 0; i < PIECES; i++) {
        c->piece[i] = malloc(piece_size[i]);
        complete = complete && c->piece[i] != NULL;
    }
    if (complete)
        return c;
    release(c);
    return NULL;
}

// Describes the bytes from FROM up to TO in what the message points to.
static void describe(struct client *c, size_t from, size_t to,
                     struct msghdr *message)
{
    size_t begin = 0;
    message->msg_iovlen = 0;
    for (int i = 0; i < PIECES; i++) {
        size_t end = begin + piece_size[i];
        size_t first = from > begin ? from : begin;
        size_t last = to < end ? to : end;
        if (first < last)
            message->msg_iov[message->msg_iovlen++] =
                (struct iovec){c->piece[i] + (first - begin), last - first};
        begin = end;
    }
}

static int serve(int fd, struct client *c, bool readable)
{
    struct iovec parts[PIECES];
    struct msghdr message = {.msg_iov = parts};
    if (readable) {
        describe(c, c->to, ALL, &message);
        ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
        if (got == -1 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (got == 0)
            c->finished = true;
        if (got > 0)
            c->to += (size_t)got;
    }
    if (c->from < c->to) {
        message = (struct msghdr){.msg_iov = parts};
        describe(c, c->from, c->to, &message);
        ssize_t put = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put == -1 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (put > 0)
            c->from += (size_t)put;
        if (c->from == c->to)
            c->from = c->to = 0;
    }
    return 0;
}

static void drop(int fd)
{
    say("closing connection to", &clients[fd]->address);
    release(clients[fd]);
    clients[fd] = NULL;
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
    if (fd >= FD_SETSIZE || (clients[fd] = create(&address)) == NULL) {
        fprintf(stderr, "multiconn_server: no room for one more client\n");
        close(fd);
        return;
    }
    say("accepted connection from", &address);
}

static int run(int listener)
{
    sigset_t none;
    sigemptyset(&none);
    while (!stop_wanted && !signal_waits()) {
        fd_set in, out;
        FD_ZERO(&in);
        FD_ZERO(&out);
        if (!full)
            FD_SET(listener, &in);
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            const struct client *c = clients[fd];
            if (c != NULL && !c->finished && c->to < ALL)
                FD_SET(fd, &in);
            if (c != NULL && c->from < c->to)
                FD_SET(fd, &out);
        }
        struct timespec second = {.tv_sec = 1};
        int ready =
            pselect(FD_SETSIZE, &in, &out, NULL, full ? &second : NULL, &none);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (full && now_s() > full_since)
            full = false;
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            struct client *c = clients[fd];
            if (c == NULL || (!FD_ISSET(fd, &in) && !FD_ISSET(fd, &out)))
                continue;
            int result = serve(fd, c, FD_ISSET(fd, &in));
            if (result == -1)
                complain("echo", &c->address);
            if (result == -1 || (c->finished && c->from == c->to))
                drop(fd);
        }
        if (FD_ISSET(listener, &in))
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
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    struct sigaction action = {.sa_handler = on_signal};
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
    for (int fd = 0; fd < FD_SETSIZE; fd++)
        if (clients[fd] != NULL)
            drop(fd);
    close(listener);
    return status;
}
