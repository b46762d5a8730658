// request: what the client asks for, as a message.

#ifndef REQUEST_H
#define REQUEST_H

#include "buffer.h"

// Appends to OUT the message of a request: JSON for the action "search", which
// has to be text in UTF-8; for any other, the action and the value as bytes.
// Returns 0; -1 with errno: EILSEQ if it is not UTF-8, EMSGSIZE if it is too
// long, ENOMEM.
int request_build(struct buffer *out, const char *action, const char *value);

#endif
