// hand_udp: as hand_trace.h, for programs that speak datagrams. Whatever it is,
// the program has one socket, descriptor 3.

#ifndef HAND_UDP_H
#define HAND_UDP_H

#include "hand_trace.h"

#include <stddef.h>
#include <stdint.h>

// The program is a server, bound to 127.0.0.1:40000, and the failure is that
// the client which is returned gets no datagram. Or it is a client, of the
// server which is returned.
struct peer *hand_udp_server(void);
struct peer *hand_udp_client(void);

// One more peer.
struct peer *hand_udp_peer(void);

// The peer sends a datagram, which the program may not have received.
void hand_udp_sends(const struct peer *by, size_t size);

// The program makes that call, whose other end is the peer.
struct call *hand_udp_moves(long number, const struct peer *with,
                            uint64_t asked, int64_t result);

// The peer sends one, and the program receives it. The program sends one to the
// peer. It is in recvfrom(), and nothing comes.
struct call *hand_udp_gets(const struct peer *from, int64_t size);
void hand_udp_answers(const struct peer *to, int64_t size);
void hand_udp_waits(void);

#endif
