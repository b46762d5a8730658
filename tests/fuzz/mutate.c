#include "mutate.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROTOHEADER = 2, DIGITS_MAX = 9 };

// Where a message is, and how long its parts are, as far as they are there.
struct place {
    size_t at, header, content;
    size_t digits_at, digits; // of content-length, in the header
};

static void find_digits(const uint8_t *header, struct place *place)
{
    static const char name[] = "\"content-length\"";
    place->digits_at = place->digits = 0;
    const uint8_t *found = memmem(header, place->header, name, sizeof name - 1);
    if (found == NULL)
        return;
    size_t at = (size_t)(found - header) + sizeof name - 1;
    while (at < place->header && (header[at] == ':' || isspace(header[at])))
        at++;
    place->digits_at = at;
    while (at < place->header && isdigit(header[at]))
        at++;
    place->digits = at - place->digits_at;
}

// The message at the start of LEFT bytes, PROTOHEADER at least. Returns its
// size.
static size_t measure(const uint8_t *bytes, size_t left, struct place *place)
{
    size_t header = (size_t)bytes[0] << 8 | bytes[1];
    place->header = header > left - PROTOHEADER ? left - PROTOHEADER : header;
    find_digits(bytes + PROTOHEADER, place);
    left -= PROTOHEADER + place->header;
    place->content = place->digits > 0 ? 0 : left;
    for (size_t i = 0; i < place->digits && i < DIGITS_MAX; i++)
        place->content = place->content * 10 +
                         bytes[PROTOHEADER + place->digits_at + i] - '0';
    if (place->content > left)
        place->content = left;
    return PROTOHEADER + place->header + place->content;
}

// Chooses one of the messages. Returns false if there is none.
static bool choose(const uint8_t *bytes, size_t size, unsigned *random,
                   struct place *chosen)
{
    size_t count = 0;
    for (size_t at = 0; size - at >= PROTOHEADER;) {
        struct place place = {.at = at};
        at += measure(bytes + at, size - at, &place);
        count++;
        if (rand_r(random) % (int)count == 0)
            *chosen = place;
    }
    return count > 0;
}

// Lengths that contents rarely have.
static const char *const odd_lengths[] = {
    "-1", "0", "1", "67108864", "67108865", "9223372036854775807"};
enum { ODD_LENGTHS = sizeof odd_lengths / sizeof *odd_lengths };

// Writes the message anew with another header and content, and the lengths
// that they have; one in 16 says an odd one. Returns its size; 0 if it would be
// more than MAX.
static size_t assemble(uint8_t *out, size_t max, const struct place *old,
                       const uint8_t *header, size_t header_size,
                       const uint8_t *content, size_t content_size,
                       unsigned *random)
{
    struct place now = {.header = header_size};
    find_digits(header, &now);
    char number[24];
    snprintf(number, sizeof number, "%zu", content_size);
    size_t odd = (size_t)rand_r(random) % (16 * ODD_LENGTHS);
    if (odd < ODD_LENGTHS)
        snprintf(number, sizeof number, "%s", odd_lengths[odd]);
    bool known = now.digits > 0 && old->digits > 0;
    size_t digits = known ? strlen(number) : 0;
    size_t replaced = known ? now.digits : 0;
    size_t length = header_size - replaced + digits;
    if (length > 0xffff || PROTOHEADER + length + content_size > max)
        return 0;
    *out++ = (uint8_t)(length >> 8);
    *out++ = (uint8_t)length;
    memcpy(out, header, now.digits_at);
    out += now.digits_at;
    memcpy(out, number, digits);
    out += digits;
    size_t rest = now.digits_at + replaced;
    memcpy(out, header + rest, header_size - rest);
    memcpy(out + header_size - rest, content, content_size);
    return PROTOHEADER + length + content_size;
}

// Writes into OUT what is to take the message's place: nothing, it twice, or
// it with a part changed. Returns the size.
static size_t replace(uint8_t *out, size_t max, const uint8_t *message,
                      const struct place *place, unsigned *random)
{
    size_t size = PROTOHEADER + place->header + place->content;
    int way = rand_r(random) % 16;
    if (way == 0)
        return 0;
    if (way == 1 && 2 * size <= max) {
        memcpy(out, message, size);
        memcpy(out + size, message, size);
        return 2 * size;
    }
    // Both parts, with room for what gets longer.
    uint8_t *parts = malloc(2 * max + 2);
    if (parts == NULL)
        return 0;
    uint8_t *header = parts, *content = parts + max + 1;
    size_t header_size = place->header, content_size = place->content;
    memcpy(header, message + PROTOHEADER, header_size);
    memcpy(content, message + PROTOHEADER + header_size, content_size);
    if (way < 9)
        header_size = LLVMFuzzerMutate(header, header_size, max);
    else
        content_size = LLVMFuzzerMutate(content, content_size, max);
    size_t result = assemble(out, max, place, header, header_size, content,
                             content_size, random);
    free(parts);
    return result;
}

size_t mutate_stream(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    unsigned random = seed;
    struct place place;
    if (rand_r(&random) % 4 == 0 || size > max ||
        !choose(bytes, size, &random, &place))
        return LLVMFuzzerMutate(bytes, size, max);
    size_t old = PROTOHEADER + place.header + place.content;
    size_t behind = size - place.at - old;
    size_t room = max - place.at - behind;
    uint8_t *out = malloc(room + 1);
    if (out == NULL)
        return size;
    size_t now = replace(out, room, bytes + place.at, &place, &random);
    memmove(bytes + place.at + now, bytes + place.at + old, behind);
    memcpy(bytes + place.at, out, now);
    free(out);
    return place.at + now + behind;
}

size_t mutate_scripted(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    unsigned random = seed;
    if (size == 0 || max < 2)
        return LLVMFuzzerMutate(bytes, size, max);
    size_t script = bytes[0] < size - 1 ? bytes[0] : size - 1;
    if (rand_r(&random) % 3 > 0 && max > 1 + script)
        return 1 + script +
               mutate_stream(bytes + 1 + script, size - 1 - script,
                             max - 1 - script, (unsigned)rand_r(&random));
    uint8_t changed[UINT8_MAX];
    memcpy(changed, bytes + 1, script);
    size_t room = max - (size - script);
    room = room < sizeof changed ? room : sizeof changed;
    size_t now = room == 0 ? 0 : LLVMFuzzerMutate(changed, script, room);
    memmove(bytes + 1 + now, bytes + 1 + script, size - 1 - script);
    memcpy(bytes + 1, changed, now);
    bytes[0] = (uint8_t)now;
    return size - script + now;
}
