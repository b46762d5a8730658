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
    // TODO 9.3: open a socket that listens on this one address, as it is
    //   wished.
    //   Call: open_socket() and give_up() above, options_for_listener(),
    //         bind(2), listen(2) with LISTENER_BACKLOG.
    //   Trap: what bind() decides by has to be set before it; and what the
    //         first connections are made with, before listen().
    //   Proof: make check LESSON=09 CASE=busy_port
    (void)one, (void)wishes, (void)give_up, (void)open_socket;
    errno = ENOSYS;
    perror("listener: TODO 9.3, listen_at");
    exit(EXIT_FAILURE);
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
