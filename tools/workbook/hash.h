// hash: numbers that change with what they are made of (FNV-1a, 64 bits). They
// tell contents and names apart, and keep nobody from making two that collide.

#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_OF_NOTHING UINT64_C(14695981039346656037)

// Each returns the number of what is given, behind that which HASH is of:
// HASH_OF_NOTHING, or what one of them has returned.
uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size);
uint64_t hash_text(uint64_t hash, const char *text);

// The names and contents of the files that match PATTERN (glob(7)). Those that
// can't be read are left out.
uint64_t hash_files(uint64_t hash, const char *pattern);

#endif
