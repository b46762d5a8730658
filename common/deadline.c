#include "deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

// isdigit() may take more for a digit, as the locale says.
static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

int deadline_parse(const char *text, int64_t *ns)
{
    const char *next = text;
    int digits = 0;
    *ns = 0;
    for (; is_digit(*next); next++, digits++) {
        *ns = *ns * 10 + (*next - '0');
        if (*ns > DEADLINE_SECONDS_MAX) {
            errno = ERANGE;
            return -1;
        }
    }
    *ns *= NS_PER_S;
    if (*next == '.') {
        next++;
        for (int64_t unit = NS_PER_S / 10; is_digit(*next);
             next++, digits = 1, unit /= 10)
            *ns += (*next - '0') * unit;
    }
    if (digits > 0 && *next == '\0')
        return 0;
    errno = EINVAL;
    return -1;
}

// Returns the time, in nanoseconds since whenever.
static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); // fails only for an unknown clock
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct deadline deadline_after(int64_t ns)
{
    return (struct deadline){.at_ns = now_ns() + ns};
}

int deadline_left_ms(const struct deadline *deadline)
{
    const int64_t left_ns = deadline->at_ns - now_ns();
    if (left_ns <= 0)
        return 0;
    // Rounded down, the last part of a millisecond would be 0: over, and it is
    // not yet.
    const int64_t left_ms = left_ns / NS_PER_MS + (left_ns % NS_PER_MS > 0);
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

int deadline_wait(int fd, short events, const struct deadline *deadline)
{
    struct pollfd one = {.fd = fd, .events = events};
    int left_ms;
    // The time is looked at before the descriptor: one that is always ready
    // would never be out of time.
    while ((left_ms = deadline_left_ms(deadline)) > 0) {
        int ready = poll(&one, 1, left_ms);
        if (ready > 0)
            return 0;
        if (ready == -1 && errno != EINTR)
            return -1;
    }
    errno = ETIME;
    return -1;
}
