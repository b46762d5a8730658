// memory: reads and writes a traced program's memory; process_vm_readv(2).

#ifndef MEMORY_H
#define MEMORY_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Copies SIZE bytes from, or to, an address in process PID.
// Returns true if all of them could be copied.
bool memory_read(pid_t pid, uint64_t from, void *bytes, size_t size);
bool memory_write(pid_t pid, uint64_t to, const void *bytes, size_t size);

// Finds the struct iovec[] of a call of LENGTH_VECTOR or LENGTH_MESSAGE: its
// address and count, and where the count is in memory (0: in a register).
bool memory_find_vector(const struct call *call, uint64_t *vector,
                        uint64_t *count, uint64_t *count_at);

#endif
