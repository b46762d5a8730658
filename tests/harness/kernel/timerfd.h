// timerfd: the timers of another process that are descriptors
// (timerfd_create(2)), seen and moved from outside.

#ifndef TIMERFD_H
#define TIMERFD_H

#include <stdint.h>
#include <sys/types.h>

// How far a process's clocks are ahead of the kernel's, and how much more the
// one that people set.
struct ahead {
    int64_t all_ns, day_ns;
};

// How long until the next timer of process PID expires, in nanoseconds; -1 if
// none is set.
int64_t timerfd_left_ns(pid_t pid, struct ahead ahead);

// Brings all of them nearer by PASSED_NS; those whose time has come then
// expire. To be called before the process's clock is moved.
void timerfd_advance(pid_t pid, int64_t passed_ns, struct ahead ahead);

#endif
