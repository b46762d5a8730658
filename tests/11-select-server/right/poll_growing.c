// poll() with an array that grows, a self-pipe for the signals, and removal
// by moving the last one into the gap.

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
#include <time.h>
#include <unistd.h>

struct client {
    struct sockaddr_in address;
    bool ended;
    size_t begin, end;
    char buffer[8192];
};

enum { WAKE, LISTENER, FIRST };

// The same index in both; clients[] has no entries below FIRST.
static struct pollfd *sockets;
static struct client **clients;
static size_t count, room;
static time_t paused_until; // 0: not paused
static int wake[2];

static void on_signal(int signal)
{
    int saved = errno;
    (void)signal;
    ssize_t ignored = write(wake[1], "", 1);
    (void)ignored;
    errno = saved;
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

static bool make_room(void)
{
    if (count < room)
        return true;
    size_t more = room == 0 ? 8 : room * 2;
    struct pollfd *s = realloc(sockets, more * sizeof *s);
    if (s == NULL)
        return false;
    sockets = s;
    struct client **c = realloc(clients, more * sizeof(struct client *));
    if (c == NULL)
        return false;
    clients = c;
    room = more;
    return true;
}

static void add(int fd, struct client *client)
{
    sockets[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    clients[count] = client;
    count++;
}

static void drop(size_t i)
{
    say("closing connection to", &clients[i]->address);
    close(sockets[i].fd);
    free(clients[i]);
    count--;
    sockets[i] = sockets[count];
    clients[i] = clients[count];
    paused_until = 0;
}

static bool receive(int fd, struct client *c)
{
    ssize_t got = recv(fd, c->buffer + c->end, sizeof c->buffer - c->end, 0);
    if (got == -1)
        return errno == EAGAIN || errno == EINTR;
    c->ended = got == 0;
    c->end += (size_t)got;
    return true;
}

static bool reply(int fd, struct client *c)
{
    if (c->begin == c->end)
        return true;
    ssize_t put =
        send(fd, c->buffer + c->begin, c->end - c->begin, MSG_NOSIGNAL);
    if (put == -1)
        return errno == EAGAIN || errno == EINTR;
    c->begin += (size_t)put;
    if (c->begin == c->end)
        c->begin = c->end = 0;
    return true;
}

static void serve(size_t i)
{
    struct client *c = clients[i];
    struct pollfd *s = &sockets[i];
    bool can_read = (s->events & POLLIN) && (s->revents & ~POLLOUT);
    if ((can_read && !receive(s->fd, c)) || !reply(s->fd, c)) {
        complain("echo", &c->address);
        drop(i);
        return;
    }
    if (c->ended && c->begin == c->end) {
        drop(i);
        return;
    }
    s->events = 0;
    if (!c->ended && c->end < sizeof c->buffer)
        s->events |= POLLIN;
    if (c->begin < c->end)
        s->events |= POLLOUT;
}

static void welcome(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &length);
    if (fd == -1) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        if (is_shortage(errno))
            paused_until = time(NULL) + 1;
        complain("accept", &address);
        return;
    }
    struct client *c = malloc(sizeof *c);
    if (c == NULL || !make_room() || net_set_nonblocking(fd) == -1) {
        complain("accept", &address);
        free(c);
        close(fd);
        return;
    }
    c->address = address;
    c->ended = false;
    c->begin = c->end = 0;
    add(fd, c);
    say("accepted connection from", &address);
}

static int serve_all(int listener)
{
    for (;;) {
        bool paused = paused_until != 0;
        sockets[LISTENER].fd = paused ? -1 : listener;
        int ready = poll(sockets, (nfds_t)count, paused ? 1000 : -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return -1;
        if (sockets[WAKE].revents != 0)
            return 0;
        if (paused && time(NULL) >= paused_until)
            paused_until = 0;
        // Backwards, so that what moves into a gap has been served already.
        for (size_t i = count; i-- > FIRST;)
            if (sockets[i].revents != 0)
                serve(i);
        if (!paused && sockets[LISTENER].revents != 0)
            welcome(listener);
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
    if (pipe(wake) == -1 || net_set_nonblocking(wake[1]) == -1 ||
        !make_room()) {
        perror("multiconn_server");
        return 1;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    add(wake[0], NULL);
    add(listener, NULL);
    say("listening on", &address);
    int result = serve_all(listener);
    if (result == -1)
        complain("poll", &address);
    while (count > FIRST)
        drop(count - 1);
    free(sockets);
    free(clients);
    close(listener);
    close(wake[0]);
    close(wake[1]);
    return result == 0 ? 0 : 1;
}
