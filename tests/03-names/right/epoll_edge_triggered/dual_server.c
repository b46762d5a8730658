// One client at a time, by edge-triggered epoll; sockets that never wait.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static int end_of(const char *call)
{
    fprintf(stderr, "dual_server: %s: %s\n", call, strerror(errno));
    return EXIT_FAILURE;
}

static void stop(int signal)
{
    (void)signal;
    _exit(0);
}

// Waits for one of the events. false: something is wrong with the wait itself.
static bool wait_for(int poll, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLET, .data.fd = fd};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == -1)
        return false;
    int ready;
    do
        ready = epoll_wait(poll, &event, 1, -1);
    while (ready == 0 || (ready == -1 && errno == EINTR));
    epoll_ctl(poll, EPOLL_CTL_DEL, fd, NULL);
    return ready == 1;
}

static bool send_back(int poll, int client, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client, bytes, size, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            if (!wait_for(poll, client, EPOLLOUT))
                return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool echo(int poll, int client)
{
    char buffer[4096];
    for (;;) {
        ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got == 0)
            return true;
        if (got > 0 && !send_back(poll, client, buffer, (size_t)got))
            return false;
        if (got == -1 && errno == EAGAIN && !wait_for(poll, client, EPOLLIN))
            return false;
        if (got == -1 && errno != EAGAIN && errno != EINTR)
            return false;
    }
}

static void say_where(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char text[NAMES_TEXT_SIZE];
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening on %s\n",
           names_text((struct sockaddr *)&address, size, text));
    fflush(stdout);
}

static int listen_at(char *argv[])
{
    struct addrinfo *list;
    int error = names_find(argv[1], argv[2], AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "dual_server: %s %s: %s\n", argv[1], argv[2],
                names_reason(error));
        exit(EXIT_FAILURE);
    }
    int listener = names_listen(list, 64);
    if (listener == -1)
        exit(end_of("listen"));
    freeaddrinfo(list);
    return listener;
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: dual_server HOST PORT\n");
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    int listener = listen_at(argv);
    net_set_nonblocking(listener);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (poll == -1)
        return end_of("epoll_create1");
    say_where(listener);
    for (;;) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int client = accept4(listener, (struct sockaddr *)&address, &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client == -1 && errno == EAGAIN &&
            !wait_for(poll, listener, EPOLLIN))
            return end_of("epoll");
        if (client == -1 && errno != EAGAIN && errno != EINTR &&
            errno != ECONNABORTED)
            return end_of("accept4");
        if (client == -1)
            continue;
        char text[NAMES_TEXT_SIZE];
        names_text((struct sockaddr *)&address, size, text);
        printf("connected by %s\n", text);
        fflush(stdout);
        if (!echo(poll, client))
            end_of(text);
        close(client);
    }
}
