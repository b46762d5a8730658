// multiconn: the words of lesson 12's checks.

#ifndef MULTICONN_H
#define MULTICONN_H

#include "stage/peer.h"
#include "stage/program.h"

#define PROGRAM "multiconn_client"
#define MESSAGE_1 "Message 1 from client."
#define MESSAGE_2 "Message 2 from client."

enum {
    SENT = sizeof MESSAGE_1 MESSAGE_2 - 1, // on a connection
    EXCHANGES = 8,                         // at most, where all are looked at
};

// The grader's server, at an address that no other program uses.
struct peer *serve(void);

// Its next connection, which echoes.
struct peer *echoing(struct peer *server);

// Starts the client, for so many connections.
struct program *start(struct peer *server, int count);
struct program *start_with(struct peer *server, int count,
                           struct program_options options);

// The connection has been served to its end, and closed.
void expect_served(struct program *client, struct peer *connection);

// No socket is open whose attempt to connect has failed.
void expect_failed_closed(struct program *client);

// COUNT connections, EXCHANGES at most, to a server that echoes; all end well.
void exchange(int count);
void exchange_with(int count, struct program_options options);

#endif
