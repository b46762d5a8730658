// buffer: bytes that wait: appended at the end, taken from the start. For what
// has been received and is not complete yet, or is to be sent and has not been
// taken yet.
//
// It grows as it is filled, never by what somebody announces, and shrinks as it
// is emptied; but up to 256 KiB it keeps what it has. A buffer that is all
// zeros is empty, and holds no memory.

#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>

struct buffer {
    unsigned char *memory;
    size_t from, to; // what waits: memory[from] up to, but not with, [to]
    size_t room;     // the size of memory
};

// How many bytes wait, and the first of them, which is valid until the buffer
// is changed. Of an empty buffer it may be NULL.
size_t buffer_size(const struct buffer *buffer);
const unsigned char *buffer_bytes(const struct buffer *buffer);

// Makes room for SIZE bytes behind what waits, to be written by the caller and
// then counted by buffer_added(). Returns where they go; NULL with errno
// ENOMEM, and then the same bytes wait. More than there is room for can't be
// counted: an assertion fails.
void *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_added(struct buffer *buffer, size_t size);

// Appends a copy of SIZE bytes. Returns 0; -1 with errno ENOMEM, and then the
// same bytes wait as before.
int buffer_append(struct buffer *buffer, const void *bytes, size_t size);

// Takes SIZE bytes from the start. There must be as many, or an assertion
// fails.
void buffer_drop(struct buffer *buffer, size_t size);

// Gives the memory back. The buffer is empty then, and can be used again.
void buffer_free(struct buffer *buffer);

#endif
