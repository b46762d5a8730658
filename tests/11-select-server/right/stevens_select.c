// As in UNIX Network Programming: a client[] table with -1 for a free entry,
// sets that are kept from turn to turn, and a count of what is still ready.

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

enum { MAXLINE = 4096 };

static int client[FD_SETSIZE], maxi = -1, maxfd;
static struct {
    struct sockaddr_in address;
    bool eof;
    int have, sent;
    char buf[MAXLINE];
} data[FD_SETSIZE];
static fd_set allread, allwrite;
static int listenfd;
static bool full;
static time_t full_since;

// Seconds of a clock that nobody sets.
static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}
static volatile sig_atomic_t done;

static void finish(int signo)
{
    (void)signo;
    done = 1;
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

static void remove_client(int i)
{
    say("closing connection to", &data[i].address);
    FD_CLR(client[i], &allread);
    FD_CLR(client[i], &allwrite);
    close(client[i]);
    client[i] = -1;
    full = false;
    FD_SET(listenfd, &allread);
}

static void add_client(void)
{
    struct sockaddr_in cliaddr = {.sin_family = AF_INET};
    socklen_t clilen = sizeof cliaddr;
    int i, connfd = accept(listenfd, (struct sockaddr *)&cliaddr, &clilen);
    if (connfd < 0) {
        switch (errno) {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            full = true;
            full_since = now_s();
            FD_CLR(listenfd, &allread);
            break;
        case EAGAIN:
        case EINTR: return;
        }
        complain("accept", &cliaddr);
        return;
    }
    for (i = 0; i < FD_SETSIZE && client[i] >= 0; i++)
        continue;
    if (i == FD_SETSIZE || connfd >= FD_SETSIZE) {
        errno = EMFILE;
        complain("too many clients for", &cliaddr);
        close(connfd);
        return;
    }
    if (net_set_nonblocking(connfd) == -1) {
        complain("fcntl", &cliaddr);
        close(connfd);
        return;
    }
    client[i] = connfd;
    data[i].address = cliaddr;
    data[i].eof = false;
    data[i].have = data[i].sent = 0;
    FD_SET(connfd, &allread);
    if (connfd > maxfd)
        maxfd = connfd;
    if (i > maxi)
        maxi = i;
    say("accepted connection from", &cliaddr);
}

static void serve(int i, bool readable, bool writable)
{
    if (readable) {
        ssize_t n = recv(client[i], data[i].buf + data[i].have,
                         (size_t)(MAXLINE - data[i].have), 0);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            complain("recv", &data[i].address);
            remove_client(i);
            return;
        }
        if (n == 0)
            data[i].eof = true;
        if (n > 0)
            data[i].have += (int)n;
    }
    if ((readable || writable) && data[i].sent < data[i].have) {
        ssize_t n = send(client[i], data[i].buf + data[i].sent,
                         (size_t)(data[i].have - data[i].sent), MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            complain("send", &data[i].address);
            remove_client(i);
            return;
        }
        if (n > 0)
            data[i].sent += (int)n;
        if (data[i].sent == data[i].have)
            data[i].sent = data[i].have = 0;
    }
    if (data[i].eof && data[i].have == 0) {
        remove_client(i);
        return;
    }
    if (data[i].eof || data[i].have == MAXLINE)
        FD_CLR(client[i], &allread);
    else
        FD_SET(client[i], &allread);
    if (data[i].sent < data[i].have)
        FD_SET(client[i], &allwrite);
    else
        FD_CLR(client[i], &allwrite);
}

int main(int argc, char **argv)
{
    struct sockaddr_in servaddr;
    sigset_t block, none;
    struct sigaction act = {.sa_handler = finish};
    int status = arguments(argc, argv, &servaddr);
    if (status != 0)
        return status;
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("multiconn_server: standard output");
        return 1;
    }
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    sigprocmask(SIG_BLOCK, &block, NULL);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    listenfd = open_listener(&servaddr, 1024);
    if (listenfd == -1)
        return 1;
    if (listenfd >= FD_SETSIZE) {
        errno = EMFILE; // select() can't watch it
        complain("select", &servaddr);
        return 1;
    }
    for (int i = 0; i < FD_SETSIZE; i++)
        client[i] = -1;
    FD_ZERO(&allread);
    FD_ZERO(&allwrite);
    FD_SET(listenfd, &allread);
    maxfd = listenfd;
    say("listening on", &servaddr);

    while (!done) {
        fd_set rset = allread, wset = allwrite;
        struct timespec second = {1, 0};
        int nready = pselect(maxfd + 1, &rset, &wset, NULL,
                             full ? &second : NULL, &none);
        if (nready > 0) { // a signal got through only if nothing was ready
            int saved = errno;
            sigprocmask(SIG_SETMASK, &none, NULL);
            sigprocmask(SIG_BLOCK, &block, NULL);
            errno = saved;
        }
        if (nready < 0) {
            if (errno == EINTR)
                continue;
            complain("select", &servaddr);
            status = 1;
            break;
        }
        if (full && now_s() > full_since) {
            full = false;
            FD_SET(listenfd, &allread);
        }
        if (nready > 0 && FD_ISSET(listenfd, &rset)) {
            add_client();
            nready--;
        }
        for (int i = 0; i <= maxi && nready > 0; i++) {
            if (client[i] < 0)
                continue;
            bool readable = FD_ISSET(client[i], &rset);
            bool writable = FD_ISSET(client[i], &wset);
            nready -= readable + writable;
            if (readable || writable)
                serve(i, readable, writable);
        }
    }
    for (int i = 0; i <= maxi; i++)
        if (client[i] >= 0)
            remove_client(i);
    close(listenfd);
    return status;
}
