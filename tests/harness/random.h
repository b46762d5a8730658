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

#endif
