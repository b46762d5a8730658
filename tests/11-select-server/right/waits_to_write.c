// Never tries to send before select() has said that the socket is writable;
// the connections stand close together in an array without gaps.

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

enum { BUFFER = 1460 };

enum state { READING, WRITING, FINISHED };

struct connection {
    int fd;
    enum state state;
    struct sockaddr_in address;
    size_t from, to;
    char buffer[BUFFER];
};

static struct connection *all;
static size_t count, room;
static time_t pause_end; // 0: no pause
static volatile sig_atomic_t stop_signal;
static sigset_t both; // signals, blocked from the look at that to the wait

static void on_signal(int signal)
{
    stop_signal = signal;
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

static void finish_read(struct connection *c, ssize_t got)
{
    if (got > 0) {
        c->state = WRITING;
        c->from = 0;
        c->to = (size_t)got;
    } else if (got == 0) {
        c->state = FINISHED;
    } else if (errno != EAGAIN && errno != EINTR) {
        complain("recv", &c->address);
        c->state = FINISHED;
    }
}

static void finish_write(struct connection *c, ssize_t put)
{
    if (put >= 0) {
        c->from += (size_t)put;
        if (c->from == c->to)
            c->state = READING;
    } else if (errno != EAGAIN && errno != EINTR) {
        complain("send", &c->address);
        c->state = FINISHED;
    }
}

static void serve(struct connection *c, const fd_set *in, const fd_set *out)
{
    if (c->state == READING && FD_ISSET(c->fd, in))
        finish_read(c, recv(c->fd, c->buffer, BUFFER, 0));
    else if (c->state == WRITING && FD_ISSET(c->fd, out))
        finish_write(
            c, send(c->fd, c->buffer + c->from, c->to - c->from, MSG_NOSIGNAL));
}

static void drop(size_t i)
{
    say("closing connection to", &all[i].address);
    close(all[i].fd);
    if (i != --count)
        all[i] = all[count];
    pause_end = 0;
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
        if (is_shortage(reason))
            pause_end = time(NULL) + 1;
        return;
    }
    if (count == room) {
        size_t more = 2 * room + 10;
        struct connection *larger = realloc(all, more * sizeof *all);
        if (larger == NULL) {
            complain("memory for", &address);
            close(fd);
            return;
        }
        all = larger;
        room = more;
    }
    if (fd >= FD_SETSIZE || net_set_nonblocking(fd) == -1) {
        fprintf(stderr, "multiconn_server: too many clients\n");
        close(fd);
        return;
    }
    all[count].fd = fd;
    all[count].state = READING;
    all[count].address = address;
    all[count].from = all[count].to = 0;
    count++;
    say("accepted connection from", &address);
}

static int run(int listener)
{
    sigset_t none;
    sigemptyset(&none);
    for (;;) {
        sigprocmask(SIG_BLOCK, &both, NULL);
        if (stop_signal != 0)
            return 0;
        fd_set in, out;
        int highest = listener;
        FD_ZERO(&in);
        FD_ZERO(&out);
        bool pausing = pause_end != 0;
        if (!pausing)
            FD_SET(listener, &in);
        for (size_t i = 0; i < count; i++) {
            FD_SET(all[i].fd, all[i].state == READING ? &in : &out);
            if (all[i].fd > highest)
                highest = all[i].fd;
        }
        struct timespec second = {.tv_sec = 1};
        int ready = pselect(highest + 1, &in, &out, NULL,
                            pausing ? &second : NULL, &none);
        int reason = errno;
        sigprocmask(SIG_UNBLOCK, &both, NULL);
        errno = reason;
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (pausing && time(NULL) >= pause_end)
            pause_end = 0;
        for (size_t i = 0; i < count; i++)
            serve(&all[i], &in, &out);
        for (size_t i = count; i-- > 0;)
            if (all[i].state == FINISHED)
                drop(i);
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
    fprintf(stderr, "multiconn_server: stopped by signal %d\n",
            (int)stop_signal);
    while (count > 0)
        drop(count - 1);
    free(all);
    close(listener);
    return status;
}
