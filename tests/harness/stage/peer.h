// peer: the grader's end of a connection. It never blocks: what it is told to
// do begins at once and goes on while the check waits for something else.
//
// By itself a peer receives whatever comes, and keeps it. What there is to know
// of it, and its end, is in peer_state.h; what it can be told to send and
// receive, in peer_move.h.

#ifndef PEER_H
#define PEER_H

#include "stage/peer_move.h"
#include "stage/peer_state.h"
#include "stage/peer_wire.h"
#include "stage/ports.h"

// Connects to a listening program. A refusal shows as saw_error.
struct peer *peer_connect_to(const union endpoint *address);

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

#endif
