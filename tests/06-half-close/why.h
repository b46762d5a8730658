// why: what it means that an answer is another one, or is missing; for lesson
// 06's words.

#ifndef WHY_H
#define WHY_H

#include "stage/peer.h"
#include "stage/program.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>

#define HOW_TO_DRAIN                                                           \
    "Send the answer, finish sending by shutdown(SHUT_WR), receive and throw " \
    "away until the client has finished, too, and close() only then. Read: "   \
    "man 2 shutdown; the lesson on the drain."

// The content that the next answer is the digest of, and how many bytes those
// had that this server digested before.
struct content {
    const unsigned char *bytes;
    size_t size, before;
};

// The last call of one of these groups on that client's connection; NULL if
// there is none, or none is known.
const struct call *why_last_call(const struct peer *client, unsigned groups);

// Something else than the answer has come to the client, or more.
const char *why_other(const struct peer *client, const char *answer,
                      const struct content *content);

// "too large" has not come at once.
const char *why_late(const struct peer *client);

// A client of whom the server has had enough is drained no more, WHY being what
// that means if the calls know nothing better.
const char *why_not_drained(const struct peer *client, const char *why);

// None has come, or a part of it.
const char *why_none(const struct program *server, const struct peer *client,
                     const char *answer);

// The client has not sent what stands on its standard input; IS_OTHER: as much,
// but not the same.
const char *why_not_sent(const struct program *client,
                         const struct peer *server, const void *bytes,
                         size_t size, bool is_other);

// It has not printed the answer TEXT; or does not end, and has not received it.
const char *why_not_printed(const struct program *client, const char *text);
const char *why_no_end(const struct program *client);

// True if the client has closed its socket, and tried to receive from it then.
bool has_closed_early(const struct program *client);

#endif
