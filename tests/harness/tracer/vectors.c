#include "tracer/vectors.h"

#include "kernel/memory.h"

#include <stddef.h>
#include <sys/socket.h>

bool vectors_find(const struct call *call, uint64_t *vector, uint64_t *count,
                  uint64_t *count_at)
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
