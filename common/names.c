#include "names.h"

#include "net.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// getaddrinfo() reads a number as strtoul(3) does: it takes 65616 for 80, and
// "" for 0. A name of a service has a letter in it, and no sign before it.
static bool can_be_port(const char *text)
{
    uint16_t number;
    if (text[strspn(text, "0123456789")] == '\0')
        return net_parse_port(text, &number) == 0;
    return isalnum((unsigned char)text[0]);
}

int names_find(const char *host, const char *port, int flags,
               struct addrinfo **list)
{
    if (!can_be_port(port))
        return EAI_SERVICE;
    // All that is not named here is zero, as it has to be.
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    return getaddrinfo(*host == '\0' ? NULL : host, port, &hints, list);
}

const char *names_reason(int error)
{
    return error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
}

// Closes a socket that is of no use. Returns -1 with the errno that there was.
static int give_up(int fd)
{
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int open_socket(const struct addrinfo *one)
{
    return socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC,
                  one->ai_protocol);
}

static int listen_at(const struct addrinfo *one, int backlog)
{
    int listener = open_socket(one);
    if (listener == -1)
        return -1;
    const int on = 1, off = 0;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        return give_up(listener);
    // It is on or off by itself as this machine is set up.
    if (one->ai_family == AF_INET6 &&
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1)
        return give_up(listener);
    if (bind(listener, one->ai_addr, one->ai_addrlen) == -1 ||
        listen(listener, backlog) == -1)
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

int names_listen(const struct addrinfo *list, int backlog)
{
    int listener = -1;
    // For HOST "", 0.0.0.0 may stand first: IPv4 only.
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next)
        if (listener == -1 && is_every_ipv6(one))
            listener = listen_at(one, backlog);
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next)
        if (listener == -1 && !is_every_ipv6(one))
            listener = listen_at(one, backlog);
    return listener;
}

static int connect_to(const struct addrinfo *one)
{
    int fd = open_socket(one);
    if (fd == -1)
        return -1;
    int result = connect(fd, one->ai_addr, one->ai_addrlen);
    if (result == -1 && errno == EINTR)
        result = net_finish_connect(fd);
    return result == 0 ? fd : give_up(fd);
}

int names_connect(const struct addrinfo *list, int *tried)
{
    int fd = -1;
    *tried = 0;
    // A socket whose connect() has failed is of no more use: each attempt has
    // its own, of that address's family.
    for (const struct addrinfo *one = list; one != NULL && fd == -1;
         one = one->ai_next) {
        fd = connect_to(one);
        ++*tried;
    }
    return fd;
}

// Makes *ipv4 from an IPv6 address, if an IPv4 client has it.
// Returns true then.
static bool find_mapped(const struct sockaddr *address,
                        struct sockaddr_in *ipv4)
{
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, address, sizeof ipv6);
    if (!IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr))
        return false;
    *ipv4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = ipv6.sin6_port};
    memcpy(&ipv4->sin_addr, &ipv6.sin6_addr.s6_addr[12], sizeof ipv4->sin_addr);
    return true;
}

char *names_text(const struct sockaddr *address, socklen_t size,
                 char text[NAMES_TEXT_SIZE])
{
    struct sockaddr_in ipv4;
    if (address->sa_family == AF_INET6 && find_mapped(address, &ipv4)) {
        address = (const struct sockaddr *)&ipv4;
        size = sizeof ipv4;
    }
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], port[sizeof "65535"];
    int error = getnameinfo(address, size, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);
    const char *form = address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s";
    if (error == 0)
        snprintf(text, NAMES_TEXT_SIZE, form, host, port);
    else
        snprintf(text, NAMES_TEXT_SIZE, "an address (%s)", names_reason(error));
    return text;
}
