// reader: the messages of a connection, one after the other.

#ifndef READER_H
#define READER_H

#include "frame.h"

#include <stddef.h>
#include <stdint.h>

// What the reader has come to.
enum reader_result {
    READER_MESSAGE,   // a message
    READER_END,       // the other side has finished, between two messages
    READER_EARLY_END, // it has finished within one
    READER_MALFORMED, // what came is no frame
    READER_FAILED,    // errno says why
};

struct reader {
    int fd;
    enum framing framing;
    // What has been received and not consumed is bytes[from] up to, and not
    // with, bytes[to].
    unsigned char bytes[FRAME_MAX];
    size_t from, to;
    uint64_t consumed; // how many bytes of the stream have been, all in all
};

// Begins with the first byte of a connected, blocking socket, which stays the
// caller's.
void reader_begin(struct reader *reader, int fd, enum framing framing);

// Gives the next message, in frame->message and frame->size; it stays there
// until the next call. Receives no more than it must, and as much as it can in
// a call; goes on after a signal (EINTR).
// Returns what it has come to. After all but READER_MESSAGE there is no more.
enum reader_result reader_next(struct reader *reader, struct frame *frame);

enum { READER_TEXT_SIZE = 128 };

// Writes into TEXT, and returns, what RESULT means: what is wrong, and at which
// byte of the stream, counted from 0; of a failure, what errno says.
const char *reader_problem(const struct reader *reader,
                           const struct frame *frame, enum reader_result result,
                           char text[READER_TEXT_SIZE]);

#endif
