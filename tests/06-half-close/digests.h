// digests: the words of lesson 06's checks.

#ifndef DIGESTS_H
#define DIGESTS_H

#include "stage/peer.h"
#include "stage/program.h"
#include "words/expect.h"

#include <stddef.h>

#define SERVER "digest_server"
#define CLIENT "digest_client"
#define TOO_LARGE "too large\n"

enum { CONTENT_MAX = 16 * 1024 * 1024, THROWN_MAX = 64 * 1024 * 1024 };

// The answer to these bytes.
const char *digest_of(const void *bytes, size_t size);

// Starts the server at 127.0.0.1.
struct program *start_here(void);

// The client has got ANSWER, and nothing else so far. WHY says, in a sentence,
// what it means if it has not; NULL if the bytes and calls tell enough.
void expect_answer(struct program *server, struct peer *client,
                   const char *answer, const char *why);

// And the server has finished sending: the end of the stream comes, and not a
// reset.
void expect_end_and_no_reset(struct program *server, struct peer *client);

// A client sends these bytes, finishes, has the answer to them, and the end.
void expect_digest(struct program *server, const void *bytes, size_t size);
void expect_answered_client(struct program *server);

// As many lines are on stderr, once all is quiet.
void expect_complaints(struct program *server, size_t count);

// The check ends here, as "not run", if the server would make very many calls
// for a content of that size: one for each byte, as some do. Or the client.
void need_large_pieces(size_t size);
void need_large_pieces_sent(size_t size);

// Queues so many letters: of what is only counted, random bytes would take
// longer to make than to send.
void send_much(struct peer *client, size_t size);

// A client sends one byte more than is allowed, and gets "too large".
struct peer *send_too_much(struct program *server);

// The same by a client that is connected.
void send_too_much_by(struct program *server, struct peer *client);

// The server has closed that client of send_too_much(), which goes on sending,
// so it meets a reset; or it has not, and receives what comes. The latter is
// not asked of it where the machine has been so slow that one of its limits may
// be over. WHY says what it means.
void expect_given_up(struct program *server, struct peer *client,
                     const char *why);
void expect_drained(struct program *server, struct peer *client,
                    const char *why);

// Starts the client for a server of the grader's, with these bytes on its
// standard input; NULL: that stays open, and silent.
struct program *start_with_input(struct peer *server, const void *input,
                                 size_t size);

// The server has got exactly these bytes from it, and the end, while the other
// direction is still open.
void expect_sent(struct program *client, struct peer *server, const void *bytes,
                 size_t size);

// It ends with STATUS, or with either if that is -1, and has written exactly
// TEXT to stdout.
void expect_printed(struct program *client, const char *text, int status);

// A client gets that answer to an empty content, and a reset behind it; both
// have come when it looks, and poll() tells of an error then, too. It has
// printed the answer all the same.
void expect_found_with_a_reset(const char *answer);

#endif
