#include "kernel/memory.h"

#include <sys/uio.h>

ssize_t memory_read_some(pid_t pid, uint64_t from, void *bytes, size_t size)
{
    struct iovec here = {bytes, size};
    struct iovec there = {(void *)(uintptr_t)from, size};
    return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

bool memory_read(pid_t pid, uint64_t from, void *bytes, size_t size)
{
    return memory_read_some(pid, from, bytes, size) == (ssize_t)size;
}

bool memory_write(pid_t pid, uint64_t to, const void *bytes, size_t size)
{
    struct iovec here = {(void *)(uintptr_t)bytes, size};
    struct iovec there = {(void *)(uintptr_t)to, size};
    return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}
