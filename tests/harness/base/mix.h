// mix: one step of the FNV-1a hash, on words instead of bytes: for signatures
// that tell whether something has changed, not for security.
// http://www.isthe.com/chongo/tech/comp/fnv/

#ifndef MIX_H
#define MIX_H

#include <stdint.h>

// Returns HASH with VALUE mixed in.
static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(1099511628211);
}

#endif
