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
    if (size < FRAME_HEADER_SIZE)
        return FRAME_INCOMPLETE;
    uint32_t length;
    memcpy(&length, bytes, sizeof length);
    length = ntohl(length);
    if (length > FRAME_LENGTH_MAX) {
        frame->problem = "a length over 65536";
        frame->at = 0;
        return FRAME_MALFORMED;
    }
    if (size - FRAME_HEADER_SIZE < length)
        return FRAME_INCOMPLETE;
    frame->message = bytes + FRAME_HEADER_SIZE;
    frame->size = length;
    frame->consumed = FRAME_HEADER_SIZE + frame->size;
    return FRAME_DONE;
}

enum frame_result frame_decode_line(const unsigned char *bytes, size_t size,
                                    struct frame *frame)
{
    if (size > FRAME_LINE_MAX)
        size = FRAME_LINE_MAX; // a newline behind that is too late
    const unsigned char *newline = memchr(bytes, '\n', size);
    if (newline == NULL && size < FRAME_LINE_MAX)
        return FRAME_INCOMPLETE;
    if (newline == NULL) {
        frame->problem = "a line over 4096 bytes";
        frame->at = FRAME_LINE_MAX - 1;
        return FRAME_MALFORMED;
    }
    frame->message = bytes;
    frame->size = (size_t)(newline - bytes);
    frame->consumed = frame->size + 1;
    if (frame->size > 0 && bytes[frame->size - 1] == '\r')
        frame->size--;
    return FRAME_DONE;
}

enum frame_result frame_decode_fixed(const unsigned char *bytes, size_t size,
                                     struct frame *frame)
{
    if (size < FRAME_FIXED_SIZE)
        return FRAME_INCOMPLETE;
    frame->message = bytes;
    frame->size = FRAME_FIXED_SIZE;
    frame->consumed = FRAME_FIXED_SIZE;
    while (frame->size > 0 && bytes[frame->size - 1] == '\0')
        frame->size--;
    return FRAME_DONE;
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
    if (framing == FRAMING_LENGTH) {
        const uint32_t length = htonl((uint32_t)size);
        memcpy(frame, &length, sizeof length);
        memcpy(frame + FRAME_HEADER_SIZE, message, size);
        return FRAME_HEADER_SIZE + size;
    }
    memcpy(frame, message, size);
    if (framing == FRAMING_LINE) {
        frame[size] = '\n';
        return size + 1;
    }
    memset(frame + size, '\0', FRAME_FIXED_SIZE - size);
    return FRAME_FIXED_SIZE;
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
