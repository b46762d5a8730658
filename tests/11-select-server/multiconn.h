// multiconn: the words of lesson 11's checks.

#ifndef MULTICONN_H
#define MULTICONN_H

#include "stage/peer.h"
#include "stage/program.h"

#include <stddef.h>

#define PROGRAM "multiconn_server"

// Starts the server, on a port that the kernel chooses.
struct program *start_here(void);

// The server serves a client that comes now.
void expect_service(struct program *server);

// A client that sends as much as it can, and reads nothing.
struct peer *connect_stuck(struct program *server, size_t size);

// A client that reads nothing, and has sent just as much as it takes for the
// kernel to leave a part of its echo with the server, which has room for more.
struct peer *connect_choked(struct program *server);

#endif
