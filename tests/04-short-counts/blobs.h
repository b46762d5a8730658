// blobs: the words of lesson 04's checks.

#ifndef BLOBS_H
#define BLOBS_H

#include "stage/peer.h"
#include "stage/program.h"
#include "words/expect.h"

#include <stddef.h>
#include <stdint.h>

#define SERVER "blob_server"
#define CLIENT "blob_client"

enum { COUNT_SIZE = 8 }; // bytes of a COUNT on the wire
#define COUNT_MAX (UINT64_C(1) << 40)
#define MORE_THAN_32_BITS ((UINT64_C(1) << 32) + 5)

// Byte I of every blob.
unsigned char blob_byte(uint64_t i);

// What a peer is to receive, or sends: it is added to, and never freed.
struct wire {
    unsigned char *bytes;
    size_t size;
};
void add_count(struct wire *wire, uint64_t count);
void add_blob(struct wire *wire, uint64_t from, size_t size);
void add_answer(struct wire *wire, size_t count);

// Starts the server at 127.0.0.1.
struct program *start_here(void);

// A client asks for COUNT bytes.
void ask(struct peer *client, uint64_t count);

// It has got exactly that, all in all.
void expect_answers(struct program *server, struct peer *client,
                    const struct wire *wire);

// It has got that so far, and perhaps more.
void expect_beginning(struct program *server, struct peer *client,
                      const struct wire *wire);

// It has got nothing, and the connection is over.
void expect_count_refused(struct program *server, struct peer *client);

// A client comes, has its request answered, and goes.
void expect_answered_client(struct program *server);

// As many lines are on stderr, once all is quiet.
void expect_complaints(struct program *server, size_t count);

// Starts the client for a server of the grader's, with that COUNT; NULL:
// without one. And expects that it asks for that.
struct program *start_with_count(struct peer *server, const char *count);
struct program *fetch(struct peer *server, uint64_t count);

// It has ended, and written the first bytes of a blob, and nothing else: at
// least LEAST of them, and none from MOST on. MEANS says what it means if not.
void expect_written(struct program *client, size_t least, size_t most,
                    const char *means);

// It ends with status 0, and has written the first COUNT bytes of a blob.
void expect_fetched(struct program *client, size_t count);

// It ends with status 1, and names these numbers on stderr. WHY says, in a
// sentence, what it missed.
void expect_told(struct program *client, uint64_t number, uint64_t another,
                 const char *why);

#endif
