// content: the bytes and texts that checks send. They are freed with the
// process, except where it is said.

#ifndef CONTENT_H
#define CONTENT_H

#include "stage/peer.h"

#include <endian.h>
#include <stddef.h>

#if BYTE_ORDER == BIG_ENDIAN
#define OWN_ORDER "big"
#else
#define OWN_ORDER "little"
#endif

// Random bytes, zeros among them, that follow from the seed and from PURPOSE.
void *random_bytes(const char *purpose, size_t size);

// A text of SIZE letters: at random, likewise; or the alphabet again and again.
char *random_text(const char *purpose, size_t size);
char *alphabet_text(size_t size);

// A text as printf(3) writes it.
__attribute__((format(printf, 1, 2))) char *formatted(const char *format, ...);

// Sends bytes of all 256 values, twice: from 1 to 255, 0, and so on.
void send_every_byte(struct peer *peer);

// Converts all of a text to another encoding. Returns the result, to be freed,
// with its size in *to_size; NULL if that can't be done.
char *convert_text(const char *to, const char *from, const void *text,
                   size_t size, size_t *to_size);

#endif
