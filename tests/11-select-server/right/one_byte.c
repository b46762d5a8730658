// Case: serves_several
// A buffer of one byte for each client: every call moves one byte.

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
#include <unistd.h>

static struct {
    bool open, holds;
    char byte;
    struct sockaddr_in address;
} clients[FD_SETSIZE];

static int highest;
static bool full;
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

static void hang_up(int fd)
{
    say("closing connection to", &clients[fd].address);
    clients[fd].open = false;
    close(fd);
    full = false;
}

static void echo(int fd)
{
    ssize_t moved = clients[fd].holds
                        ? send(fd, &clients[fd].byte, 1, MSG_NOSIGNAL)
                        : recv(fd, &clients[fd].byte, 1, 0);
    if (moved == 1)
        clients[fd].holds = !clients[fd].holds;
    else if (moved == 0)
        hang_up(fd);
    else if (errno != EAGAIN && errno != EINTR) {
        complain("echo", &clients[fd].address);
        hang_up(fd);
    }
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
        complain("accept", &address);
        return;
    }
    if (fd >= FD_SETSIZE || net_set_nonblocking(fd) == -1) {
        close(fd);
        return;
    }
    clients[fd].open = true;
    clients[fd].holds = false;
    clients[fd].address = address;
    if (fd > highest)
        highest = fd;
    say("accepted connection from", &address);
}

static int run(int listener)
{
    sigset_t none;
    sigemptyset(&none);
    highest = listener;
    while (!stop_wanted && !signal_waits()) {
        fd_set in, out;
        FD_ZERO(&in);
        FD_ZERO(&out);
        if (!full)
            FD_SET(listener, &in);
        for (int fd = 0; fd <= highest; fd++)
            if (clients[fd].open)
                FD_SET(fd, clients[fd].holds ? &out : &in);
        struct timespec half_a_second = {.tv_nsec = 500000000};
        int ready = pselect(highest + 1, &in, &out, NULL,
                            full ? &half_a_second : NULL, &none);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (ready == 0)
            full = false;
        for (int fd = 0; fd <= highest; fd++)
            if (clients[fd].open && (FD_ISSET(fd, &in) || FD_ISSET(fd, &out)))
                echo(fd);
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
    for (int fd = 0; fd <= highest; fd++)
        if (clients[fd].open)
            hang_up(fd);
    close(listener);
    return status;
}
