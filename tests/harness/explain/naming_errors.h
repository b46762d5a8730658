// naming_errors: what it means that an error of getnameinfo(3) stands in a line
// where an address should.

#ifndef NAMING_ERRORS_H
#define NAMING_ERRORS_H

#include <stddef.h>

// Returns what it means that one of gai_strerror(3)'s texts stands in the SIZE
// bytes of LINE; NULL if none does.
const char *meaning_of_naming_error(const char *line, size_t size);

#endif
