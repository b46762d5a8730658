#include "digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

void digest_add(struct digest *digest, const void *bytes, size_t size)
{
    digest->crc = (uint32_t)crc32_z(digest->crc, bytes, size);
    digest->size += size;
}

size_t digest_write(const struct digest *digest, char line[DIGEST_LINE_SIZE])
{
    return (size_t)snprintf(line, DIGEST_LINE_SIZE,
                            "%" PRIu64 " %08" PRIx32 "\n", digest->size,
                            digest->crc);
}

// How many of the bytes from FROM on are among THESE.
static size_t span(const char *bytes, size_t size, size_t from,
                   const char *these)
{
    size_t count = 0;
    while (from + count < size && bytes[from + count] != '\0' &&
           strchr(these, bytes[from + count]) != NULL)
        count++;
    return count;
}

bool digest_is_answer(const char *bytes, size_t size)
{
    const size_t digits = span(bytes, size, 0, "0123456789");
    if (digits == 0 || digits + sizeof " 01234567\n" - 1 != size)
        return false;
    return bytes[digits] == ' ' && bytes[size - 1] == '\n' &&
           span(bytes, size, digits + 1, "0123456789abcdef") == 8;
}
