// A socket for each family, IPv6 for IPv6 alone, and poll() for both.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int echo(int client)
{
    char buffer[8192];
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

// The kernel chooses a port for IPv6: the same has to be free for IPv4.
static int listen_on(int family, uint16_t port)
{
    const int on = 1;
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = port};
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = port};
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd == -1)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    int bound = family == AF_INET6
                    ? bind(fd, (struct sockaddr *)&ipv6, sizeof ipv6)
                    : bind(fd, (struct sockaddr *)&ipv4, sizeof ipv4);
    if (bound == 0 && listen(fd, 16) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 address;
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    return address.sin6_port;
}

// Returns how many there are, one for each family that there is; 0 with errno.
static nfds_t listen_everywhere(uint16_t port, struct pollfd at[2])
{
    for (;;) {
        at[0].fd = listen_on(AF_INET6, port);
        if (at[0].fd == -1 && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
            return 0;
        uint16_t chosen = at[0].fd == -1 ? port : port_of(at[0].fd);
        nfds_t count = at[0].fd != -1;
        at[count].fd = listen_on(AF_INET, chosen);
        if (at[count].fd != -1)
            return count + 1;
        if (errno != EADDRINUSE || port != 0)
            return 0;
        if (count == 1)
            close(at[0].fd);
    }
}

static void serve(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int client = accept(listener, (struct sockaddr *)&address, &size);
    if (client == -1 &&
        (errno == EINTR || errno == ECONNABORTED || errno == EAGAIN))
        return;
    if (client == -1)
        exit(end_of("accept"));
    char text[NAMES_TEXT_SIZE];
    printf("connected by %s\n",
           names_text((struct sockaddr *)&address, size, text));
    fflush(stdout);
    if (echo(client) == -1)
        end_of(text);
    close(client);
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
    struct pollfd at[2] = {{.events = POLLIN}, {.events = POLLIN}};
    nfds_t count = 1;
    uint16_t port;
    if (argv[1][0] == '\0' && net_parse_port(argv[2], &port) == 0)
        count = listen_everywhere(htons(port), at);
    else
        at[0].fd = listen_at(argv);
    if (count == 0)
        return end_of("bind");
    for (nfds_t i = 0; i < count; i++)
        net_set_nonblocking(at[i].fd);
    say_where(at[0].fd);
    for (;;) {
        if (poll(at, count, -1) == -1 && errno != EINTR)
            return end_of("poll");
        for (nfds_t i = 0; i < count; i++)
            if (at[i].revents != 0)
                serve(at[i].fd);
    }
}
