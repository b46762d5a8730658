// record: turns a stop of the tracer into an entry of the trace, and applies
// the weather to the call that is about to start.

#ifndef RECORD_H
#define RECORD_H

#include "tracer/thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>

// linux/ptrace.h, which has PTRACE_GET_SYSCALL_INFO's structure, can't be
// included beside sys/ptrace.h; glibc names it with two underscores.

// A thread enters a call. Returns true if the call is in the trace now, and
// its end is wanted too; the thread's phase is then THREAD_IN_CALL, or
// THREAD_HELD if the call must not start yet.
bool record_entry(struct tracer *tracer, struct thread *thread,
                  const struct __ptrace_syscall_info *info);

// The call that record_entry() recorded has ended with RESULT.
void record_exit(struct tracer *tracer, struct thread *thread, int64_t result);

#endif
