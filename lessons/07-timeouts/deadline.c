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
    // TODO 7.1: read SECONDS: digits, perhaps a point and digits behind it.
    //   Call: is_digit() above.
    //   Trap: a product may overflow before anybody looks at it: the number is
    //         too great as soon as it is over DEADLINE_SECONDS_MAX. strtod(3)
    //         takes "nan" and "inf", and a comma or a point as the locale says.
    //   Proof: make check LESSON=07 CASE=refuses_bad_seconds
    (void)text, (void)ns, (void)is_digit;
    errno = ENOSYS;
    perror("deadline: TODO 7.1, deadline_parse");
    exit(EXIT_FAILURE);
}

// Returns the time, in nanoseconds since whenever.
static int64_t now_ns(void)
{
    // TODO 7.2: read the clock, in nanoseconds.
    //   Call: clock_gettime(2).
    //   Trap: CLOCK_REALTIME is set, by people and over the network, and then a
    //         minute may last an hour. In an int the nanoseconds of three
    //         seconds have no room.
    //   Proof, with the next steps: make check LESSON=07 CASE=says_why
    errno = ENOSYS;
    perror("deadline: TODO 7.2, now_ns");
    exit(EXIT_FAILURE);
}

struct deadline deadline_after(int64_t ns)
{
    return (struct deadline){.at_ns = now_ns() + ns};
}

int deadline_left_ms(const struct deadline *deadline)
{
    // TODO 7.3: tell how many milliseconds are left.
    //   Call: now_ns().
    //   Trap: poll() waits for ever if it is given a negative number. 0.4 ms
    //         rounded down is 0, with which it does not wait at all. And a
    //         month has more milliseconds than an int.
    //   Proof, with the next steps: make check LESSON=07 CASE=says_why
    (void)deadline;
    errno = ENOSYS;
    perror("deadline: TODO 7.3, deadline_left_ms");
    exit(EXIT_FAILURE);
}

int deadline_wait(int fd, short events, const struct deadline *deadline)
{
    // TODO 7.4: wait until fd is ready, or the time is over: errno ETIME.
    //   Call: deadline_left_ms(), poll(2).
    //   Trap: a signal interrupts poll() (EINTR), and what is left afterwards
    //         is less than it was before. And who only looks at the time when
    //         nothing is ready never does so with a server that does not stop
    //         sending.
    //   Proof, with the next steps: make check LESSON=07 CASE=says_why
    (void)fd, (void)events, (void)deadline;
    errno = ENOSYS;
    perror("deadline: TODO 7.4, deadline_wait");
    exit(EXIT_FAILURE);
}
