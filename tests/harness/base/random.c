#include "base/random.h"

#include "base/mix.h"

#include <stdbool.h>

// On these depends what becomes of the bytes in a program that takes them for
// text, for lines, for a format, for signed numbers or for the end of a file.
static const unsigned char telling[] = {
    '\0', '\n', '\r', '%', '\\', 0x7f, 0x80, 0xff,
};

struct random random_start(uint64_t seed, const char *purpose)
{
    // FNV-1a over the purpose, begun at the seed.
    uint64_t hash = seed ^ UINT64_C(14695981039346656037);
    for (; *purpose != '\0'; purpose++)
        hash = mix(hash, (unsigned char)*purpose);
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

// Where a byte stands that has to be there: one in each of as many parts of
// the whole. Returns how many there are.
static size_t place_telling(struct random *random, size_t size, size_t at[])
{
    static const size_t count = sizeof telling / sizeof *telling;
    size_t part = (size - 2) / count;
    for (size_t i = 0; i < count; i++)
        at[i] = 1 + i * part + random_below(random, part);
    return count;
}

void random_payload(struct random *random, void *bytes, size_t size)
{
    unsigned char *out = bytes;
    size_t at[sizeof telling], count = 0, next = 0;
    random_fill(random, bytes, size);
    if (size >= RANDOM_TELLING)
        count = place_telling(random, size, at);
    size_t turn = random_below(random, sizeof telling);
    for (size_t i = 0; i < count; i++)
        out[at[i]] = telling[(i + turn) % count];
    for (size_t i = 0; i < size; i++) {
        bool stays = next < count && at[next] == i;
        next += stays;
        while (!stays && ((i > 0 && out[i] == out[i - 1]) ||
                          (i + 1 < size && out[i] == out[i + 1])))
            out[i]++;
    }
}

void random_letters(struct random *random, char *letters, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        size_t letter = random_below(random, 26);
        if (i > 0 && letters[i - 1] == (char)('a' + letter))
            letter = (letter + 1) % 26;
        letters[i] = (char)('a' + letter);
    }
}
