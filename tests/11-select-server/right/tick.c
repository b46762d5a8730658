// select() that looks up every 200 ms, to see whether a signal came; all who
// wait are accepted at once. SIGPIPE is ignored.

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

#define CHUNK 30000

typedef struct client_t {
    struct client_t *next, **me;
    int fd, eof;
    struct sockaddr_in addr;
    char data[CHUNK];
    size_t off, len;
} client_t;

static client_t *head;
static volatile sig_atomic_t quit;
static int accepting = 1;

static void handler(int sig)
{
    (void)sig;
    quit = 1;
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

static void client_free(client_t *c)
{
    say("closing connection to", &c->addr);
    *c->me = c->next;
    if (c->next)
        c->next->me = c->me;
    close(c->fd);
    free(c);
    accepting = 1;
}

static void client_new(int fd, const struct sockaddr_in *addr)
{
    client_t *c = NULL;
    if (fd >= FD_SETSIZE || net_set_nonblocking(fd) < 0 ||
        !(c = calloc(1, sizeof *c))) {
        fprintf(stderr, "multiconn_server: cannot take one more client\n");
        close(fd);
        return;
    }
    c->fd = fd;
    c->addr = *addr;
    c->next = head;
    c->me = &head;
    if (head)
        head->me = &c->next;
    head = c;
    say("accepted connection from", addr);
}

static void accept_all(int listener)
{
    for (;;) {
        struct sockaddr_in addr = {.sin_family = AF_INET};
        socklen_t len = sizeof addr;
        int fd = accept(listener, (struct sockaddr *)&addr, &len);
        if (fd >= 0) {
            client_new(fd, &addr);
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN)
            return;
        int e = errno;
        complain("accept", &addr);
        if (is_shortage(e)) {
            accepting = 0;
            return;
        }
    }
}

static int transient(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// 0: go on; 1: done; -1: broken
static int client_step(client_t *c, int r, int w)
{
    if (r) {
        ssize_t n =
            recv(c->fd, c->data + c->off + c->len, CHUNK - c->off - c->len, 0);
        if (n < 0 && !transient())
            return -1;
        if (n == 0)
            c->eof = 1;
        if (n > 0) {
            c->len += (size_t)n;
            w = 1;
        }
    }
    if (w && c->len) {
        ssize_t n = send(c->fd, c->data + c->off, c->len, 0);
        if (n < 0 && !transient())
            return -1;
        if (n > 0) {
            c->off += (size_t)n;
            c->len -= (size_t)n;
        }
        if (!c->len)
            c->off = 0;
    }
    return c->eof && !c->len;
}

static int loop(int listener)
{
    while (!quit) {
        fd_set rs, ws;
        int max = listener;
        FD_ZERO(&rs);
        FD_ZERO(&ws);
        if (accepting)
            FD_SET(listener, &rs);
        for (client_t *c = head; c; c = c->next) {
            if (!c->eof && c->off + c->len < CHUNK)
                FD_SET(c->fd, &rs);
            if (c->len)
                FD_SET(c->fd, &ws);
            if (c->fd > max)
                max = c->fd;
        }
        struct timeval tv = {0, 200000};
        int n = select(max + 1, &rs, &ws, NULL, &tv);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            accepting = 1;
        for (client_t *c = head, *next; c; c = next) {
            next = c->next;
            int r = FD_ISSET(c->fd, &rs), w = FD_ISSET(c->fd, &ws);
            if (!r && !w)
                continue;
            int result = client_step(c, r, w);
            if (result < 0)
                complain("echo", &c->addr);
            if (result)
                client_free(c);
        }
        if (FD_ISSET(listener, &rs))
            accept_all(listener);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    int status = arguments(argc, argv, &address);
    if (status)
        return status;
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("multiconn_server: standard output");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, handler);
    signal(SIGTERM, handler);
    int listener = open_listener(&address, SOMAXCONN);
    if (listener < 0)
        return 1;
    if (listener >= FD_SETSIZE) {
        errno = EMFILE; // select() can't watch it
        complain("select", &address);
        return 1;
    }
    say("listening on", &address);
    if (loop(listener) < 0) {
        complain("select", &address);
        status = 1;
    }
    while (head)
        client_free(head);
    close(listener);
    return status;
}
