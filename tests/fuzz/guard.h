// guard: what the fuzz targets put around the code under test.
//
// The linker's option --wrap, which fuzz.sh passes, leads some calls of
// the code under test to guard.c first:
//
//     buffer_...     what a buffer has room for, and what was dropped from it,
//                    is poisoned: to read it is an error, though it is memory
//     json_loadb     jansson is not compiled with the sanitizers, so the bytes
//                    that it is about to read are looked at here
//     iconv_open     knows a few encodings only: others are read from disk,
//                    which is slow, and not what is to be tested
//
// What the code under test prints goes nowhere else, and is checked.

#ifndef GUARD_H
#define GUARD_H

#include "claim.h"
#include "printable.h"

// To be called once, before the first input. LOG is what the code under test
// may print: lines of ASCII, or lines of UTF-8.
void guard_prepare(enum printable_kind log);

// Looks at what was printed so far.
void guard_check_log(void);

// How often it has been printed, to standard output, in lines that begin with
// LABEL, since the last call of guard_forget_log(). *last, which is valid until
// then, is what the last of them says behind it, with its final newline.
unsigned guard_count_lines(const char *label, const char **last);
void guard_forget_log(void);

#endif
