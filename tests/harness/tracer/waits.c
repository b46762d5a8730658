#include "tracer/waits.h"

#include "kernel/arch.h"
#include "kernel/memory.h"
#include "kernel/sockets.h"
#include "trace/poll_sets.h"
#include "tracer/polled.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    SECOND_NS = 1000000000,
    MS_NS = 1000000,
    // What the kernel returns inside itself for a call that is interrupted,
    // and starts again unless a signal's handler runs (linux/errno.h).
    ERESTARTSYS = 512,
    ERESTART_RESTARTBLOCK = 516,
};

// Reads a struct timespec or, with PER_SECOND 1000000, a struct timeval; -1 if
// there is none.
static int64_t limit_at(pid_t pid, uint64_t at, int64_t per_second)
{
    int64_t limit[2];
    if (at == 0 || !memory_read(pid, at, limit, sizeof limit))
        return -1;
    return limit[0] * SECOND_NS + limit[1] * (SECOND_NS / per_second);
}

// How much is left until the time at that address, by that clock and for the
// programs.
static int64_t time_until(const struct tracer *tracer, pid_t pid, uint64_t at,
                          clockid_t clock)
{
    int64_t then = limit_at(pid, at, SECOND_NS);
    struct timespec now;
    if (then == -1 || clock_gettime(clock, &now) == -1)
        return -1;
    int64_t left = then - (int64_t)now.tv_sec * SECOND_NS - now.tv_nsec -
                   clock_ahead_ns(&tracer->clock, clock);
    return left > 0 ? left : 0;
}

// FUTEX_WAIT has a length of time; what pthread_cond_timedwait(3) and its kin
// are made of has a point in time (futex(2)).
static int64_t futex_limit(const struct tracer *tracer, pid_t tid,
                           const struct thread_state *state)
{
    int operation = (int)state->args[1];
    uint64_t at = state->args[3];
    if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT)
        return limit_at(tid, at, SECOND_NS);
    bool by_the_day = (operation & FUTEX_CLOCK_REALTIME) != 0 ||
                      (operation & FUTEX_CMD_MASK) == FUTEX_LOCK_PI;
    return time_until(tracer, tid, at,
                      by_the_day ? CLOCK_REALTIME : CLOCK_MONOTONIC);
}

// SO_RCVTIMEO or SO_SNDTIMEO: 0 means that there is none (socket(7)).
static int64_t socket_limit(const struct tracer *tracer, pid_t tid,
                            const struct thread_state *state, int option)
{
    if (!tracer->timed_sockets)
        return -1;
    const struct thread *thread = thread_find(tracer, tid);
    int fd =
        sockets_borrow(thread == NULL ? tid : thread->pid, (int)state->args[0]);
    struct timeval limit = {0, 0};
    socklen_t size = sizeof limit;
    if (fd == -1)
        return -1;
    getsockopt(fd, SOL_SOCKET, option, &limit, &size);
    close(fd);
    int64_t ns =
        (int64_t)limit.tv_sec * SECOND_NS + (int64_t)limit.tv_usec * 1000;
    return ns == 0 ? -1 : ns;
}

static int64_t milliseconds(uint64_t argument)
{
    return (int)argument < 0 ? -1 : (int64_t)(int)argument * MS_NS;
}

// Which of a socket's limits is the call's: SO_RCVTIMEO, SO_SNDTIMEO; 0: none.
static int limiting_option(long call)
{
    switch (call) {
    case SYS_accept:
    case SYS_accept4:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_read:
    case SYS_readv: return SO_RCVTIMEO;
    case SYS_connect:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_write:
    case SYS_writev:
    case SYS_sendfile: return SO_SNDTIMEO;
    default: return 0;
    }
}

