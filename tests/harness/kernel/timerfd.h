// timerfd: the timers of another process that are descriptors
// (timerfd_create(2)), seen and moved from outside.

#ifndef TIMERFD_H
#define TIMERFD_H

#include <stdint.h>
#include <sys/types.h>

// How long until the next timer of process PID expires, in nanoseconds; -1 if
// none is set. AHEAD_NS is how far the process's clock is ahead of the
// kernel's.
int64_t timerfd_left_ns(pid_t pid, int64_t ahead_ns);

// Brings all of them nearer by PASSED_NS; those whose time has come then
// expire. To be called before the process's clock, AHEAD_NS, is moved.
void timerfd_advance(pid_t pid, int64_t passed_ns, int64_t ahead_ns);

#endif
