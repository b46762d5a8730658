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
    // TODO 5.3: move what was not consumed to the front, and receive once, as
    //   much as there is room behind it.
    //   Call: memmove(3), recv(2).
    //   Trap: where it goes may overlap where it was.
    //   Proof, with the next steps: make check LESSON=05 CASE=answers_length
    (void)reader;
    errno = ENOSYS;
    perror("reader: TODO 5.3, receive_more");
    exit(EXIT_FAILURE);
}

enum reader_result reader_next(struct reader *reader, struct frame *frame)
{
    // TODO 5.4: give the next message: one that is there already, or else
    //   receive until there is one.
    //   Call: frame_decode(), receive_more().
    //   Trap: one receive may bring three messages, or a third of one. An end
    //         is early if something waits that is no whole frame.
    //   Proof, with the next step: make check LESSON=05 CASE=answers_length
    (void)reader, (void)frame, (void)receive_more;
    errno = ENOSYS;
    perror("reader: TODO 5.4, reader_next");
    exit(EXIT_FAILURE);
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
