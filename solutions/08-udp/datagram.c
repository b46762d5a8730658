#define _GNU_SOURCE // struct in6_pktinfo
#include "datagram.h"

#include "net.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= DATAGRAM_TO_SIZE,
              "there is room for what tells of an address");

// As in names.c: getaddrinfo() takes 65616 for 80, and "" for 0.
static bool can_be_port(const char *text)
{
    uint16_t number;
    if (text[strspn(text, "0123456789")] == '\0')
        return net_parse_port(text, &number) == 0;
    return isalnum((unsigned char)text[0]);
}

int datagram_find(const char *host, const char *port, int flags,
                  struct addrinfo **list)
{
    if (!can_be_port(port))
        return EAI_SERVICE;
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = flags};
    return getaddrinfo(*host == '\0' ? NULL : host, port, &hints, list);
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

// Has the kernel tell for each datagram to which address it was sent.
// Returns 0; -1 with errno.
static int ask_for_address(int fd, int family)
{
    const int on = 1;
    // A socket for both families tells of IPv4 addresses in IPv6's form.
    if (family == AF_INET6)
        return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

static int bind_to(const struct addrinfo *one)
{
    int fd = open_socket(one);
    if (fd == -1)
        return -1;
    // No SO_REUSEADDR: no connection outlives a UDP server, so there is nothing
    // to be in its way; and with it, whoever binds the same port next takes
    // what is sent to it.
    const int off = 0;
    if (one->ai_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1)
        return give_up(fd);
    if (ask_for_address(fd, one->ai_family) == -1 ||
        bind(fd, one->ai_addr, one->ai_addrlen) == -1)
        return give_up(fd);
    return fd;
}

static bool is_every_ipv6(const struct addrinfo *one)
{
    struct sockaddr_in6 address;
    if (one->ai_family != AF_INET6)
        return false;
    memcpy(&address, one->ai_addr, sizeof address);
    return IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr);
}

int datagram_bind(const struct addrinfo *list)
{
    int fd = -1;
    // For HOST "", 0.0.0.0 may stand first: IPv4 only.
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next)
        if (fd == -1 && is_every_ipv6(one))
            fd = bind_to(one);
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next)
        if (fd == -1 && !is_every_ipv6(one))
            fd = bind_to(one);
    return fd;
}

int datagram_connect(const struct addrinfo *list, const struct addrinfo **tried)
{
    int fd = -1;
    for (const struct addrinfo *one = list; one != NULL && fd == -1;
         one = one->ai_next) {
        *tried = one;
        fd = open_socket(one);
        // There is nobody to wait for: a signal can't interrupt it.
        if (fd != -1 && connect(fd, one->ai_addr, one->ai_addrlen) == -1)
            fd = give_up(fd);
    }
    return fd;
}

int datagram_receive(int fd, struct datagram *datagram)
{
    struct msghdr message;
    struct iovec bytes = {datagram->bytes, sizeof datagram->bytes};
    ssize_t received;
    do {
        // Each call writes how much there was into these sizes.
        message = (struct msghdr){.msg_name = &datagram->from,
                                  .msg_namelen = sizeof datagram->from,
                                  .msg_iov = &bytes,
                                  .msg_iovlen = 1,
                                  .msg_control = datagram->to,
                                  .msg_controllen = sizeof datagram->to};
        received = recvmsg(fd, &message, 0);
    } while (received == -1 && errno == EINTR);
    if (received == -1)
        return -1;
    datagram->from_size = message.msg_namelen;
    datagram->to_size = message.msg_controllen;
    datagram->size = (size_t)received;
    return 0;
}

// Beside the address stands the interface that the datagram came in by. The way
// back may be another; only link-local addresses mean nothing without it.
static void forget_interface(struct msghdr *message)
{
    for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one != NULL;
         one = CMSG_NXTHDR(message, one)) {
        struct in_pktinfo ipv4;
        struct in6_pktinfo ipv6;
        if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
            memcpy(&ipv4, CMSG_DATA(one), sizeof ipv4);
            ipv4.ipi_ifindex = 0;
            memcpy(CMSG_DATA(one), &ipv4, sizeof ipv4);
        } else if (one->cmsg_level == IPPROTO_IPV6 &&
                   one->cmsg_type == IPV6_PKTINFO) {
            memcpy(&ipv6, CMSG_DATA(one), sizeof ipv6);
            if (!IN6_IS_ADDR_LINKLOCAL(&ipv6.ipi6_addr))
                ipv6.ipi6_ifindex = 0;
            memcpy(CMSG_DATA(one), &ipv6, sizeof ipv6);
        }
    }
}

int datagram_send_back(int fd, struct datagram *datagram)
{
    struct iovec bytes = {datagram->bytes, datagram->size};
    // What has told to which address it came, says from which to answer.
    struct msghdr message = {.msg_name = &datagram->from,
                             .msg_namelen = datagram->from_size,
                             .msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = datagram->to,
                             .msg_controllen = datagram->to_size};
    forget_interface(&message);
    ssize_t sent;
    do
        sent = sendmsg(fd, &message, 0);
    while (sent == -1 && errno == EINTR);
    // It has gone whole, or not at all.
    return sent == -1 ? -1 : 0;
}
