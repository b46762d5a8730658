// names: HOST and PORT, as a person types them, and the addresses of either
// family that they stand for.
//
// Nothing here prints or exits. Lesson 03 has you write names.c yourself; the
// later lessons are given it.

#ifndef NAMES_H
#define NAMES_H

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

// Bytes that hold any "[HOST%SCOPE]:PORT" which names_text() writes, with its
// terminating zero.
#define NAMES_TEXT_SIZE (INET6_ADDRSTRLEN + IF_NAMESIZE + sizeof "[%]:65535")

// Finds the TCP addresses of HOST, which is a name, or an IPv4 or IPv6 address
// ("fe80::1%eth0" where it takes a scope), with that PORT, a number from 0 to
// 65535 or the name of a service; getaddrinfo(3), services(5).
// FLAGS is AI_PASSIVE for a server: then HOST "" stands for every interface, in
// both families. It is 0 for a client: then HOST "" is this machine.
// Returns 0 with the addresses in *list, in the order in which to try them, to
// be freed by freeaddrinfo(3); or what names_reason() tells the reason of, and
// *list is not to be used.
int names_find(const char *host, const char *port, int flags,
               struct addrinfo **list);

// Returns the reason for which names_find() has just failed with ERROR, as a
// text; gai_strerror(3), or for EAI_SYSTEM that of errno.
const char *names_reason(int error);

// Opens a socket that listens on the first address of the list that it can
// have, for all of HOST "" on a socket that serves both families, if there is
// IPv6; ipv6(7), IPV6_V6ONLY. A server that has just ended can be started again
// on the same port (SO_REUSEADDR). BACKLOG is listen(2)'s. Returns the socket,
// which the caller closes; -1 with the errno of the last address that was
// tried.
int names_listen(const struct addrinfo *list, int backlog);

// Connects to the addresses of the list, one after the other, until one
// answers. A signal interrupts none of the attempts. Returns the socket, which
// the caller closes; -1 with the errno of the last attempt. *tried is how many
// addresses that took.
int names_connect(const struct addrinfo *list, int *tried);

// Writes the address, of SIZE bytes, as "HOST:PORT" in numbers, an IPv6 host in
// brackets (RFC 3986, 3.2.2), and an IPv4 client of an IPv6 socket ("::ffff:…",
// RFC 4291, 2.5.5.2) by its IPv4 address. Returns TEXT; getnameinfo(3).
char *names_text(const struct sockaddr *address, socklen_t size,
                 char text[NAMES_TEXT_SIZE]);

#endif
