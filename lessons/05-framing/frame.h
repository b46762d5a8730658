// frame: three ways to tell where a message ends in a stream. What has been put
// around a message for that, and the message, are a frame.
//
// Nothing here knows of sockets: bytes come in, and it is said what they are.

#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>

enum framing {
    FRAMING_LENGTH, // 4 bytes, the message's size in network byte order, before
    FRAMING_LINE,   // a newline behind; a '\r' right before it belongs to it
    FRAMING_FIXED,  // zeros behind, up to 32 bytes
};

enum {
    FRAME_HEADER_SIZE = 4,    // of FRAMING_LENGTH
    FRAME_LENGTH_MAX = 65536, // bytes of a message, in FRAMING_LENGTH
    FRAME_LINE_MAX = 4096,    // bytes of a line, with what ends it
    FRAME_FIXED_SIZE = 32,
    FRAME_MAX = FRAME_HEADER_SIZE + FRAME_LENGTH_MAX, // no frame is larger
};

// What a decoder says of bytes that begin with a frame.
enum frame_result {
    FRAME_DONE,       // a whole frame: message, size and consumed are set
    FRAME_INCOMPLETE, // the beginning of one: more bytes are needed
    FRAME_MALFORMED,  // none, whatever follows: problem and at are set
};

struct frame {
    const unsigned char *message; // where it begins, within the decoded bytes
    size_t size;                  // how many bytes it has
    size_t consumed;              // how many the frame has
    const char *problem;          // what is wrong with it; never freed
    size_t at;                    // with which byte, counted from 0
};

// Each looks at SIZE bytes, the first of which begins a frame, and at nothing
// behind them; they need not be all of it, and there may be more than it.
enum frame_result frame_decode_length(const unsigned char *bytes, size_t size,
                                      struct frame *frame);
enum frame_result frame_decode_line(const unsigned char *bytes, size_t size,
                                    struct frame *frame);
enum frame_result frame_decode_fixed(const unsigned char *bytes, size_t size,
                                     struct frame *frame);

// The one of these for that framing.
enum frame_result frame_decode(enum framing framing, const unsigned char *bytes,
                               size_t size, struct frame *frame);

// Writes the frame of a message that is not too long for it. Returns its size.
size_t frame_encode(enum framing framing, const void *message, size_t size,
                    unsigned char frame[FRAME_MAX]);

// Returns why that framing can't carry a message; NULL if it can.
const char *frame_obstacle(enum framing framing, const void *message,
                           size_t size);

// Finds a framing by its name: "length", "line" or "fixed".
// Returns 0; -1 if there is none of that name.
int frame_find_framing(const char *name, enum framing *framing);

#endif
