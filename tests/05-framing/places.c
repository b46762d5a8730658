#include "places.h"

#include <stdint.h>
#include <string.h>

size_t place_length(const unsigned char bytes[LENGTH_SIZE])
{
    uint32_t length;
    memcpy(&length, bytes, sizeof length);
    return be32toh(length);
}

struct place find_place(const struct wire *wire, size_t at, const char *what)
{
    struct place place = {.what = what};
    size_t next = 0;
    while (next <= at && next < wire->size) {
        const unsigned char *bytes = wire->bytes + next;
        place.from = next;
        place.number++;
        place.bytes = bytes + (wire->framing == LENGTH ? LENGTH_SIZE : 0);
        if (wire->framing == LENGTH) {
            place.message_size = place_length(bytes);
            place.size = LENGTH_SIZE + place.message_size;
        } else if (wire->framing == LINE) {
            const unsigned char *end = memchr(bytes, '\n', wire->size - next);
            place.message_size = (size_t)(end - bytes);
            place.size = place.message_size + 1;
        } else {
            place.message_size = place.size = FIXED_SIZE;
            while (place.message_size > 0 && bytes[place.message_size - 1] == 0)
                place.message_size--;
        }
        next += place.size;
    }
    return place;
}
