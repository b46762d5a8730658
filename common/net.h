// net: the small helpers that every lesson may rely on.
//
// Nothing here prints or exits: a function that fails returns -1 and leaves
// the reason in errno, and main() decides what to say about it. A helper
// enters this file once a lesson has let you write it yourself, or when it is
// needed earlier than it is taught; lessons/NN-name/README.md says which.

#ifndef NET_H
#define NET_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Bytes that hold any "HOST:PORT" which net_address_text() writes, with its
// terminating zero: "255.255.255.255:65535".
#define NET_ADDRESS_TEXT_SIZE 22

// Reads TEXT as a port number: decimal digits and nothing else, 0 to 65535.
// Returns 0 with the number, in host byte order, in *port; -1 with errno
// EINVAL if TEXT can't be a port.
int net_parse_port(const char *text, uint16_t *port);

// Fills *address from a numeric IPv4 HOST ("" means every interface,
// INADDR_ANY) and a PORT as net_parse_port() takes it; inet_pton(3), ip(7).
// Returns 0; -1 with errno EINVAL if either can't be right.
int net_parse_address(const char *host, const char *port,
                      struct sockaddr_in *address);

// Writes *address as "HOST:PORT" into text, whose size should be at least
// NET_ADDRESS_TEXT_SIZE; a smaller one gets as much as fits. Returns text.
char *net_address_text(const struct sockaddr_in *address, char *text,
                       size_t size);

// Asks the kernel for the address that an IPv4 socket is bound to: the way to
// learn which port was chosen for port 0; getsockname(2).
// Returns 0; -1 with errno, EAFNOSUPPORT if the socket isn't IPv4.
int net_local_address(int fd, struct sockaddr_in *address);

// Sends all SIZE bytes over a connected, blocking socket, however many calls
// of send(2) that takes; goes on after a signal (EINTR) and never raises
// SIGPIPE. Returns 0; -1 with errno, and then part of it may have been sent.
int net_send_all(int fd, const void *bytes, size_t size);

// Opens a TCP socket that listens on *address, and lets a server that has just
// ended be started again on the same port (SO_REUSEADDR). BACKLOG is how many
// connections may wait to be accepted; listen(2) says how it is counted.
// No program that this one starts inherits it.
// Returns the socket, which the caller closes; -1 with errno.
int net_listen(const struct sockaddr_in *address, int backlog);

// Accepts the next client of a listener; the new socket is non-blocking.
// Returns the socket, which the caller closes, with the client's address in
// *address; -1 with errno. EAGAIN and EINTR: nobody was accepted. EMFILE,
// ENFILE, ENOBUFS, ENOMEM: it is this side that lacks something, and the client
// still waits, so the listener stays readable. EBADF, EINVAL, ENOTSOCK, EFAULT,
// EOPNOTSUPP: the call was wrong. All others, as ECONNABORTED, are those of one
// client, who is gone: accept(2), "Error handling".
int net_accept(int listener, struct sockaddr_in *address);

// Makes a descriptor non-blocking: a call on it that would have to wait fails
// with EAGAIN instead; fcntl(2), O_NONBLOCK. Returns 0; -1 with errno.
int net_set_nonblocking(int fd);

// Tells how a connection attempt that has ended came out, once: the socket's
// SO_ERROR; socket(7), connect(2).
// Returns 0 if it is connected now; -1 with connect's errno.
int net_connect_result(int fd);

// Waits, without a time limit, until a connect(2) that a signal interrupted
// (EINTR) has succeeded or failed: the attempt goes on in the kernel.
// Returns 0 if the socket is connected now; -1 with connect's errno.
int net_finish_connect(int fd);

#endif
