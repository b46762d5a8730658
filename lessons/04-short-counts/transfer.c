#include "transfer.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum transfer recv_exactly(int fd, void *bytes, size_t size, size_t *received)
{
    // TODO 4.1: receive exactly size bytes, or say how it has ended before.
    //   Call: recv(2), as often as it takes.
    //   Trap: 0 is an end: a clean one if nothing has come yet, an early one if
    //         something has. -1 with EINTR is neither.
    //   Proof, with the next step: make check LESSON=04 CASE=clean_end
    (void)fd, (void)bytes, (void)size, (void)received;
    errno = ENOSYS;
    perror("transfer: TODO 4.1, recv_exactly");
    exit(EXIT_FAILURE);
}

// Leaves out the first SIZE bytes of the message's parts: those that have been
// sent, and with them the parts that have none left.
static void drop_sent(struct msghdr *message, size_t size)
{
    // TODO 4.3: leave out the first size bytes of the message's parts, as they
    //   have been sent.
    //   Trap: they may end anywhere: within a part, or between two. A part that
    //         has none left is none any more, and msg_iovlen counts the others.
    //   Proof, with the next steps: make check LESSON=04 CASE=answers_a_request
    (void)message, (void)size;
    errno = ENOSYS;
    perror("transfer: TODO 4.3, drop_sent");
    exit(EXIT_FAILURE);
}

int send_all_parts(int fd, struct iovec *parts, size_t count)
{
    // TODO 4.4: send all parts, as many bytes in a call as the kernel takes.
    //   Call: sendmsg(2) with MSG_NOSIGNAL and a struct msghdr that is zero but
    //         for msg_iov and msg_iovlen; drop_sent() above.
    //   Trap: writev(2) is simpler, and has no flag that keeps SIGPIPE off.
    //   Proof, with the next steps: make check LESSON=04 CASE=answers_a_request
    (void)fd, (void)parts, (void)count, (void)drop_sent;
    errno = ENOSYS;
    perror("transfer: TODO 4.4, send_all_parts");
    exit(EXIT_FAILURE);
}

int send_all(int fd, const void *bytes, size_t size)
{
    // TODO 4.5: send all size bytes.
    //   Call: send_all_parts(), or what you wrote in lesson 01.
    //   Proof, with the next step: make check LESSON=04 CASE=answers_a_request
    (void)fd, (void)bytes, (void)size;
    errno = ENOSYS;
    perror("transfer: TODO 4.5, send_all");
    exit(EXIT_FAILURE);
}
