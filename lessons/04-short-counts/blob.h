// blob: what blob_server and blob_client have agreed on.

#ifndef BLOB_H
#define BLOB_H

#include <stddef.h>
#include <stdint.h>

enum { BLOB_COUNT_SIZE = 8 };              // bytes of a COUNT on the wire
#define BLOB_COUNT_MAX (UINT64_C(1) << 40) // no COUNT is larger

// Writes COUNT as it goes over the wire: unsigned, in network byte order.
void blob_put_count(unsigned char bytes[BLOB_COUNT_SIZE], uint64_t count);

// Reads what blob_put_count() wrote; anything may come from outside.
uint64_t blob_get_count(const unsigned char bytes[BLOB_COUNT_SIZE]);

// Returns byte I of every blob.
unsigned char blob_byte(uint64_t i);

// Writes the bytes from FROM on, up to SIZE of them and not beyond COUNT.
// Returns how many.
size_t blob_fill(unsigned char *bytes, size_t size, uint64_t from,
                 uint64_t count);

#endif
