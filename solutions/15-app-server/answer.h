// answer: what the server knows, and how it says so: the content of responses.

#ifndef ANSWER_H
#define ANSWER_H

#include "buffer.h"

#include <jansson.h>
#include <stddef.h>

// Appends to OUT the message that answers a request in JSON, of any kind.
// Returns 0; -1 with errno: EMSGSIZE if it gets too long, ENOMEM.
int answer_json(struct buffer *out, const json_t *request);

// Appends to OUT the message that answers a request of any other type, of
// which these are the first bytes, at most 10. Returns as above.
int answer_bytes(struct buffer *out, const void *beginning, size_t size);

#endif
