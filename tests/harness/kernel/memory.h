// memory: reads and writes a traced program's memory; process_vm_readv(2).

#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Copies SIZE bytes from, or to, an address in process PID.
// Returns true if all of them could be copied.
bool memory_read(pid_t pid, uint64_t from, void *bytes, size_t size);
bool memory_write(pid_t pid, uint64_t to, const void *bytes, size_t size);

// Copies as many of them as can be read, up to a page that can't be.
// Returns how many; -1 with errno if none can.
ssize_t memory_read_some(pid_t pid, uint64_t from, void *bytes, size_t size);

#endif
