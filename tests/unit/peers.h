// peers: what the tests of peers need: connections of their own, in place of a
// program's, and waiting for what comes of them.

#ifndef PEERS_H
#define PEERS_H

#include "stage/peer.h"

#include <stdbool.h>
#include <stddef.h>

// A peer, and how much of something it should come to.
struct wanted {
    struct peer *peer;
    size_t size;
};

// For peers_await(): it has received SIZE bytes, or accepted SIZE connections,
// or more; seen the end; has a backlog of exactly SIZE.
bool peers_have_received(void *wanted);
bool peers_have_accepted(void *wanted);
bool peers_have_seen_end(void *wanted);
bool peers_have_backlog(void *wanted);

// Waits until that is so, and fails if it never is.
void peers_await(bool (*met)(void *wanted), struct peer *peer, size_t size);

// Opens a connection to the listening peer. Returns the socket.
int peers_dial(const struct peer *server);

// The same, and returns the peer that was awaited for it; *fd is the socket.
struct peer *peers_accept(struct peer *server, int *fd);

// Sends TEXT, and waits until the peer has all that it should have by then.
void peers_tell(int fd, const char *text, struct peer *peer);

// What has come back by now is TEXT and, if it ENDS, the end.
void peers_expect_back(int fd, const char *text, bool ends);

// It has received TEXT and nothing else.
void peers_expect_in(const struct peer *peer, const char *text);

#endif
