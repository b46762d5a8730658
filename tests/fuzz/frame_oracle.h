// frame_oracle: lesson 05's three framings once more, in another way: a machine
// that is fed a stream byte by byte and keeps none of it. It shares the names
// of frame.h with what it judges, and no code and no number.

#ifndef FRAME_ORACLE_H
#define FRAME_ORACLE_H

#include "frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_oracle {
    enum framing framing;
    enum frame_result result; // of the bytes so far
    size_t fed;               // how many these are; once done: consumed
    size_t from, size;        // where in the frame the message is
    uint32_t number;          // the length, as far as it is known
    bool after_cr;            // the last byte was a '\r'
};

// Before the first byte of a frame.
void frame_oracle_begin(struct frame_oracle *oracle, enum framing framing);

// One byte more of a frame that is incomplete.
void frame_oracle_feed(struct frame_oracle *oracle, uint8_t byte);

// True if a message can be framed so that it comes back as it was. (The last
// zeros of a message in fixed frames don't; frame_obstacle() knows of none.)
bool frame_oracle_can_carry(enum framing framing, const uint8_t *message,
                            size_t size);

// Writes such a message's frame. Returns its size.
size_t frame_oracle_write(enum framing framing, const uint8_t *message,
                          size_t size, uint8_t *frame);

#endif
