// digest: what digest_server and digest_client have agreed on.

#ifndef DIGEST_H
#define DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A content may have so many bytes; of a larger one there is no digest.
enum { DIGEST_CONTENT_MAX = 16 * 1024 * 1024 };

// The two answers: "SIZE CRC32\n", and this one. Bytes that hold either, with a
// terminating zero: "18446744073709551615 ffffffff\n".
#define DIGEST_TOO_LARGE "too large\n"
enum { DIGEST_LINE_SIZE = 31 };

// What is known of a content so far; all zero at its beginning.
struct digest {
    uint64_t size; // in bytes
    uint32_t crc;  // the CRC-32 of zlib, gzip and zip; RFC 1952, section 8
};

// Adds the next SIZE bytes of the content.
void digest_add(struct digest *digest, const void *bytes, size_t size);

// Writes the answer, "SIZE CRC32\n": a decimal number, and 8 hexadecimal
// digits. Returns its length.
size_t digest_write(const struct digest *digest, char line[DIGEST_LINE_SIZE]);

// True if these bytes are exactly one line as digest_write() writes it.
bool digest_is_answer(const char *bytes, size_t size);

#endif
