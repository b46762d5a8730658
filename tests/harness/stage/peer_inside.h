// peer_inside: what the files that make up the peers share; for peer*.c only.

#ifndef PEER_INSIDE_H
#define PEER_INSIDE_H

#include "stage/peer.h"

#include <stdbool.h>
#include <stddef.h>

// Opens a socket that does not block; binds it to a port of HOST that the
// kernel chooses, and that is not mirrored. End the check if that can't be
// done.
int peer_open_socket(void);
int peer_bound_socket(const char *host, bool has_small_buffers);

// Adds to the trace what the peer has just done or seen.
void peer_note(const struct peer *peer, enum peer_action action, size_t bytes);

// Watches for what the peer can go on with now.
void peer_update_interest(struct peer *peer);

// The connection has failed with that errno: it is closed.
void peer_fails(struct peer *peer, int error);

// True if not all that it was told to send has been sent.
bool peer_unsent(const struct peer *peer);

// Sends what it can and may.
void peer_flush(struct peer *peer);

// Receives once, up to LIMIT bytes.
void peer_receive_some(struct peer *peer, size_t limit);

// If an echoing peer has sent as much as it should, it ends as it should.
void peer_say_farewell(struct peer *peer);

#endif
