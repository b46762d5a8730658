#ifndef CHECK_PRINTABLE_H
#define CHECK_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Claims of what printable() makes of these bytes, in a text of ROOM bytes,
// what printable.h promises.
void check_printable(const uint8_t *bytes, size_t size, size_t room);

// True if no terminal would obey anything in this text, of SIZE bytes in UTF-8.
bool is_harmless(const uint8_t *text, size_t size);

#endif
