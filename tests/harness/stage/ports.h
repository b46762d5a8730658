// ports: addresses for one check alone. Checks run side by side, and a grader
// may run beside another one: they must not meet on a port. And no port or
// address may be one in which mistakes with the byte order don't show.

#ifndef PORTS_H
#define PORTS_H

#include <stdbool.h>
#include <stdint.h>

// This check's own loopback address, which no other process uses, and a port
// on it that is free and that the kernel gives to nobody by itself.
const char *peer_own_host(void);
uint16_t peer_free_port(void);

// The address that process PID would have; good until the next call.
const char *peer_host_of(unsigned pid);

// True if PORT, in either byte order, is the same in the other: a missing
// htons() or ntohs() does not show in it.
bool peer_port_is_mirrored(uint16_t port);

// Takes all such ports, until this process and its children end. From then on
// the kernel chooses none of them, neither for a server with PORT 0 nor for
// whoever connects; except one that was in use (TIME_WAIT, too), and is free
// again. Where only a few descriptors may be open, it takes none.
void peer_take_mirrored_ports(void);

// True if something can listen on ::1.
bool peer_has_ipv6(void);

// A port of HOST stays without a listener: nobody else gets it. Returns false
// if somebody has it.
bool peer_keep_refusing(const char *host, uint16_t port);

// Opens a socket of FAMILY, AF_INET or AF_INET6, that does not block; binds one
// to a port of HOST that the kernel chooses, and that is not mirrored. End the
// check if that can't be done.
int peer_open_socket(int family);
int peer_bound_socket(const char *host, bool has_small_buffers);

// The same for datagrams: UDP.
int peer_bound_datagrams(const char *host);

#endif
