// vectors: where in a program's memory the struct iovec[] of a call stands:
// readv(2), writev(2), and sendmsg(2) and recvmsg(2), which have it in a struct
// msghdr.

#ifndef VECTORS_H
#define VECTORS_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stdint.h>

// Finds the struct iovec[] of a call of LENGTH_VECTOR or LENGTH_MESSAGE: its
// address and count, and where the count is in memory (0: in a register).
// Returns true if it could be read.
bool vectors_find(const struct call *call, uint64_t *vector, uint64_t *count,
                  uint64_t *count_at);

#endif
