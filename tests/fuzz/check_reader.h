// check_reader: what must hold of lesson 05's reader, whatever a connection
// brings. recv(2) of the code under test comes here (the linker's --wrap).

#ifndef CHECK_READER_H
#define CHECK_READER_H

#include "frame.h"

#include <stddef.h>
#include <stdint.h>

// Has a reader receive the stream, and then its end. HOW says how many bytes
// each call brings, whether signals interrupt them, and whether the end is a
// reset: bits of check_reader.c, and a seed in those above.
void check_reader(enum framing framing, const uint8_t *stream, size_t size,
                  unsigned how);

#endif
