#include "buffer.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALLEST = 256,
    KEPT = 256 * 1024, // a room up to this is not worth giving back
};

size_t buffer_size(const struct buffer *buffer)
{
    return buffer->to - buffer->from;
}

const unsigned char *buffer_bytes(const struct buffer *buffer)
{
    return buffer->memory == NULL ? NULL : buffer->memory + buffer->from;
}

// Doubling makes appending n bytes cost about n moves, however small the
// pieces are.
static int grow(struct buffer *buffer, size_t needed)
{
    size_t room = buffer->room < SMALLEST ? SMALLEST : buffer->room;
    while (room < needed && room <= SIZE_MAX / 2)
        room *= 2;
    void *memory = room < needed ? NULL : realloc(buffer->memory, room);
    if (memory == NULL) {
        errno = ENOMEM;
        return -1;
    }
    buffer->memory = memory;
    buffer->room = room;
    return 0;
}

// Who has once had much to keep need not keep the room for it. Only a room of
// which three quarters are unused is halved: so bytes are moved seldom here,
// too.
static void shrink(struct buffer *buffer)
{
    size_t waiting = buffer_size(buffer), room = buffer->room;
    while (room > KEPT && waiting <= room / 4)
        room /= 2;
    if (room == buffer->room)
        return;
    memmove(buffer->memory, buffer->memory + buffer->from, waiting);
    buffer->from = 0;
    buffer->to = waiting;
    void *memory = realloc(buffer->memory, room);
    if (memory == NULL)
        return; // what it has is large enough
    buffer->memory = memory;
    buffer->room = room;
}

void *buffer_reserve(struct buffer *buffer, size_t size)
{
    size_t waiting = buffer_size(buffer);
    if (size > SIZE_MAX - buffer->to) {
        errno = ENOMEM;
        return NULL;
    }
    // What waits moves to the front only when that costs no more than what
    // was taken before it did.
    if (size > buffer->room - buffer->to && buffer->from >= waiting) {
        if (waiting > 0)
            memcpy(buffer->memory, buffer->memory + buffer->from, waiting);
        buffer->from = 0;
        buffer->to = waiting;
    }
    if (buffer->memory == NULL || size > buffer->room - buffer->to)
        if (grow(buffer, buffer->to + size) == -1)
            return NULL;
    return buffer->memory + buffer->to;
}

void buffer_added(struct buffer *buffer, size_t size)
{
    assert(size <= buffer->room - buffer->to);
    buffer->to += size;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0)
        return 0;
    void *place = buffer_reserve(buffer, size);
    if (place == NULL)
        return -1;
    memcpy(place, bytes, size);
    buffer_added(buffer, size);
    return 0;
}

void buffer_drop(struct buffer *buffer, size_t size)
{
    assert(size <= buffer_size(buffer));
    buffer->from += size;
    if (buffer->from == buffer->to)
        buffer->from = buffer->to = 0;
    shrink(buffer);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->memory);
    *buffer = (struct buffer){.memory = NULL};
}
