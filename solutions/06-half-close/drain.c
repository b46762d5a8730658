#include "drain.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { PIECE_SIZE = 16384 };

// The time in milliseconds, on a clock that nobody sets.
static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits until there is something to receive, bytes or an end, or the clock says
// END_MS. Returns 0; -1 with errno, ETIMEDOUT if that time has come.
static int wait_until(int fd, int64_t end_ms)
{
    for (;;) {
        int64_t left = end_ms - now_ms();
        if (left < 0)
            left = 0;
        int ready = poll(&(struct pollfd){fd, POLLIN, 0}, 1, (int)left);
        if (ready > 0)
            return 0;
        if (ready == 0)
            errno = ETIMEDOUT;
        if (ready == 0 || errno != EINTR)
            return -1;
    }
}

int drain(int fd)
{
    if (shutdown(fd, SHUT_WR) == -1)
        return -1;
    char piece[PIECE_SIZE];
    const int64_t end_ms = now_ms() + DRAIN_ALL_MS;
    for (size_t thrown = 0; thrown <= DRAIN_BYTES;) {
        int64_t until_ms = now_ms() + DRAIN_SILENCE_MS;
        if (wait_until(fd, until_ms < end_ms ? until_ms : end_ms) == -1)
            return -1;
        ssize_t got = recv(fd, piece, sizeof piece, 0);
        if (got == 0)
            return 0;
        if (got == -1 && errno != EINTR)
            return -1;
        if (got > 0)
            thrown += (size_t)got;
    }
    errno = EFBIG;
    return -1;
}