int64_t waits_limit_ns(const struct tracer *tracer, pid_t tid,
                       const struct thread_state *state)
{
    const uint64_t *args = state->args;
    switch (state->call) {
#ifdef SYS_poll
    case SYS_poll: return milliseconds(args[2]);
    case SYS_select: return limit_at(tid, args[4], 1000000);
    case SYS_epoll_wait: return milliseconds(args[3]);
#endif
    case SYS_epoll_pwait: return milliseconds(args[3]);
    case SYS_ppoll: return limit_at(tid, args[2], SECOND_NS);
    case SYS_pselect6: return limit_at(tid, args[4], SECOND_NS);
    case SYS_nanosleep: return limit_at(tid, args[0], SECOND_NS);
    case SYS_clock_nanosleep:
        return ((int)args[1] & TIMER_ABSTIME) != 0
                   ? time_until(tracer, tid, args[2], (clockid_t)args[0])
                   : limit_at(tid, args[2], SECOND_NS);
    case SYS_futex: return futex_limit(tracer, tid, state);
    case SYS_rt_sigtimedwait: return limit_at(tid, args[2], SECOND_NS);
    case SYS_restart_syscall: return 0; // one of those, after a stop
    default: break;
    }
    int option = limiting_option(state->call);
    return option == 0 ? -1 : socket_limit(tracer, tid, state, option);
}

double waits_length_of_time(const struct call *call)
{
    int64_t ns = -1, first;
    uint64_t at = call->args[0];
    switch (call->info->number) {
#ifdef SYS_alarm
    case SYS_alarm: return (unsigned)at;
#endif
#ifdef SYS_poll
    case SYS_poll: ns = milliseconds(call->args[2]); break;
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait: ns = milliseconds(call->args[3]); break;
    case SYS_ppoll: ns = limit_at(call->pid, call->args[2], SECOND_NS); break;
#ifdef SYS_select
    case SYS_select: ns = limit_at(call->pid, call->args[4], 1000000); break;
#endif
    case SYS_pselect6:
        ns = limit_at(call->pid, call->args[4], SECOND_NS);
        break;
    case SYS_clock_nanosleep:
        if (((int)call->args[1] & TIMER_ABSTIME) != 0)
            return -1;
        at = call->args[2]; // fall through
    case SYS_nanosleep: ns = limit_at(call->pid, at, SECOND_NS); break;
    case SYS_setitimer: // the first time stands behind the interval
        first = (int64_t)sizeof(int64_t[2]);
        ns = limit_at(call->pid, call->args[1] + (uint64_t)first, 1000000);
        break;
    default: break;
    }
    return (double)ns / SECOND_NS;
}

static bool is_point_in_time(const struct thread_state *state)
{
    if (state->call == SYS_clock_nanosleep)
        return ((int)state->args[1] & TIMER_ABSTIME) != 0;
    return state->call == SYS_futex &&
           ((int)state->args[1] & FUTEX_CMD_MASK) != FUTEX_WAIT;
}

int64_t waits_left_ns(struct tracer *tracer, pid_t tid,
                      const struct thread_state *state)
{
    struct thread *thread = thread_find(tracer, tid);
    int64_t limit = waits_limit_ns(tracer, tid, state);
    if (thread == NULL || limit < 0 || state->call == SYS_restart_syscall)
        return -1;
    if (is_point_in_time(state))
        return limit;
    int64_t now = clock_now_ns(&tracer->clock);
    // When a call began that is not in the trace, nobody has noted: it counts
    // from when it was first seen.
    if (thread->phase != THREAD_IN_CALL &&
        thread->waiting_since != state->switches) {
        thread->waiting_since = state->switches;
        thread->began_ns = now;
    }
    int64_t left = limit - (now - thread->began_ns);
    return left > 0 ? left : 0;
}

// What the call returns when its time is up.
static int64_t result_of(long call)
{
    switch (call) {
    case SYS_futex: return -ETIMEDOUT;
    case SYS_connect: return -EINPROGRESS;
    case SYS_rt_sigtimedwait: return -EAGAIN;
    default: return limiting_option(call) == 0 ? 0 : -EAGAIN;
    }
}

void waits_time_out(struct tracer *tracer, pid_t tid,
                    const struct thread_state *state)
{
    struct thread *thread = thread_find(tracer, tid);
    if (thread == NULL)
        return;
    thread->times_out = true;
    thread->time_out_result = result_of(state->call);
    thread->time_out_ns = waits_limit_ns(tracer, tid, state);
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
}

