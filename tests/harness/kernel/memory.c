#include "kernel/memory.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

bool memory_read(pid_t pid, uint64_t from, void *bytes, size_t size)
{
    struct iovec here = {bytes, size};
    struct iovec there = {(void *)(uintptr_t)from, size};
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

bool memory_write(pid_t pid, uint64_t to, const void *bytes, size_t size)
{
    struct iovec here = {(void *)(uintptr_t)bytes, size};
    struct iovec there = {(void *)(uintptr_t)to, size};
    return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

bool memory_find_vector(const struct call *call, uint64_t *vector,
                        uint64_t *count, uint64_t *count_at)
{
    *vector = call->args[1];
    *count = call->args[2];
    *count_at = 0;
    if (call->info->length != LENGTH_MESSAGE)
        return true;
    struct msghdr message;
    if (!memory_read(call->pid, call->args[1], &message, sizeof message))
        return false;
    *vector = (uint64_t)(uintptr_t)message.msg_iov;
    *count = message.msg_iovlen;
    *count_at = call->args[1] + offsetof(struct msghdr, msg_iovlen);
    return true;
}
