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
    // TODO 3.1: find the addresses that HOST and PORT stand for.
    //   Call: can_be_port() above, getaddrinfo(3). What that returns is the
    //         result.
    //   Trap: hints is yours to clear. A socktype that is left at 0 brings each
    //         address three times. "" is no name: NULL stands for it.
    //   Proof: make check LESSON=03 CASE=unknown_name
    (void)host, (void)port, (void)flags, (void)list, (void)can_be_port;
    errno = ENOSYS;
    perror("names: TODO 3.1, names_find");
    exit(EXIT_FAILURE);
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
    // TODO 3.2: open a socket that listens on this one address.
    //   Call: open_socket() and give_up() above; setsockopt(2) with
    //         SO_REUSEADDR, and for AF_INET6 with IPV6_V6ONLY; bind(2),
    //         listen(2).
    //   Trap: whether an IPv6 socket serves IPv4, too, is set up differently
    //         from machine to machine: say what you want.
    //   Proof, with the next step: make check LESSON=03 CASE=busy_port
    (void)one, (void)backlog, (void)open_socket, (void)give_up;
    errno = ENOSYS;
    perror("names: TODO 3.2, listen_at");
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

int names_listen(const struct addrinfo *list, int backlog)
{
    // TODO 3.3: listen on the first address of the list that can be had.
    //   Call: listen_at() for one after the other, as ai_next leads on.
    //   Trap: with HOST "" the list has 0.0.0.0 and ::, and only a socket for
    //         the second serves both families. There may be no IPv6, though.
    //   Proof: make check LESSON=03 CASE=busy_port
    (void)list, (void)backlog, (void)listen_at, (void)is_every_ipv6;
    errno = ENOSYS;
    perror("names: TODO 3.3, names_listen");
    exit(EXIT_FAILURE);
}

static int connect_to(const struct addrinfo *one)
{
    // TODO 3.8: connect to this one address.
    //   Call: open_socket(), connect(2), net_finish_connect(), give_up().
    //   Trap: a signal may interrupt connect() (EINTR), as in lesson 02.
    //   Proof, with the next step: make check LESSON=03 CASE=no_address_answers
    (void)one;
    errno = ENOSYS;
    perror("names: TODO 3.8, connect_to");
    exit(EXIT_FAILURE);
}

int names_connect(const struct addrinfo *list, int *tried)
{
    // TODO 3.9: try one address after the other, until one answers.
    //   Call: connect_to().
    //   Trap: *tried counts the addresses, and errno is to be the last one's.
    //   Proof: make check LESSON=03 CASE=no_address_answers
    (void)list, (void)tried, (void)connect_to;
    errno = ENOSYS;
    perror("names: TODO 3.9, names_connect");
    exit(EXIT_FAILURE);
}

// Makes *ipv4 from an IPv6 address, if an IPv4 client has it.
// Returns true then.
static bool find_mapped(const struct sockaddr *address,
                        struct sockaddr_in *ipv4)
{
    // TODO 3.7: find the IPv4 address in an IPv6 address that stands for one:
    //   its last four bytes, if it begins with ::ffff:.
    //   Call: memcpy(3) to a struct sockaddr_in6, IN6_IS_ADDR_V4MAPPED().
    //   Trap: what the address points to need not stand where a struct
    //         sockaddr_in6 may: copy it first.
    //   Proof: make check LESSON=03 CASE=everywhere
    (void)address, (void)ipv4;
    errno = ENOSYS;
    perror("names: TODO 3.7, find_mapped");
    exit(EXIT_FAILURE);
}

char *names_text(const struct sockaddr *address, socklen_t size,
                 char text[NAMES_TEXT_SIZE])
{
    // TODO 3.4: write an address of either family as HOST:PORT, in numbers.
    //   Call: getnameinfo(3) with NI_NUMERICHOST | NI_NUMERICSERV, snprintf(3);
    //         find_mapped() for an AF_INET6 address, and its result then.
    //   Trap: a port is written behind a colon, and an IPv6 address is full of
    //         them: it stands in brackets.
    //   Proof: make check LESSON=03 CASE=announces
    (void)address, (void)size, (void)text, (void)find_mapped;
    errno = ENOSYS;
    perror("names: TODO 3.4, names_text");
    exit(EXIT_FAILURE);
}
