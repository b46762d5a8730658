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

#include "printable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// To be called once, before the first input. LOG is what the code under test
// may print: lines of ASCII, or lines of UTF-8.
void guard_prepare(enum printable_kind log);

// Has one input tried, and claims that all memory was given back: counted, as
// LeakSanitizer does not find every leak that was planted to try it.
typedef void guard_try(const uint8_t *bytes, size_t size);
void guard_run(guard_try *try_input, const uint8_t *bytes, size_t size);

// States what must be so. If it is not, says WHAT and aborts, which is a
// finding to libFuzzer.
void claim(bool is_so, const char *what);

// Looks at what was printed so far.
void guard_check_log(void);

// How often it has been printed, to standard output, in lines that begin with
// LABEL, since the last call of guard_forget_log(). *last, which is valid until
// then, is what the last of them says behind it, with its final newline.
unsigned guard_count_lines(const char *label, const char **last);
void guard_forget_log(void);

#endif
