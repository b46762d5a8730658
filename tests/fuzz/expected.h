// expected: what the server must answer to a stream of requests, found out
// without its state machine, from the whole stream at once.

#ifndef EXPECTED_H
#define EXPECTED_H

#include "buffer.h"

#include <stddef.h>
#include <stdint.h>

enum { EXPECTED_MAX = 12 }; // requests in a stream: more would be slow only

struct expected {
    size_t count; // of complete requests
    // Where, in the stream and in what is sent, each of them has ended.
    size_t request_end[EXPECTED_MAX], response_end[EXPECTED_MAX];
    struct buffer responses;
    size_t longest;      // response
    size_t malformed_at; // after so many bytes it is known; SIZE_MAX: never
};

// Finds it out, and claims of each response that it is what the protocol asks
// for. Returns the size of the stream, or less if there are too many requests.
size_t expected_find(struct expected *expected, const uint8_t *stream,
                     size_t size);
void expected_free(struct expected *expected);

// What there is after so many bytes of the stream.
struct progress {
    size_t count;     // complete requests
    size_t requested; // bytes of them
    size_t answered;  // bytes of the responses to them
};
struct progress expected_after(const struct expected *expected, size_t bytes);

// How many responses are complete in so many sent bytes.
size_t expected_sent(const struct expected *expected, size_t bytes);

#endif
