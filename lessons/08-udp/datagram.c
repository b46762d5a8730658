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
    // TODO 8.1: find the addresses that HOST and PORT stand for: UDP's.
    //   Call: can_be_port() above, getaddrinfo(3), as in lesson 03.
    //   Trap: with SOCK_STREAM the addresses are the same, and a service may
    //         have another port, or none.
    //   Proof, with the next steps: make check LESSON=08 CASE=busy_port
    (void)host, (void)port, (void)flags, (void)list, (void)can_be_port;
    errno = ENOSYS;
    perror("datagram: TODO 8.1, datagram_find");
    exit(EXIT_FAILURE);
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
    // TODO 8.2: have the kernel tell with each datagram to which address of
    //   ours it was sent.
    //   Call: setsockopt(2) with IP_PKTINFO, or for AF_INET6 with
    //         IPV6_RECVPKTINFO; ip(7), ipv6(7).
    //   Trap: IPV6_PKTINFO is the name of what comes then, and no option to
    //         switch that on.
    //   Proof, with the next step: make check LESSON=08 CASE=busy_port
    (void)fd, (void)family;
    errno = ENOSYS;
    perror("datagram: TODO 8.2, ask_for_address");
    exit(EXIT_FAILURE);
}

static int bind_to(const struct addrinfo *one)
{
    // TODO 8.3: open a socket that receives what is sent to this one address.
    //   Call: open_socket() and give_up() above; for AF_INET6 setsockopt(2)
    //         with IPV6_V6ONLY; ask_for_address(), bind(2).
    //   Trap: what was right for TCP takes another one's port here:
    //         SO_REUSEADDR lets two programs have the same.
    //   Proof: make check LESSON=08 CASE=busy_port
    (void)one, (void)open_socket, (void)give_up, (void)ask_for_address;
    errno = ENOSYS;
    perror("datagram: TODO 8.3, bind_to");
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
    // TODO 8.7: open a socket that sends to the first address that can be sent
    //   to. *tried is the one that was tried last.
    //   Call: open_socket(), connect(2), give_up().
    //   Trap: connect() sends nothing here. It notes the other end: others are
    //         not heard any more, and a refusal comes back as an error.
    //   Proof, with the next steps: make check LESSON=08 CASE=too_long
    (void)list, (void)tried;
    errno = ENOSYS;
    perror("datagram: TODO 8.7, datagram_connect");
    exit(EXIT_FAILURE);
}

int datagram_receive(int fd, struct datagram *datagram)
{
    // TODO 8.4: receive one datagram, with who has sent it, and to which of our
    //   addresses.
    //   Call: recvmsg(2) with a struct msghdr, which points to all three: the
    //         bytes by a struct iovec, from, and to.
    //   Trap: msg_namelen and msg_controllen say how much room there is, and
    //         afterwards how much came: they are set anew for each call. And
    //         0 bytes are a datagram, not an end.
    //   Proof, with the next steps: make check LESSON=08 CASE=sends_back
    (void)fd, (void)datagram;
    errno = ENOSYS;
    perror("datagram: TODO 8.4, datagram_receive");
    exit(EXIT_FAILURE);
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
    // TODO 8.5: send its bytes to where they came from, from the address that
    //   they were sent to.
    //   Call: sendmsg(2) with a struct msghdr, of the sizes that were received;
    //         forget_interface() of it before.
    //   Trap: as many bytes as came, not as there is room for.
    //   Proof, with the next step: make check LESSON=08 CASE=sends_back
    (void)fd, (void)datagram, (void)forget_interface;
    errno = ENOSYS;
    perror("datagram: TODO 8.5, datagram_send_back");
    exit(EXIT_FAILURE);
}
