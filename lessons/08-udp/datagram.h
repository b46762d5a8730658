// datagram: messages over UDP. Each comes whole or not at all, perhaps twice,
// perhaps behind one that was sent after it, from anybody; udp(7).
//
// Nothing here prints or exits.

#ifndef DATAGRAM_H
#define DATAGRAM_H

#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

// Bytes of the longest datagram, over IPv6: its length, with the 8 bytes of its
// header, is a number of 16 bits. Over IPv4 the 20 bytes of that header count,
// too: 65,507.
#define DATAGRAM_MAX 65527

// Bytes of such a control message, and a few more.
#define DATAGRAM_TO_SIZE 64

// One that has been received.
struct datagram {
    struct sockaddr_storage from; // who has sent it
    socklen_t from_size;
    // To which of our addresses, in the kernel's words: a control message with
    // a struct in_pktinfo or in6_pktinfo; ip(7), ipv6(7), cmsg(3).
    _Alignas(struct cmsghdr) char to[DATAGRAM_TO_SIZE];
    size_t to_size;
    size_t size; // may be 0: that is a datagram like any other
    char bytes[DATAGRAM_MAX];
};

// Finds the UDP addresses of HOST and PORT. All else is as with names_find() in
// names.h, which finds TCP's: the name of a service may stand for another port
// here, or for none.
int datagram_find(const char *host, const char *port, int flags,
                  struct addrinfo **list);

// Opens a socket on the first address of the list that it can have, for all of
// HOST "" on a socket for both families, if there is IPv6. For each datagram it
// tells to which address that was sent. Nobody else can have the same port.
// Returns the socket, which the caller closes; -1 with the errno of the last
// address that was tried.
int datagram_bind(const struct addrinfo *list);

// Opens a socket that sends to the first address of the list that it can send
// to, and that is told of nothing which comes from anywhere else; connect(2).
// Nothing is sent, and so nobody has answered. *tried is the last address that
// was tried. Returns the socket, which the caller closes; -1 with the errno of
// the last address.
int datagram_connect(const struct addrinfo *list,
                     const struct addrinfo **tried);

// Waits for the next datagram on a socket of datagram_bind(), whatever
// interrupts that. Returns 0; -1 with errno.
int datagram_receive(int fd, struct datagram *datagram);

// Sends the bytes back to where they came from, from the address that they were
// sent to. Returns 0 if they are on their way, which says nothing about where
// that ends; -1 with errno.
int datagram_send_back(int fd, struct datagram *datagram);

#endif
