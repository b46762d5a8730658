// wire_why: what is special about bytes that are not as they should be. Each
// function returns sentences that are true of these bytes, with a space before
// the first; "" if there is nothing to be said. Good until the next call of
// any of them.

#ifndef WIRE_WHY_H
#define WIRE_WHY_H

#include "wire.h"

// Content that was written, and what it should have been.
const char *why_content(struct data got, struct data wanted);

// What decode has printed behind the empty line, as the content of bytes.
const char *why_printed_bytes(const struct place *place,
                              const struct message *message);

// The same for content that is JSON.
const char *why_printed_json(const struct place *place,
                             const struct message *message);

// The line that stands where the expected LINE should be, or another member's;
// LINE is NULL if that is the empty one.
const char *why_line(const struct place *place, const char *line,
                     const struct message *message);

// What stands behind the last message, where nothing should.
const char *why_more(const char *at, const char *end);

// The length at the beginning of a message, and the header behind it.
const char *why_length(const unsigned char *bytes, size_t size);

// The header has the right length, and is an object but for some character in
// it; NULL if that is not so.
const char *why_bad_text(const unsigned char *bytes, size_t size);

// A member of a header that is missing, or has this value.
const char *why_member(const json_t *header, const char *name);

// JSON as content, which should be that text, in that encoding.
const char *why_json(struct data got, const char *encoding, const char *json);

#endif
