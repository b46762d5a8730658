#include "stage/quiet.h"

#include "base/mix.h"
#include "kernel/memory.h"
#include "stage/peer.h"
#include "kernel/procfs.h"
#include "stage/program.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A time limit of this or more is as good as none: nobody waits for it.
enum { LONG_MS = 10000 };

// Reads a struct timespec or, with PER_SECOND 1000000, a struct timeval.
// Returns its milliseconds; -1 if there is none: wait for ever.
static int64_t limit_at(pid_t pid, uint64_t at, int64_t per_second)
{
    int64_t limit[2];
    if (at == 0 || !memory_read(pid, at, limit, sizeof limit))
        return -1;
    return limit[0] * 1000 + limit[1] * 1000 / per_second;
}

// How long the call that the thread is blocked in may last; -1: for ever.
static int64_t time_limit(pid_t tid, const struct thread_state *state)
{
    switch (state->call) {
#ifdef SYS_poll
    case SYS_poll: return (int)state->args[2];
    case SYS_select: return limit_at(tid, state->args[4], 1000000);
    case SYS_epoll_wait: return (int)state->args[3];
#endif
    case SYS_epoll_pwait: return (int)state->args[3];
    case SYS_ppoll: return limit_at(tid, state->args[2], 1000000000);
    case SYS_pselect6: return limit_at(tid, state->args[4], 1000000000);
    case SYS_nanosleep: return limit_at(tid, state->args[0], 1000000000);
    case SYS_clock_nanosleep:
        // An absolute time (TIMER_ABSTIME) counts as a short limit.
        return state->args[1] != 0 ? 0
                                   : limit_at(tid, state->args[2], 1000000000);
    case SYS_futex:
    case SYS_rt_sigtimedwait:
        return limit_at(tid, state->args[state->call == SYS_futex ? 3 : 2],
                        1000000000);
    case SYS_restart_syscall: return 0;
    default: return -1;
    }
}

static void look_at_thread(const struct stage *stage, pid_t tid,
                           struct quiet_report *report)
{
    struct thread_state state;
    if (procfs_thread(tid, &state) == -1 || state.state == 'Z' ||
        state.state == 'X')
        return;
    report->cpu_us += state.cpu_us;
    report->delay_us += state.delay_us;
    report->signature = mix(report->signature, state.switches);
    const struct thread *thread = thread_find(&stage->tracer, tid);
    if (thread != NULL && thread->phase == THREAD_STOPPED)
        return; // by SIGSTOP
    if (thread != NULL && thread->phase == THREAD_HELD) {
        // Stands still because we want it to, perhaps only for a while.
        if (thread->release_us != 0 && report->quiet == QUIET_FOREVER)
            report->quiet = QUIET_TIMED;
        return;
    }
    if (state.state == 'T')
        return; // by SIGSTOP
    if (state.state != 'S') {
        report->quiet = QUIET_NOT;
        return;
    }
    int64_t limit = time_limit(tid, &state);
    // Where /proc/TID/syscall may not be read, nothing is known of limits.
    bool timed = (limit >= 0 && limit < LONG_MS) || state.call == -1 ||
                 stage->tracer.timed_sockets;
    if (timed && report->quiet == QUIET_FOREVER)
        report->quiet = QUIET_TIMED;
}

size_t quiet_threads(const struct stage *stage, pid_t tids[QUIET_THREADS])
{
    size_t count = 0;
    if (!stage->traced) {
        count = procfs_descendants(getpid(), tids, QUIET_THREADS);
        return count < QUIET_THREADS ? count : QUIET_THREADS;
    }
    for (; count < stage->tracer.count && count < QUIET_THREADS; count++)
        tids[count] = stage->tracer.threads[count].tid;
    return count;
}

static struct quiet_report look_at_threads(const struct stage *stage)
{
    static pid_t tids[QUIET_THREADS];
    size_t count = quiet_threads(stage, tids);
    struct quiet_report report = {.quiet = QUIET_FOREVER, .signature = count};
    for (size_t i = 0; i < count; i++)
        look_at_thread(stage, tids[i], &report);
    report.asleep = report.quiet != QUIET_NOT;
    return report;
}

// What those took that have ended and were waited for: a program may consist of
// nothing but processes that come and go.
static uint64_t ended_cpu_us(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_CHILDREN, &usage) == -1)
        return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct quiet_report quiet_look(const struct stage *stage)
{
    struct quiet_report report = look_at_threads(stage);
    report.cpu_us += ended_cpu_us();
    // Only worth asking once the threads are at rest: it is the dearer part.
    if (!report.asleep)
        return report;
    uint64_t threads = report.signature;
    report.packets = procfs_has_packets();
    for (const struct peer *peer = stage->peers; peer != NULL;
         peer = peer->next)
        if (peer_in_transit(peer, &report.signature))
            report.quiet = QUIET_NOT;
    // One after the other they may all have been seen asleep, although one
    // has woken another meanwhile: whoever sleeps still, and has not run, has
    // slept all the time.
    struct quiet_report again = look_at_threads(stage);
    if (!again.asleep || again.signature != threads) {
        report.quiet = QUIET_NOT;
        report.asleep = false;
    }
    return report;
}
