// random: numbers that follow from a seed alone, so that a run can be
// repeated. Not for secrets. The generator is SplitMix64 (Steele, Lea and
// Flood, OOPSLA 2014).

#ifndef RANDOM_H
#define RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

// A generator for SEED and a purpose: two purposes with the same seed give
// unrelated numbers, so that one more draw for one never changes the other.
struct random random_start(uint64_t seed, const char *purpose);

uint64_t random_next(struct random *random);

// 0 to limit - 1; limit must not be 0.
size_t random_below(struct random *random, size_t limit);

void random_fill(struct random *random, void *bytes, size_t size);

// The same for what a program is to pass on unchanged: whatever the seed, no
// byte is like the one before it, and from RANDOM_TELLING bytes on each of
// those stands between others on which mistakes depend: a zero, a newline, a
// %, a 0xff... (In 300 bytes that are only random, often one of them is
// missing.)
enum { RANDOM_TELLING = 64 };
void random_payload(struct random *random, void *bytes, size_t size);

// SIZE letters, none like the one before it.
void random_letters(struct random *random, char *letters, size_t size);

#endif
