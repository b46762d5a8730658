// printable: what a peer has sent, as text that does no harm to a terminal or
// to a log.

#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

// Which bytes stay as they are, besides printable ASCII.
enum printable_kind {
    PRINTABLE_BYTES, // none; and a backslash becomes two
    PRINTABLE_UTF8,  // those of other characters: for text known to be UTF-8,
                     // and to be shown as it is
};

// Writes SIZE bytes into TEXT, of ROOM bytes with its final zero: \xNN for
// what is not printable, which are also the characters that change the
// direction of the text around them; \n, \r and \t for these three. What does
// not fit is left out, and "..." stands for it. ROOM is at least 8. Returns
// TEXT.
char *printable(const void *bytes, size_t size, enum printable_kind kind,
                char *text, size_t room);

// True if there is something in this text, of SIZE bytes in UTF-8, that
// printable() would not leave as it is: a control character (ASCII's, or U+0080
// to U+009F), or one that turns text round or ends a line.
bool printable_does_harm(const char *text, size_t size);

#endif
