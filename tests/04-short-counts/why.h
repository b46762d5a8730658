// why: what it means that a client has not got the answers that it should have.

#ifndef WHY_H
#define WHY_H

#include "blobs.h"

// The COUNT in these COUNT_SIZE bytes.
uint64_t read_count(const unsigned char *bytes);

// Where what has come differs from what should have; the smaller size if not.
size_t find_difference(const struct peer *client, const struct wire *wire);

// Why byte AT is another one, or there at all; and why less has come.
const char *why_other(const struct peer *client, const struct wire *wire,
                      size_t at);
const char *why_too_few(const struct program *server, struct peer *client,
                        const struct wire *wire);

#endif
