// peer_wire: what of a peer's connection is in the kernel, and what in the
// program.

#ifndef PEER_WIRE_H
#define PEER_WIRE_H

#include "stage/peer_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The peer whose connection has that port, in network order, at the client's
// end; NULL if there is none.
struct peer *peer_of_port(const struct stage *stage, uint16_t port);

// The peer at the other end of the call's connection, or of its datagram; NULL
// if it isn't known.
struct peer *peer_of_call(const struct stage *stage, const struct call *call);

// How many bytes the program has received over this connection, but not sent
// back into it, as far as the kernel's buffers tell once all is quiet.
size_t peer_backlog(const struct peer *peer);

// True if bytes of its connection are on their way in the kernel. Mixes what
// it saw into *signature.
bool peer_in_transit(const struct peer *peer, uint64_t *signature);

#endif
