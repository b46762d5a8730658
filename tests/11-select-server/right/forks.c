// Case: echoes
// A child process for each client; the parent accepts, logs, and waits for
// its children's ends (SIGCHLD in ppoll()).

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 3000 };

static struct {
    pid_t pid;
    struct sockaddr_in address;
} children[MOST];
static size_t count;
static bool resting; // until a child has ended, or a second has passed
static volatile sig_atomic_t stop_wanted;

static void on_signal(int signal)
{
    if (signal != SIGCHLD)
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

static int converse(int client)
{
    char buffer[4096];
    for (;;) {
        ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got == 0)
            return 0;
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1 || net_send_all(client, buffer, (size_t)got) == -1)
            return -1;
    }
}

static void be_child(int client, const struct sockaddr_in *address,
                     const sigset_t *mask)
{
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (converse(client) == -1) {
        complain("echo", address);
        _exit(1);
    }
    _exit(0);
}

static void welcome(int listener, const sigset_t *mask)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int client = accept(listener, (struct sockaddr *)&address, &size);
    if (client == -1) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        resting = is_shortage(errno);
        complain("accept", &address);
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        close(listener);
        be_child(client, &address, mask);
    }
    if (child == -1) {
        complain("fork", &address);
    } else {
        children[count].pid = child;
        children[count].address = address;
        count++;
        say("accepted connection from", &address);
    }
    close(client);
}

static void forget(pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
        if (children[i].pid != pid)
            continue;
        say("closing connection to", &children[i].address);
        children[i] = children[--count];
        resting = false;
        return;
    }
}

static int run(int listener, const sigset_t *mask)
{
    while (!stop_wanted && !signal_waits()) {
        struct pollfd p = {.fd = listener, .events = POLLIN};
        bool deaf = resting || count == MOST;
        struct timespec second = {.tv_sec = 1};
        int ready = ppoll(&p, deaf ? 0 : 1, resting ? &second : NULL, mask);
        int reason = errno;
        for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
            forget(pid);
        if (ready == -1 && reason != EINTR) {
            errno = reason;
            return -1;
        }
        if (ready == 0)
            resting = false;
        if (ready > 0)
            welcome(listener, mask);
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
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ours, &before);
    sigdelset(&before, SIGINT);
    sigdelset(&before, SIGTERM);
    sigdelset(&before, SIGCHLD);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    say("listening on", &address);
    if (run(listener, &before) == -1) {
        complain("ppoll", &address);
        status = 1;
    }
    close(listener);
    for (size_t i = 0; i < count; i++)
        kill(children[i].pid, SIGTERM);
    while (count > 0) {
        pid_t pid = waitpid(-1, NULL, 0);
        if (pid > 0)
            forget(pid);
        else if (errno != EINTR)
            break;
    }
    return status;
}
