// peer_move: what a peer can be told to send and to receive.

#ifndef PEER_MOVE_H
#define PEER_MOVE_H

#include "stage/peer_state.h"

#include <stdbool.h>
#include <stddef.h>

// Queues bytes to be sent.
void peer_send(struct peer *peer, const void *bytes, size_t size);
void peer_send_text(struct peer *peer, const char *text);
// As many bytes as SIZE, that follow from the seed; see random_payload().
void peer_send_random(struct peer *peer, size_t size);

// Sends no more than PIECE bytes at a time, and the next only when all is
// quiet, so that they can't arrive together; VARIES: up to that many.
void peer_send_in_pieces(struct peer *peer, size_t piece, bool varies);

// Shuts the sending side down once all that was queued has been sent.
void peer_finish_sending(struct peer *peer);

// From now on: receives nothing; or SIZE bytes each time all is quiet.
void peer_stop_reading(struct peer *peer);
void peer_read_slowly(struct peer *peer, size_t size);

// Though it receives nothing, receives once, up to SIZE bytes.
void peer_read_once(struct peer *peer, size_t size);

// Receives again what comes, after peer_stop_reading().
void peer_resume_reading(struct peer *peer);

// Sends back what it has received and will receive; at most LIMIT bytes of it,
// and then FAREWELL. It takes no more than it can send, as a blocking server.
void peer_echo(struct peer *peer);
void peer_echo_only(struct peer *peer, size_t limit,
                    enum peer_farewell farewell);

// From now on sends back what it receives, with the byte at AT changed.
void peer_echo_wrongly(struct peer *peer, size_t at);

// Lets slow peers take one step. Returns whether any did.
bool peer_nudge(struct stage *stage);

// True if a peer has received far more than it has sent.
bool peer_is_flooded(const struct stage *stage);

// It may get SIZE bytes more than else, without that being a flood: it has
// asked for them.
void peer_allow_more(struct peer *peer, size_t size);

// --- for the peers' own files only

// Sends what it can and may.
void peer_flush(struct peer *peer);

// Receives once, up to LIMIT bytes.
void peer_receive_some(struct peer *peer, size_t limit);

// If an echoing peer has sent as much as it should, it ends as it should.
void peer_say_farewell(struct peer *peer);

#endif
