// udp_echo_server HOST PORT: another design. For HOST "" it has a socket for
// each address of the machine, as ntpd(8) does, and waits for all of them by
// poll(): so each answers from its own address.

#include "datagram.h"
#include "names.h"

#include <errno.h>
#include <ifaddrs.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS = 64, LONGEST = 65536 };

static struct pollfd sockets[SOCKETS];
static nfds_t count;

static socklen_t size_of(const struct sockaddr *address)
{
    return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

// Returns the socket; -1 with errno.
static int add_socket(const struct sockaddr *address, socklen_t size)
{
    const int on = 1;
    int fd = socket(address->sa_family,
                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1 || count == SOCKETS)
        return -1;
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, size) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    sockets[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return fd;
}

static void set_port(struct sockaddr_storage *address, in_port_t port)
{
    // It is at the same place in both.
    ((struct sockaddr_in *)address)->sin_port = port;
}

// One for each address, all with the same port.
static int open_everywhere(const char *port)
{
    struct addrinfo *list;
    struct ifaddrs *all;
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (datagram_find("0.0.0.0", port, AI_PASSIVE, &list) != 0) {
        fprintf(stderr, "udp_echo_server: PORT '%s' is none\n", port);
        return -1;
    }
    in_port_t number = ((struct sockaddr_in *)(void *)list->ai_addr)->sin_port;
    freeaddrinfo(list);
    if (getifaddrs(&all) == -1)
        return -1;
    for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        if (one->ifa_addr == NULL || (one->ifa_addr->sa_family != AF_INET &&
                                      one->ifa_addr->sa_family != AF_INET6))
            continue;
        memcpy(&address, one->ifa_addr, size_of(one->ifa_addr));
        set_port(&address, number);
        int fd =
            add_socket((struct sockaddr *)&address, size_of(one->ifa_addr));
        if (fd != -1 && number == 0 &&
            getsockname(fd, (struct sockaddr *)&address, &size) == 0)
            number = ((struct sockaddr_in *)&address)->sin_port;
    }
    freeifaddrs(all);
    return count > 0 ? 0 : -1;
}

static int open_at(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = datagram_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "udp_echo_server: HOST '%s', PORT '%s': %s\n", host,
                port, names_reason(error));
        return -1;
    }
    int fd = -1;
    for (struct addrinfo *one = list; one != NULL && fd == -1;
         one = one->ai_next)
        fd = add_socket(one->ai_addr, one->ai_addrlen);
    if (fd == -1)
        fprintf(stderr, "udp_echo_server: bind HOST '%s', PORT '%s': %s\n",
                host, port, strerror(errno));
    freeaddrinfo(list);
    return fd;
}

static void answer(int fd)
{
    static char bytes[LONGEST];
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    ssize_t received =
        recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
    if (received == -1)
        return; // whatever it was: poll() says when there is more
    while (sendto(fd, bytes, (size_t)received, 0, (struct sockaddr *)&from,
                  size) == -1)
        if (errno != EINTR && errno != EAGAIN) {
            perror("udp_echo_server: sendto");
            return;
        }
}

static void announce(int fd);

static int run(const char *host, const char *port)
{
    bool everywhere = *host == '\0' || strcmp(host, "0.0.0.0") == 0;
    if ((everywhere ? open_everywhere(port) : open_at(host, port)) == -1)
        return EXIT_FAILURE;
    announce(sockets[0].fd);
    for (;;) {
        if (poll(sockets, count, -1) == -1)
            continue;
        for (nfds_t i = 0; i < count; i++)
            if (sockets[i].revents != 0)
                answer(sockets[i].fd);
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
