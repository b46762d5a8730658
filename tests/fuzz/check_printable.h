#ifndef CHECK_PRINTABLE_H
#define CHECK_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

// Claims of what printable() makes of these bytes, in a text of ROOM bytes,
// what printable.h promises.
void check_printable(const uint8_t *bytes, size_t size, size_t room);

#endif
