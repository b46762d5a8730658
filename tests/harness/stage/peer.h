// peer: the grader's end of a connection. It never blocks: what it is told to
// do begins at once and goes on while the check waits for something else.
//
// By itself a peer receives whatever comes, and keeps it.

#ifndef PEER_H
#define PEER_H

#include "stage/stage.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB(n) (1024 * (size_t)(n))
#define MIB(n) (1024 * KIB(n))

struct bytes {
    unsigned char *at;
    size_t size, room;
};

// What an echoing peer does once it has sent back as much as it should.
enum peer_farewell { FAREWELL_NONE, FAREWELL_FINISH, FAREWELL_RESET };

struct peer {
    struct peer *next;
    int number; // from 1, in the order in which they were made, or accepted
    struct source source;
    struct sockaddr_in local, remote;
    bool listening, connected, closed;
    bool accepts; // the program connects to it, or has; not it to the program
    bool serves;  // listening: for any number of programs; so far
    unsigned accepted;   // this many have come,
    int awaited;         // and so many connections have been given a number
    struct peer *server; // the one that accepts this connection; or NULL

    struct bytes out; // all that it was told to send; sent of it so far:
    size_t sent;
    bool finish_wanted, finished; // shutdown(SHUT_WR)
    struct bytes in;              // all that it has received
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
    size_t allowance; // it may get this much more than it has sent
    struct random random;
};

// Connects to HOST:PORT of a listening program. A refusal shows as saw_error.
struct peer *peer_connect_to(const struct sockaddr_in *address);

// Waits for one program to connect, on a free port of HOST, a loopback
// address. The port is in ->local. The peer then is that connection.
struct peer *peer_listen(const char *host);

// Listens on a free port of HOST, a loopback address, for any number of
// connections. The port is in ->local.
struct peer *peer_serve(const char *host);

// The connection that SERVER, made by peer_serve(), accepts next and that is
// not awaited yet: it can be told beforehand what to do. Whoever comes without
// being awaited becomes a peer that receives, and says nothing.
struct peer *peer_await(struct peer *server);

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

// Sends back what it has received and will receive; at most LIMIT bytes of it,
// and then FAREWELL. It takes no more than it can send, as a blocking server.
void peer_echo(struct peer *peer);
void peer_echo_only(struct peer *peer, size_t limit,
                    enum peer_farewell farewell);

// From now on sends back what it receives, with the byte at AT changed.
void peer_echo_wrongly(struct peer *peer, size_t at);

// Closes the connection; by a reset (RST) instead of an orderly end.
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);

// Closes the connection and frees the peer, which nobody may use any more.
void peer_forget(struct peer *peer);

// The peer whose connection has that port, in network order, at the client's
// end; NULL if there is none.
struct peer *peer_of_port(const struct stage *stage, uint16_t port);

// How many bytes the program has received over this connection, but not sent
// back into it, as far as the kernel's buffers tell once all is quiet.
size_t peer_backlog(const struct peer *peer);

// Lets slow peers take one step. Returns whether any did.
bool peer_nudge(struct stage *stage);

// True if a peer has received far more than it has sent.
bool peer_is_flooded(const struct stage *stage);

// True if bytes of its connection are on their way in the kernel. Mixes what
// it saw into *signature.
bool peer_in_transit(const struct peer *peer, uint64_t *signature);

void peer_close_all(struct stage *stage);

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

#endif
