// sockets: the sockets of a program, seen and changed from outside by way of
// pidfd_getfd(2). It takes the same right as tracing: where that is refused,
// this is too.

#ifndef SOCKETS_H
#define SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Gives this process a descriptor for what FD is in process PID.
// Returns it, which the caller closes; -1 with errno.
int sockets_borrow(pid_t pid, int fd);

// True if there is such a call here, and it is not refused.
bool sockets_can_be_borrowed(void);

// Returns the port of the socket's peer, or its own, in network byte order;
// 0 if it has none.
uint16_t sockets_peer_port(pid_t pid, int fd);
uint16_t sockets_own_port(pid_t pid, int fd);

// Has an IPv6 socket serve IPv6 only, as if it had been made so.
void sockets_set_ipv6_only(pid_t pid, int fd);

// True if calls on it don't wait (O_NONBLOCK); also if that can't be found out.
bool sockets_is_nonblocking(pid_t pid, int fd);

// True if a signal tells when it is ready (O_ASYNC).
bool sockets_sends_signals(pid_t pid, int fd);

// True if a UDP socket is told of what befell a datagram that it has sent: it
// is connected, or has asked for that; ip(7), IP_RECVERR.
bool sockets_hears_of_errors(pid_t pid, int fd);

// Borrows the socket of process PID whose peer has that port, in network byte
// order. Returns it, which the caller closes; -1 if there is none.
int sockets_borrow_connection(pid_t pid, uint16_t peer_port);

// Borrows the listening socket of process PID that has that port, in network
// byte order. Returns it, which the caller closes; -1 if there is none.
int sockets_borrow_listener(pid_t pid, uint16_t port);

// Makes the kernel's buffers small for every connection that process PID
// accepts from now on: about BYTES for each direction. Returns 0; -1 if it has
// no listening socket that can be borrowed.
int sockets_shrink_buffers(pid_t pid, int bytes);

#endif
