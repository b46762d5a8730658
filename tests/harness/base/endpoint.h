// endpoint: one end of a connection: an address of either family, and its port.

#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

// The port stands in the same place in both families (ipv6(7)), in network byte
// order: v4.sin_port is that of either.
union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

_Static_assert(offsetof(struct sockaddr_in, sin_port) ==
                   offsetof(struct sockaddr_in6, sin6_port),
               "the port of either family");

// Bytes that hold any "HOST:PORT" or "[HOST%SCOPE]:PORT", and the zero at its
// end.
enum { ENDPOINT_TEXT_SIZE = INET6_ADDRSTRLEN + sizeof "[%4294967295]:65535" };

// Makes *endpoint from a numeric HOST of either family and a port in network
// byte order. Returns 0; -1 if HOST is no such address.
int endpoint_make(const char *host, uint16_t port, union endpoint *endpoint);

// How many bytes of it count, for connect(2) and its kin.
socklen_t endpoint_size(const union endpoint *endpoint);

// Writes "HOST:PORT", an IPv6 host in brackets, with the number of its link if
// it has a scope ("fe80::1%2"); or only the host, without either. Returns TEXT.
char *endpoint_text(const union endpoint *endpoint,
                    char text[ENDPOINT_TEXT_SIZE]);
char *endpoint_host(const union endpoint *endpoint,
                    char text[ENDPOINT_TEXT_SIZE]);

// An IPv4 address in IPv6's form ("::ffff:127.0.0.1", RFC 4291, 2.5.5.2), as
// sockets for both families have it, becomes that; any other is left as it is.
void endpoint_unmap(union endpoint *endpoint);

// True if both are the same address, whatever their ports are; the address of
// every interface is its family's own.
bool endpoint_same_host(const union endpoint *one,
                        const union endpoint *another);
bool endpoint_is_everywhere(const union endpoint *endpoint);

#endif
