// tracer: watches a program's socket, descriptor and polling calls with
// ptrace(2), and makes weather. A seccomp(2) filter stops the program at
// those calls only, so the rest runs at full speed. Threads and forks are
// followed, and all of them die with the tracer (PTRACE_O_EXITKILL).
//
// Nothing is added to the program: static and sanitized builds are traced
// alike. What io_uring(7) does in a program's name is not seen.

#ifndef TRACER_H
#define TRACER_H

#include "tracer/connections.h"
#include "tracer/sites.h"
#include "trace/trace.h"
#include "tracer/weather.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum thread_phase {
    THREAD_RUNS,
    THREAD_IN_CALL, // in a call that is in the trace
    THREAD_HELD,    // kept from starting a call, by the weather
    THREAD_STOPPED, // by a stop signal
};

struct thread {
    pid_t tid, pid;
    enum thread_phase phase;
    size_t event;           // its call's number in the trace
    uint64_t stack_pointer; // at that call's entry
    uint64_t release_us;    // THREAD_HELD: when it goes on; 0 when told to
    bool restarts;          // its call was interrupted and may start again
    bool interrupt_connect; // report EINTR when the attempt has begun
    int connect_fd;         // then: on this socket,
    int saved_flags;        // whose flags were these
    struct {                // an argument that was replaced for this call
        bool replaced;
        int index;
        uint64_t value;
    } argument;
    struct {         // a vector that was shortened for this call
        uint64_t at; // address of the iov_len; 0: none
        uint64_t length;
        uint64_t count_at, count; // msg_iovlen likewise
    } vector;
};

struct tracer {
    struct trace *trace;
    struct sites sites;
    struct weather_rules weather;
    struct connections connections;
    struct thread *threads;
    size_t count, room;
    uint64_t moved;          // bytes the program has sent and received so far
    int descriptors_at_exit; // of the process that ended last; -1 unknown
    bool timed_sockets;      // it has set SO_RCVTIMEO or SO_SNDTIMEO
    bool uses_epoll;         // it has called epoll_wait(2)
};

// True if this process may trace its children: some containers forbid it.
// Tries it on a child of its own.
bool tracer_is_allowed(void);

// In the child, last before execve(2): installs the filter.
// Returns 0; -1 with errno.
int tracer_install_filter(void);

// Begins to trace process PID, a child that has not yet called
// tracer_install_filter(). Returns 0; -1 with errno.
int tracer_attach(struct tracer *tracer, pid_t pid);

// Handles what wait4(2) reported of thread TID: a stop, or its end.
void tracer_handle(struct tracer *tracer, pid_t tid, int status);

// Lets calls go on whose WEATHER_HOLD is over: all of them, or only those
// with a time limit that has passed.
void tracer_release(struct tracer *tracer, bool all);

// Returns what is known of thread TID; NULL if it is not traced.
const struct thread *tracer_thread(const struct tracer *tracer, pid_t tid);

// Returns a thread that is held up; NULL if there is none.
const struct thread *tracer_held(const struct tracer *tracer);

void tracer_free(struct tracer *tracer);

#endif
