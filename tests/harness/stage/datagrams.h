// datagrams: the grader's end of an exchange of datagrams: a UDP socket that
// keeps whatever comes, from anybody, and sends to wherever it is told. It is a
// peer (peer_state.h) as one of a connection is, with a number and a lane in
// the timeline; peer_stop_reading() and peer_close() are for it, too.

#ifndef DATAGRAMS_H
#define DATAGRAMS_H

#include "stage/peer_state.h"

#include <stdbool.h>
#include <stddef.h>

// Opens one on a free port of HOST, an address of this machine; its address is
// in ->local. Or on that PORT, in network byte order: returns NULL if somebody
// has it.
struct peer *datagrams_open(const char *host);
struct peer *datagrams_open_at(const char *host, uint16_t port);

// Sends one. That it leaves is all that is known of it.
void datagrams_send(struct peer *peer, const union endpoint *to,
                    const void *bytes, size_t size);

// Would have sent one of that size, and it is lost: nothing but a row in the
// timeline.
void datagrams_lose(struct peer *peer, size_t size);

// More than COUNT in all would be too many for it.
void datagrams_want_only(struct peer *peer, size_t count);

// The bytes of one of those that it has got.
const unsigned char *datagrams_bytes(const struct peer *peer, size_t number);

// True if one waits in the kernel to be received by this peer. And if far more
// have come than it has sent, were they empty.
bool datagrams_wait(const struct peer *peer);
bool datagrams_flood(const struct peer *peer);

#endif
