// peer_state: what there is to know of a peer, and how it ends.

#ifndef PEER_STATE_H
#define PEER_STATE_H

#include "base/random.h"
#include "stage/descriptor.h"
#include "trace/trace.h"
#include "base/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program;
struct stage;

#define KIB(n) (1024 * (size_t)(n))
#define MIB(n) (1024 * KIB(n))

struct bytes {
    unsigned char *at;
    size_t size, room;
};

// A datagram that a peer has received (datagrams.h); its bytes are in the
// peer's ->in.
struct datagram {
    union endpoint from; // an IPv4 address is one, whatever the socket says
    size_t at, size;
};

struct datagrams {
    struct datagram *got; // in the order in which they came
    size_t count, room;
    size_t sent; // how many it has sent
    size_t most; // more than so many flood it; 0: many more than it has sent
};

// What an echoing peer does once it has sent back as much as it should.
enum peer_farewell { FAREWELL_NONE, FAREWELL_FINISH, FAREWELL_RESET };

struct peer {
    struct peer *next;
    int number; // from 1, in the order in which they were made, or accepted
    struct descriptor socket;
    union endpoint local, remote;
    bool listening, connected, closed;
    bool accepts; // the program connects to it, or has; not it to the program
    bool serves;  // listening: for any number of programs; so far
    unsigned accepted;   // this many have come,
    unsigned unawaited;  // of which nobody awaited that many;
    int awaited;         // and so many connections have been given a number
    struct peer *server; // the one that accepts this connection; or NULL
    struct datagrams *datagrams; // of a UDP socket (datagrams.h); NULL: TCP's
    // Which program is at the other end. A listening peer is told so when that
    // program is started, and tells the connections that it accepts.
    struct program *program; // NULL: it isn't known

    struct bytes out; // all that it was told to send; sent of it so far:
    size_t sent;
    bool finish_wanted, finished; // shutdown(SHUT_WR)
    struct bytes in;              // all that it has received
    size_t last_at;               // where the last message of those begins
    size_t taken;     // of these, bytes of messages that a check has seen;
    size_t next_size; // and how many the next one has, as far as is known

    bool saw_end;  // the program has finished sending
    int saw_error; // ECONNRESET, ECONNREFUSED...; 0: none

    bool stopped;      // receives nothing
    size_t slow_read;  // receives this much each time all is quiet; 0: at once
    size_t slow_send;  // sends this much each time all is quiet; 0: at once
    bool slow_varies;  // up to that much, by the seed
    bool echoes;       // sends back what it receives
    size_t echo_limit; // and as much of it as this,
    size_t wrong_at;   // with the byte at this place changed
    enum peer_farewell farewell;
    size_t most;      // more than this floods it; 0: nothing is known
    size_t message;   // it should get this much and no more; 0: not known
    size_t allowance; // it may get this much more than it has sent
    struct random random;
};

// Closes the connection; by a reset (RST) instead of an orderly end.
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);

// Closes the connection and frees the peer, which nobody may use any more.
void peer_forget(struct peer *peer);

void peer_close_all(struct stage *stage);

// --- for the peers' own files only

// Adds a peer whose socket is FD (-1: none yet), and READY serves it.
struct peer *peer_add(int fd, void (*ready)(struct descriptor *, uint32_t));

// Adds bytes behind those that there are.
void peer_append(struct bytes *bytes, const void *more, size_t size);

// Adds to the trace what the peer has just done or seen.
void peer_note(const struct peer *peer, enum peer_action action, size_t bytes);

// The events that it is to be watched for now.
uint32_t peer_interest(const struct peer *peer);

// Watches for these.
void peer_update_interest(struct peer *peer);

// The connection has failed with that errno: it is closed.
void peer_fails(struct peer *peer, int error);

// True if not all that it was told to send has been sent.
bool peer_unsent(const struct peer *peer);

// Closes the connection without a word.
void peer_shut(struct peer *peer);

#endif
