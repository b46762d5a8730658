// places: the frame in which a byte of a stream is.

#ifndef PLACES_H
#define PLACES_H

#include "frames.h"

#include <stddef.h>

// A frame of those that should have come: what it is, its number, from 1, and
// the bytes.
struct place {
    const char *what; // "answer" or "message"
    size_t number, from, size;
    const unsigned char *bytes; // of the message
    size_t message_size;
};

// Finds the frame in which byte AT is, or the last one. What should have come
// is well formed. WHAT is kept.
struct place find_place(const struct wire *wire, size_t at, const char *what);

// The number that the four bytes of a length are.
size_t place_length(const unsigned char bytes[LENGTH_SIZE]);

#endif
