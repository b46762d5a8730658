// Only 128 may wait in the listener's queue; it does without net.h, and keeps
// its clients in a table by descriptor that is given to poll() as it is.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 128
#define BUFFER 12288

struct client {
    char name[32];
    bool finished;
    size_t start, end;
    char buffer[BUFFER];
};

// By descriptor, all three: free entries have the fd -1, so poll() skips them.
static struct pollfd *table;
static struct client **clients;
static size_t size;
static int highest; // poll() is shown no entry beyond it
static time_t rest_until;

static void name_of(const struct sockaddr_in *address, char *name, size_t room)
{
    char host[INET_ADDRSTRLEN] = "?";
    inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
    snprintf(name, room, "%s:%d", host, ntohs(address->sin_port));
}

static void complain(const char *call, const char *name)
{
    fprintf(stderr, "multiconn_server: %s %s: %s\n", call, name,
            strerror(errno));
}

static int usage(const char *what, const char *value)
{
    fprintf(stderr, "multiconn_server: %s '%s'\n", what, value);
    fprintf(stderr, "usage: multiconn_server HOST PORT\n");
    return 2;
}

static bool parse_port(const char *text, in_port_t *port)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0')
        return false;
    errno = 0;
    unsigned long value = strtoul(text, NULL, 10);
    if (errno != 0 || value > 65535)
        return false;
    *port = htons((in_port_t)value);
    return true;
}

static bool make_room(int fd)
{
    if ((size_t)fd < size) {
        highest = fd > highest ? fd : highest;
        return true;
    }
    size_t larger = (size_t)fd + 64;
    struct pollfd *t = realloc(table, larger * sizeof *t);
    if (t == NULL)
        return false;
    table = t;
    struct client **c = realloc(clients, larger * sizeof(struct client *));
    if (c == NULL)
        return false;
    clients = c;
    for (; size < larger; size++) {
        table[size] = (struct pollfd){.fd = -1};
        clients[size] = NULL;
    }
    highest = fd; // larger than before: size was too small for it
    return true;
}

static void hang_up(int fd)
{
    printf("closing connection to %s\n", clients[fd]->name);
    fflush(stdout);
    close(fd);
    free(clients[fd]);
    clients[fd] = NULL;
    table[fd].fd = -1;
    rest_until = 0;
}

static bool passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void serve(int fd)
{
    struct client *c = clients[fd];
    int events = table[fd].events, ready = table[fd].revents;
    if ((events & POLLIN) != 0 && (ready & ~POLLOUT) != 0) {
        ssize_t n = recv(fd, c->buffer + c->end, BUFFER - c->end, 0);
        if (n == -1 && !passing(errno)) {
            complain("recv", c->name);
            hang_up(fd);
            return;
        }
        if (n == 0)
            c->finished = true;
        if (n > 0)
            c->end += (size_t)n;
    }
    if (c->start < c->end) {
        ssize_t n =
            send(fd, c->buffer + c->start, c->end - c->start, MSG_NOSIGNAL);
        if (n == -1 && !passing(errno)) {
            complain("send", c->name);
            hang_up(fd);
            return;
        }
        if (n > 0)
            c->start += (size_t)n;
    }
    if (c->start == c->end)
        c->start = c->end = 0;
    if (c->finished && c->end == 0) {
        hang_up(fd);
        return;
    }
    events = c->finished || c->end == BUFFER ? 0 : POLLIN;
    if (c->end > 0)
        events |= POLLOUT;
    table[fd].events = (short)events;
}

// Returns false when there is nobody else to be accepted now.
static bool welcome(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &length,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1) {
        if (passing(errno))
            return errno == EINTR;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM)
            rest_until = time(NULL) + 1;
        complain("accept", "a client");
        return rest_until == 0;
    }
    struct client *c = make_room(fd) ? calloc(1, sizeof *c) : NULL;
    if (c == NULL) {
        complain("memory", "a client");
        close(fd);
        return true;
    }
    name_of(&address, c->name, sizeof c->name);
    clients[fd] = c;
    table[fd] = (struct pollfd){.fd = fd, .events = POLLIN};
    printf("accepted connection from %s\n", c->name);
    fflush(stdout);
    return true;
}

static int run(int signals, int listener)
{
    if (!make_room(signals > listener ? signals : listener))
        return -1;
    table[signals] = (struct pollfd){.fd = signals, .events = POLLIN};
    for (;;) {
        table[listener] = (struct pollfd){.fd = rest_until != 0 ? -1 : listener,
                                          .events = POLLIN};
        int ready =
            poll(table, (nfds_t)highest + 1, rest_until != 0 ? 1000 : -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (table[signals].revents != 0)
            return 0;
        if (rest_until != 0 && time(NULL) >= rest_until)
            rest_until = 0;
        bool waiting = table[listener].revents != 0;
        for (int fd = 0; fd <= highest; fd++)
            if (clients[fd] != NULL && table[fd].revents != 0)
                serve(fd);
        // The queue is short, so it is emptied quickly.
        for (int i = 0; i < 3 * BACKLOG && waiting; i++)
            waiting = welcome(listener);
    }
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument", argc == 2 ? "PORT" : "HOST");
    if (argc > 3)
        return usage("unexpected argument", argv[3]);
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (!parse_port(argv[2], &address.sin_port))
        return usage("bad PORT", argv[2]);
    if (argv[1][0] == '\0')
        address.sin_addr.s_addr = htonl(INADDR_ANY);
    else if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        return usage("bad HOST", argv[1]);
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("multiconn_server: standard output");
        return 1;
    }
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);

    char name[32];
    name_of(&address, name, sizeof name);
    const char *call = NULL;
    const int on = 1;
    socklen_t length = sizeof address;
    int signals = signalfd(-1, &both, SFD_CLOEXEC);
    int listener =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener == -1 || signals == -1)
        call = "socket";
    else if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
        call = "setsockopt";
    else if (bind(listener, (struct sockaddr *)&address, sizeof address))
        call = "bind";
    else if (listen(listener, BACKLOG))
        call = "listen";
    else if (getsockname(listener, (struct sockaddr *)&address, &length))
        call = "getsockname";
    if (call != NULL) {
        complain(call, name);
        return 1;
    }
    name_of(&address, name, sizeof name);
    printf("listening on %s\n", name);
    fflush(stdout);
    int result = run(signals, listener);
    if (result == -1)
        complain("poll", name);
    for (size_t fd = 0; fd < size; fd++)
        if (clients[fd] != NULL)
            hang_up((int)fd);
    free(clients);
    free(table);
    close(listener);
    close(signals);
    return result == 0 ? 0 : 1;
}
