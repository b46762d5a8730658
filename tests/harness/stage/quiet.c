#include "stage/quiet.h"

#include "base/mix.h"
#include "kernel/memory.h"
#include "stage/peer.h"
#include "kernel/procfs.h"
#include "stage/program.h"

#include <linux/futex.h>
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

// How much is left, in milliseconds, until the time at that address, by that
// clock; -1 if there is none.
static int64_t time_until(pid_t pid, uint64_t at, clockid_t clock)
{
    int64_t then = limit_at(pid, at, 1000000000);
    struct timespec now;
    clock_gettime(clock, &now);
    int64_t left = then - (int64_t)now.tv_sec * 1000 - now.tv_nsec / 1000000;
    return then == -1 ? -1 : left > 0 ? left : 0;
}

// FUTEX_WAIT has a length of time; what pthread_cond_timedwait(3) and its kin
// are made of has a point in time (futex(2)).
static int64_t futex_limit(pid_t tid, const struct thread_state *state)
{
    int operation = (int)state->args[1];
    uint64_t at = state->args[3];
    if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT)
        return limit_at(tid, at, 1000000000);
    bool by_the_day = (operation & FUTEX_CLOCK_REALTIME) != 0 ||
                      (operation & FUTEX_CMD_MASK) == FUTEX_LOCK_PI;
    return time_until(tid, at, by_the_day ? CLOCK_REALTIME : CLOCK_MONOTONIC);
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
    case SYS_futex: return futex_limit(tid, state);
    case SYS_rt_sigtimedwait: return limit_at(tid, state->args[2], 1000000000);
    case SYS_restart_syscall: return 0;
    default: return -1;
    }
}

static void look_at_thread(const struct stage *stage, pid_t tid,
                           struct quiet *look)
{
    struct thread_state state;
    if (procfs_thread(tid, &state) == -1 || state.state == 'Z' ||
        state.state == 'X')
        return;
    look->cpu_us += state.cpu_us;
    look->delay_us += state.delay_us;
    look->signature = mix(look->signature, state.switches);
    const struct thread *thread = thread_find(&stage->tracer, tid);
    if (thread != NULL && thread->phase == THREAD_STOPPED)
        return; // by SIGSTOP
    if (thread != NULL && thread->phase == THREAD_HELD) {
        // Stands still because we want it to, perhaps only for a while.
        if (thread->release_us != 0 && look->quietness == QUIET_FOREVER)
            look->quietness = QUIET_TIMED;
        return;
    }
    if (state.state == 'T')
        return; // by SIGSTOP
    if (state.state != 'S') {
        look->quietness = QUIET_NOT;
        return;
    }
    int64_t limit = time_limit(tid, &state);
    // Where /proc/TID/syscall may not be read, nothing is known of limits.
    bool timed = (limit >= 0 && limit < LONG_MS) || state.call == -1 ||
                 stage->tracer.timed_sockets;
    if (timed && look->quietness == QUIET_FOREVER)
        look->quietness = QUIET_TIMED;
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

static struct quiet look_at_threads(const struct stage *stage)
{
    static pid_t tids[QUIET_THREADS];
    size_t count = quiet_threads(stage, tids);
    struct quiet look = {.quietness = QUIET_FOREVER, .signature = count};
    for (size_t i = 0; i < count; i++)
        look_at_thread(stage, tids[i], &look);
    look.asleep = look.quietness != QUIET_NOT;
    return look;
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

struct quiet quiet_look(const struct stage *stage)
{
    struct quiet look = look_at_threads(stage);
    look.cpu_us += ended_cpu_us();
    // Only worth asking once the threads are at rest: it is the dearer part.
    if (!look.asleep)
        return look;
    uint64_t threads = look.signature;
    look.packets = procfs_has_packets();
    for (const struct peer *peer = stage->peers; peer != NULL;
         peer = peer->next)
        if (peer_in_transit(peer, &look.signature))
            look.quietness = QUIET_NOT;
    // One after the other they may all have been seen asleep, although one
    // has woken another meanwhile: whoever sleeps still, and has not run, has
    // slept all the time.
    struct quiet again = look_at_threads(stage);
    if (!again.asleep || again.signature != threads) {
        look.quietness = QUIET_NOT;
        look.asleep = false;
    }
    return look;
}
