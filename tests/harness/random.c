#include "random.h"

struct random random_start(uint64_t seed, const char *purpose)
{
    // FNV-1a over the purpose, begun at the seed.
    uint64_t hash = seed ^ UINT64_C(14695981039346656037);
    for (; *purpose != '\0'; purpose++)
        hash = (hash ^ (unsigned char)*purpose) * UINT64_C(1099511628211);
    return (struct random){hash};
}

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t random_below(struct random *random, size_t limit)
{
    return (size_t)(random_next(random) % limit);
}

void random_fill(struct random *random, void *bytes, size_t size)
{
    unsigned char *next = bytes;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++, word >>= 8) {
        if (i % 8 == 0)
            word = random_next(random);
        next[i] = (unsigned char)word;
    }
}
