#include "transfer.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum transfer recv_exactly(int fd, void *bytes, size_t size, size_t *received)
{
    *received = 0;
    while (*received < size) {
        ssize_t got = recv(fd, (char *)bytes + *received, size - *received, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return TRANSFER_FAILED;
        if (got == 0)
            return *received == 0 ? TRANSFER_END : TRANSFER_EARLY_END;
        *received += (size_t)got;
    }
    return TRANSFER_COMPLETE;
}

// Leaves out the first SIZE bytes of the message's parts: those that have been
// sent, and with them the parts that have none left.
static void drop_sent(struct msghdr *message, size_t size)
{
    while (message->msg_iovlen > 0 && size >= message->msg_iov->iov_len) {
        size -= message->msg_iov->iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen > 0) {
        message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + size;
        message->msg_iov->iov_len -= size;
    }
}

int send_all_parts(int fd, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    drop_sent(&message, 0); // a part without a byte may stand first
    while (message.msg_iovlen > 0) {
        // writev() would do the same, and has no place for MSG_NOSIGNAL.
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        drop_sent(&message, (size_t)sent);
    }
    return 0;
}

int send_all(int fd, const void *bytes, size_t size)
{
    // The kernel only reads from there: iov_base has no const as it also serves
    // readv(2).
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    return send_all_parts(fd, &part, 1);
}