void waits_interrupt(struct tracer *tracer, pid_t tid,
                     const struct thread_state *state)
{
    const unsigned waiting =
        CALLS_WAIT | CALLS_RECEIVE | CALLS_SEND | CALLS_ACCEPT | CALLS_CONNECT;
    struct thread *thread = thread_find(tracer, tid);
    if (thread == NULL || thread->phase != THREAD_IN_CALL)
        return;
    const struct call *call = thread_call(tracer, thread);
    if (call == NULL || (call->group & waiting) == 0)
        return;
    thread->times_out = true;
    thread->time_out_result = -EINTR;
    thread->time_out_ns = waits_left_ns(tracer, tid, state);
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
}

// What pselect(2) takes as a second's parts is nanoseconds, and what select(2)
// takes is microseconds.
static int64_t parts_of_select(const struct call *call)
{
    return call->info->number == SYS_pselect6 ? SECOND_NS : 1000000;
}

// On Linux, they say how much of their limit is left (in pselect's name libc
// has a copy of it).
static void say_left(const struct call *call, int64_t ns)
{
    const int64_t part_ns = SECOND_NS / parts_of_select(call);
    const int64_t left[2] = {ns / SECOND_NS, ns % SECOND_NS / part_ns};
    if (call->args[4] != 0 && ns >= 0)
        memory_write(call->pid, call->args[4], &left, sizeof left);
}

// The same of one that has found something, while more time has passed for the
// programs than for the kernel.
static void say_less_left(const struct tracer *tracer,
                          const struct thread *thread, const struct call *call)
{
    const int64_t passed = tracer->clock.ahead_ns - thread->began_ahead_ns;
    const int64_t left =
        limit_at(call->pid, call->args[4], parts_of_select(call));
    if (passed > 0 && left >= 0)
        say_left(call, left > passed ? left - passed : 0);
}

// select(2) finds nothing.
static void empty_sets(const struct call *call)
{
    const fd_set none = {0};
    size_t size = (size_t)(call->args[0] + 63) / 64 * 8;
    for (int i = 1; i <= 3; i++)
        if (call->args[i] != 0 && size <= sizeof none)
            memory_write(call->pid, call->args[i], &none, size);
    say_left(call, 0);
}

bool waits_find_nothing(const struct call *call)
{
    if (poll_sets_is_select(call))
        empty_sets(call);
    else if (poll_sets_is_poll(call))
        return polled_find_nothing(call);
    return call->group == CALLS_WAIT;
}

static bool was_interrupted(int64_t result)
{
    return result == -EINTR ||
           (-result >= ERESTARTSYS && -result <= ERESTART_RESTARTBLOCK);
}

int64_t waits_result(const struct tracer *tracer, struct thread *thread,
                     struct call *call, int64_t result)
{
    if (poll_sets_is_select(call) && result > 0)
        say_less_left(tracer, thread, call);
    if (!thread->times_out)
        return result;
    thread->times_out = false;
    if (!was_interrupted(result)) // it has ended by itself meanwhile
        return result;
    arch_set_result(thread->tid, thread->time_out_result);
    if (thread->time_out_result == -EINTR) {
        if (poll_sets_is_select(call))
            say_left(call, thread->time_out_ns);
        call->effect = MADE_TO_FAIL;
        return -EINTR;
    }
    if (poll_sets_is_select(call))
        empty_sets(call);
    call->effect = TIMED_OUT;
    // To a hundredth of a second: it may be what was left of a limit.
    call->waited_ms = ((uint64_t)thread->time_out_ns / MS_NS + 5) / 10 * 10;
    return thread->time_out_result;
}

void waits_finish(struct thread *thread)
{
    if (!thread->times_out || thread->phase == THREAD_IN_CALL)
        return;
    thread->times_out = false;
    arch_end_interrupted(thread->tid, thread->time_out_result);
}
