// tracer: watches a program's socket, descriptor and polling calls with
// ptrace(2), and makes weather. A seccomp(2) filter stops the program at
// those calls only, so the rest runs at full speed. Threads and forks are
// followed, and all of them die with the tracer (PTRACE_O_EXITKILL).
//
// Nothing is added to the program: static and sanitized builds are traced
// alike. What io_uring(7) does in a program's name is not seen.

#ifndef TRACER_H
#define TRACER_H

#include "tracer/thread.h"

#include <stdbool.h>
#include <sys/types.h>

// True if this process may trace its children: some containers forbid it.
// Tries it on a child of its own.
bool tracer_is_allowed(void);

// In the child, last before execve(2): installs the filter; if it SEES_FILES,
// which few checks need, also for the files that it opens.
// Returns 0; -1 with errno.
int tracer_install_filter(bool sees_files);

// Begins to trace process PID, a child that has not yet called
// tracer_install_filter(). Returns 0; -1 with errno.
int tracer_attach(struct tracer *tracer, pid_t pid);

// Handles what wait4(2) reported of thread TID: a stop, or its end.
void tracer_handle(struct tracer *tracer, pid_t tid, int status);

// Lets calls go on whose WEATHER_HOLD is over: all of them, or only those
// with a time limit that has passed.
void tracer_release(struct tracer *tracer, bool all);

// Lets calls go on that WEATHER_HOLD keeps from starting, but sends SIGNAL to
// their processes first: it arrives right before the call, not within it.
void tracer_signal_before(struct tracer *tracer, int signal);

// Datagrams that WEATHER_HOLD_BACK has kept leave now.
void tracer_deliver(struct tracer *tracer);

void tracer_free(struct tracer *tracer);

#endif
