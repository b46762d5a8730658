// calling: the words of lesson 09's checks.

#ifndef CALLING_H
#define CALLING_H

#include "stage/peer.h"
#include "stage/program.h"
#include "words/expect.h"

#include <stdbool.h>
#include <stddef.h>

#define SERVER "rpc_server"
#define CLIENT "rpc_client"

enum {
    HEADER_SIZE = 4,
    REQUEST_SIZE = 32, // of the client's, without the header
    WHOLE_SIZE = HEADER_SIZE + REQUEST_SIZE,
    LONGEST = 65536,
    BACKLOG = 128,
};

// --- rpc_server

// Starts it at 127.0.0.1, and at a port that the kernel chooses; or with these
// arguments behind HOST and PORT, which end with NULL.
struct program *serve(void);
struct program *serve_at(const char *host, const char *port,
                         const char *const more[]);

// The same, with --buffer and that number.
struct program *serve_with_buffer(int bytes);

// A client sends a request, and does not wait.
void call(struct peer *client, const void *bytes, size_t size);
void call_text(struct peer *client, const char *text);

// The responses to all that it has sent are there, and nothing else. They are
// the same bytes, with the same headers.
void expect_responses(struct peer *client);

// Both. And the client finishes, and so has the server.
void expect_called(struct peer *client, const char *text);
void expect_finished(struct peer *client);

// All of that, of a client that comes for it.
void expect_service(struct program *server);

// It has had nothing to complain of; or of COUNT clients. WHY says, in a
// sentence, what it missed, or what it took for a fault.
void expect_complaints(struct program *server, size_t count, const char *why);

// It has closed the client's connection, whether by an end or a reset.
void expect_hung_up(struct program *server, struct peer *client,
                    const char *why);

// What the kernel makes here of a wish for buffers of so many bytes, 0: of
// none; for a listener that had it before listen(), and a connection of it.
struct reference {
    int receive, send;         // of the listener
    int its_receive, its_send; // of its connection, on the same side
    unsigned scale;            // that the other side is told of
};
struct reference reference_of(int bytes);

// --- rpc_client

// A server of the grader's, where no other program is; and the client, which is
// to make so many rounds with it.
struct peer *await_rounds(void);
struct program *make_rounds(struct peer *server, const char *rounds);

// Request NUMBER, from 1 on, has come whole, and nothing behind it.
void expect_request(struct program *client, struct peer *server,
                    unsigned number);

// It ends with status 0, and has printed "ROUNDS rounds in MS ms". Returns MS.
double expect_rounds(struct program *client, const char *rounds);

// It ends with status 1, and something on stderr. WHY says, in a sentence, what
// it missed.
void expect_given_up(struct program *client, const char *why);

// --- both

// Nothing that is sent over this connection of the program waits: neither for
// the other side to confirm what was sent before, nor for more to come. MOVE
// has it send COUNT more messages, so that the peer has got SIZE bytes more.
void expect_no_stall(struct program *program, struct peer *peer, unsigned count,
                     size_t size, void (*move)(struct peer *peer));

#endif
