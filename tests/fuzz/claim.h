// claim: what every fuzz target tries its inputs with.

#ifndef CLAIM_H
#define CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Has one input tried, and claims that all memory was given back: counted, as
// LeakSanitizer does not find every leak that was planted to try it.
typedef void claim_try(const uint8_t *bytes, size_t size);
void claim_run(claim_try *try_input, const uint8_t *bytes, size_t size);

// States what must be so. If it is not, says WHAT and aborts, which is a
// finding to libFuzzer.
void claim(bool is_so, const char *what);

#endif
