#include "listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Closes a socket that is of no use. Returns -1 with the errno that there was.
static int give_up(int fd)
{
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

// Opens a socket for this one address.
// Returns it; -1 with errno.
static int open_socket(const struct addrinfo *one)
{
    int fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC,
                    one->ai_protocol);
    // It serves IPv4, too, whatever this machine is set up to.
    if (fd != -1 && one->ai_family == AF_INET6 &&
        options_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) == -1)
        return give_up(fd);
    return fd;
}

static int listen_at(const struct addrinfo *one,
                     const struct options_wishes *wishes)
{
    int listener = open_socket(one);
    if (listener == -1)
        return -1;
    if (options_for_listener(listener, wishes) == -1 ||
        bind(listener, one->ai_addr, one->ai_addrlen) == -1 ||
        listen(listener, LISTENER_BACKLOG) == -1)
        return give_up(listener);
    return listener;
}

static bool is_every_ipv6(const struct addrinfo *one)
{
    struct sockaddr_in6 address;
    if (one->ai_family != AF_INET6)
        return false;
    memcpy(&address, one->ai_addr, sizeof address);
    return IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr);
}

int listener_open(const struct addrinfo *list,
                  const struct options_wishes *wishes)
{
    int listener = -1;
    // For HOST "", 0.0.0.0 may stand first: IPv4 only.
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next)
        if (listener == -1 && is_every_ipv6(one))
            listener = listen_at(one, wishes);
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next)
        if (listener == -1 && !is_every_ipv6(one))
            listener = listen_at(one, wishes);
    return listener;
}
