#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum frame_result frame_decode_length(const unsigned char *bytes, size_t size,
                                      struct frame *frame)
{
    // TODO 5.1: find the message behind its length.
    //   Call: memcpy(3), ntohl(3).
    //   Trap: over the wire the most significant byte goes first, whatever
    //         your machine's order is. And a length is what a stranger says:
    //         look at it before you count on it.
    //   Proof, with the next steps: make check LESSON=05 CASE=answers_length
    (void)bytes, (void)size, (void)frame;
    errno = ENOSYS;
    perror("frame: TODO 5.1, frame_decode_length");
    exit(EXIT_FAILURE);
}

enum frame_result frame_decode_line(const unsigned char *bytes, size_t size,
                                    struct frame *frame)
{
    // TODO 5.6: find the message before its newline.
    //   Call: memchr(3).
    //   Trap: strchr() stops at a zero, and goes on behind size. A '\r' right
    //         before the newline is no part of the message; all others are.
    //   Proof: make check LESSON=05 CASE=answers_line
    (void)bytes, (void)size, (void)frame;
    errno = ENOSYS;
    perror("frame: TODO 5.6, frame_decode_line");
    exit(EXIT_FAILURE);
}

enum frame_result frame_decode_fixed(const unsigned char *bytes, size_t size,
                                     struct frame *frame)
{
    // TODO 5.7: find the message before its padding.
    //   Trap: zeros within a message are no padding.
    //   Proof: make check LESSON=05 CASE=answers_fixed
    (void)bytes, (void)size, (void)frame;
    errno = ENOSYS;
    perror("frame: TODO 5.7, frame_decode_fixed");
    exit(EXIT_FAILURE);
}

enum frame_result frame_decode(enum framing framing, const unsigned char *bytes,
                               size_t size, struct frame *frame)
{
    switch (framing) {
    case FRAMING_LENGTH: return frame_decode_length(bytes, size, frame);
    case FRAMING_LINE: return frame_decode_line(bytes, size, frame);
    default: return frame_decode_fixed(bytes, size, frame);
    }
}

size_t frame_encode(enum framing framing, const void *message, size_t size,
                    unsigned char frame[FRAME_MAX])
{
    // TODO 5.2: write the frame of a message, in each of the three framings.
    //   Call: memcpy(3), memset(3), htonl(3).
    //   Trap: a message is bytes: it may have a zero in it.
    //   Proof, with the next steps: make check LESSON=05 CASE=answers_length
    (void)framing, (void)message, (void)size, (void)frame;
    errno = ENOSYS;
    perror("frame: TODO 5.2, frame_encode");
    exit(EXIT_FAILURE);
}

const char *frame_obstacle(enum framing framing, const void *message,
                           size_t size)
{
    if (framing == FRAMING_LENGTH)
        return size > FRAME_LENGTH_MAX ? "more than 65536 bytes" : NULL;
    if (framing == FRAMING_FIXED)
        return size > FRAME_FIXED_SIZE ? "more than 32 bytes" : NULL;
    if (size > FRAME_LINE_MAX - 1)
        return "more than 4095 bytes";
    if (memchr(message, '\n', size) != NULL)
        return "a newline";
    const char *bytes = message;
    return size > 0 && bytes[size - 1] == '\r' ? "a '\\r' at the end" : NULL;
}

int frame_find_framing(const char *name, enum framing *framing)
{
    static const char *const names[] = {[FRAMING_LENGTH] = "length",
                                        [FRAMING_LINE] = "line",
                                        [FRAMING_FIXED] = "fixed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *framing = (enum framing)i;
            return 0;
        }
    return -1;
}
