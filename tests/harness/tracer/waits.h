// waits: the calls that wait with a time limit, how long that is, and how they
// end when it has passed.

#ifndef WAITS_H
#define WAITS_H

#include "kernel/procfs.h"
#include "tracer/thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// How long the call that thread TID is blocked in may last, in nanoseconds,
// from when it began (or, for a point in time, from now); -1: for ever.
int64_t waits_limit_ns(const struct tracer *tracer, pid_t tid,
                       const struct thread_state *state);

// How many seconds a call of the groups CALLS_REST and CALLS_WAIT is about,
// where it says so in its arguments; else less than 0.
double waits_length_of_time(const struct call *call);

// How much of that is left, by the programs' time; -1: there is no limit.
int64_t waits_left_ns(struct tracer *tracer, pid_t tid,
                      const struct thread_state *state);

// That thread's time is up: its call, which STATE tells of, ends as it would.
// The stage has to be served until it has.
void waits_time_out(struct tracer *tracer, pid_t tid,
                    const struct thread_state *state);

// A signal interrupts that thread's call, if it is in one that waits for
// sockets (EINTR). The stage has to be served until it has.
void waits_interrupt(struct tracer *tracer, pid_t tid,
                     const struct thread_state *state);

// Has select(2), poll(2) or one of their kin, which is not to be made, find
// nothing. Returns false if it is none of them.
bool waits_find_nothing(const struct call *call);

// At a call's end, with what the kernel makes of it: returns its result, which
// is another one where its time is up.
int64_t waits_result(const struct tracer *tracer, struct thread *thread,
                     struct call *call, int64_t result);

// The same for a call that is not in the trace, at the thread's next stop.
void waits_finish(struct thread *thread);

#endif
