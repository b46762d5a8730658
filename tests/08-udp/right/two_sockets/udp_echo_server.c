// udp_echo_server HOST PORT: another design. For HOST "" it has a socket for
// each family, and waits for both by select().

#define _GNU_SOURCE // struct in6_pktinfo

#include "datagram.h"
#include "names.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { SOCKETS = 2 };

static int sockets[SOCKETS], count;

static int open_one(const struct addrinfo *one, in_port_t port)
{
    struct sockaddr_storage address;
    const int on = 1;
    memcpy(&address, one->ai_addr, one->ai_addrlen);
    if (port != 0)
        ((struct sockaddr_in *)&address)->sin_port = port;
    int fd = socket(one->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    if (one->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    } else {
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    }
    if (bind(fd, (struct sockaddr *)&address, one->ai_addrlen) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static in_port_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    return ((struct sockaddr_in *)&address)->sin_port;
}

static int open_all(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = datagram_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "udp_echo_server: HOST '%s', PORT '%s': %s\n", host,
                port, names_reason(error));
        return -1;
    }
    bool all = *host == '\0';
    for (struct addrinfo *one = list;
         one != NULL && count < (all ? SOCKETS : 1); one = one->ai_next) {
        int fd = open_one(one, count == 0 ? 0 : port_of(sockets[0]));
        if (fd != -1)
            sockets[count++] = fd;
    }
    if (count == 0)
        fprintf(stderr, "udp_echo_server: bind HOST '%s', PORT '%s': %s\n",
                host, port, strerror(errno));
    freeaddrinfo(list);
    return count > 0 ? 0 : -1;
}

static void announce(int fd);

static int run(const char *host, const char *port)
{
    static struct datagram datagram;
    if (open_all(host, port) == -1)
        return EXIT_FAILURE;
    announce(sockets[0]);
    for (;;) {
        fd_set readable;
        FD_ZERO(&readable);
        for (int i = 0; i < count; i++)
            FD_SET(sockets[i], &readable);
        if (select(sockets[count - 1] + 1, &readable, NULL, NULL, NULL) == -1)
            continue;
        for (int i = 0; i < count; i++)
            if (FD_ISSET(sockets[i], &readable) &&
                datagram_receive(sockets[i], &datagram) == 0 &&
                datagram_send_back(sockets[i], &datagram) == -1)
                perror("udp_echo_server: sendmsg");
    }
}

static void stop(int signal)
{
    (void)signal;
    _exit(EXIT_SUCCESS);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "udp_echo_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: udp_echo_server HOST PORT\n");
    return 2;
}

static void announce(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    char text[NAMES_TEXT_SIZE];
    printf("listening on %s\n",
           names_text((struct sockaddr *)&address, size, text));
    fflush(stdout);
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("one argument too many:", argv[3]);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    return run(argv[1], argv[2]);
}
