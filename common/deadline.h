// deadline: a point in time until which something is to be done, however many
// calls that takes, and whatever interrupts them.
//
// A limit for each call is none for all of them: who gets a byte now and then
// begins to wait anew each time. So each wait is given what is left.
//
// The time is that of CLOCK_MONOTONIC, which nobody can set; clock_gettime(2).
//
// Nothing here prints or exits. Lesson 07 has you write deadline.c yourself;
// the later lessons are given it.

#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdint.h>

#define DEADLINE_SECONDS_MAX 1000000000 // some 31 years

struct deadline {
    int64_t at_ns; // nanoseconds, by that clock
};

// Reads TEXT as seconds: digits, and perhaps a point with digits behind it; up
// to DEADLINE_SECONDS_MAX. What is less than a nanosecond counts for nothing.
// Returns 0 with the nanoseconds in *ns; -1 with errno, EINVAL if TEXT is no
// such number, ERANGE if it is too great.
int deadline_parse(const char *text, int64_t *ns);

// Returns the deadline that many nanoseconds from now; 0 up to those of
// DEADLINE_SECONDS_MAX.
struct deadline deadline_after(int64_t ns);

// Returns how many milliseconds are left until then, as poll(2) takes them:
// rounded up, INT_MAX if there are more, and 0 only if the time is over.
int deadline_left_ms(const struct deadline *deadline);

// Waits until FD is ready for EVENTS, POLLIN or POLLOUT, or has an error; goes
// on after a signal (EINTR), for what is left then.
// Returns 0 if it is ready; -1 with errno, ETIME if the time is over, even if
// it is ready all the same. (ETIMEDOUT is what a connection itself may fail
// with.)
int deadline_wait(int fd, short events, const struct deadline *deadline);

#endif
