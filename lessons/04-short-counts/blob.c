#include "blob.h"

#include <endian.h>
#include <string.h>

void blob_put_count(unsigned char bytes[BLOB_COUNT_SIZE], uint64_t count)
{
    count = htobe64(count);
    memcpy(bytes, &count, sizeof count);
}

uint64_t blob_get_count(const unsigned char bytes[BLOB_COUNT_SIZE])
{
    uint64_t count;
    memcpy(&count, bytes, sizeof count);
    return be64toh(count);
}

unsigned char blob_byte(uint64_t i)
{
    return (unsigned char)((i * 7 + 3) % 251);
}

size_t blob_fill(unsigned char *bytes, size_t size, uint64_t from,
                 uint64_t count)
{
    if (size > count - from)
        size = (size_t)(count - from);
    for (size_t i = 0; i < size; i++)
        bytes[i] = blob_byte(from + i);
    return size;
}
