#include "stage/passing.h"

#include "kernel/procfs.h"
#include "kernel/timerfd.h"
#include "stage/quiet.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "tracer/waits.h"

enum {
    MS_NS = 1000000,
    WAKES_MAX = 100, // so often somebody is woken at the time
};

// What comes next, and to whom.
struct next {
    int64_t left_ns; // -1: nothing
    pid_t tid;       // whose call is over then; 0: a timer's
    struct thread_state state;
};

static void keep_earlier(struct next *next, int64_t left_ns, pid_t tid,
                         const struct thread_state *state)
{
    if (left_ns < 0 || (next->left_ns >= 0 && next->left_ns <= left_ns))
        return;
    next->left_ns = left_ns;
    next->tid = tid;
    if (state != NULL)
        next->state = *state;
}

static struct next find_next(struct tracer *tracer)
{
    struct next next = {.left_ns = -1};
    for (size_t i = 0; i < tracer->count; i++) {
        const struct thread *thread = &tracer->threads[i];
        struct thread_state state;
        if (procfs_thread(thread->tid, &state) == 0 && state.state == 'S')
            keep_earlier(&next, waits_left_ns(tracer, thread->tid, &state),
                         thread->tid, &state);
        if (tracer->uses_timerfd && thread->tid == thread->pid)
            keep_earlier(&next,
                         timerfd_left_ns(thread->pid, tracer->clock.ahead_ns),
                         0, NULL);
    }
    keep_earlier(&next, clock_alarm_left_ns(&tracer->clock), 0, NULL);
    return next;
}

static void advance(struct tracer *tracer, int64_t ns)
{
    for (size_t i = 0; tracer->uses_timerfd && i < tracer->count; i++)
        if (tracer->threads[i].tid == tracer->threads[i].pid)
            timerfd_advance(tracer->threads[i].pid, ns,
                            tracer->clock.ahead_ns);
    tracer->clock.ahead_ns += ns;
    clock_ring(&tracer->clock);
}

static void note(struct stage *stage, uint64_t ms)
{
    const struct event event = {.kind = EVENT_TIME, .passed_ms = ms};
    trace_add(stage->trace, &event);
}

bool stage_pass_time(uint64_t ms)
{
    struct stage *stage = stage_current();
    struct tracer *tracer = &stage->tracer;
    if (!stage_settle())
        return false;
    note(stage, ms);
    int64_t until = clock_now_ns(&tracer->clock) + (int64_t)ms * MS_NS;
    for (int wakes = 0;; wakes++) {
        int64_t left = until - clock_now_ns(&tracer->clock);
        struct next next = find_next(tracer);
        if (left <= 0 || next.left_ns < 0 || next.left_ns > left) {
            advance(tracer, left > 0 ? left : 0);
            return stage_settle();
        }
        advance(tracer, wakes < WAKES_MAX ? next.left_ns : left);
        if (next.tid != 0)
            waits_time_out(tracer, next.tid, &next.state);
        if (!stage_settle())
            return false;
    }
}
