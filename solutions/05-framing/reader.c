#include "reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void reader_begin(struct reader *reader, int fd, enum framing framing)
{
    reader->fd = fd;
    reader->framing = framing;
    reader->from = reader->to = 0;
    reader->consumed = 0;
}

// Moves what was not consumed to the front, and receives once behind it.
// Returns what recv() has returned, with its errno.
static ssize_t receive_more(struct reader *reader)
{
    reader->to -= reader->from;
    memmove(reader->bytes, reader->bytes + reader->from, reader->to);
    reader->from = 0;
    ssize_t received = recv(reader->fd, reader->bytes + reader->to,
                            sizeof reader->bytes - reader->to, 0);
    if (received > 0)
        reader->to += (size_t)received;
    return received;
}

enum reader_result reader_next(struct reader *reader, struct frame *frame)
{
    for (;;) {
        enum frame_result result =
            frame_decode(reader->framing, reader->bytes + reader->from,
                         reader->to - reader->from, frame);
        if (result == FRAME_MALFORMED)
            return READER_MALFORMED;
        if (result == FRAME_DONE) {
            reader->from += frame->consumed;
            reader->consumed += frame->consumed;
            return READER_MESSAGE;
        }
        ssize_t received = receive_more(reader);
        if (received == 0)
            return reader->to == 0 ? READER_END : READER_EARLY_END;
        if (received == -1 && errno != EINTR)
            return READER_FAILED;
    }
}

const char *reader_problem(const struct reader *reader,
                           const struct frame *frame, enum reader_result result,
                           char text[READER_TEXT_SIZE])
{
    if (result == READER_MALFORMED)
        snprintf(text, READER_TEXT_SIZE, "%s, at byte %" PRIu64, frame->problem,
                 reader->consumed + frame->at);
    else if (result == READER_EARLY_END)
        snprintf(text, READER_TEXT_SIZE,
                 "the end within a message, at byte %" PRIu64,
                 reader->consumed + reader->to - reader->from);
    else
        snprintf(text, READER_TEXT_SIZE, "%s",
                 result == READER_FAILED ? strerror(errno) : "the end");
    return text;
}
