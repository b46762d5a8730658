#include "stage/skip.h"

#include "kernel/procfs.h"
#include "kernel/timerfd.h"
#include "stage/stage.h"
#include "tracer/waits.h"

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

static struct ahead ahead_of(const struct tracer *tracer)
{
    return (struct ahead){tracer->clock.ahead_ns, tracer->clock.set_ns};
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
            keep_earlier(&next, timerfd_left_ns(thread->pid, ahead_of(tracer)),
                         0, NULL);
    }
    keep_earlier(&next, clock_alarm_left_ns(&tracer->clock), 0, NULL);
    return next;
}

static void advance(struct tracer *tracer, int64_t ns)
{
    for (size_t i = 0; tracer->uses_timerfd && i < tracer->count; i++)
        if (tracer->threads[i].tid == tracer->threads[i].pid)
            timerfd_advance(tracer->threads[i].pid, ns, ahead_of(tracer));
    tracer->clock.ahead_ns += ns;
    clock_ring(&tracer->clock);
}

int64_t skip_to_next(struct stage *stage, int64_t limit_ns)
{
    struct tracer *tracer = &stage->tracer;
    struct next next = find_next(tracer);
    if (next.left_ns < 0 || next.left_ns > limit_ns) {
        advance(tracer, limit_ns);
        return limit_ns;
    }
    advance(tracer, next.left_ns);
    if (next.tid != 0)
        waits_time_out(tracer, next.tid, &next.state);
    return next.left_ns;
}

void skip_all(struct stage *stage, int64_t ns)
{
    advance(&stage->tracer, ns);
}

void skip_interrupt(struct stage *stage)
{
    struct tracer *tracer = &stage->tracer;
    for (size_t i = 0; i < tracer->count; i++) {
        const pid_t tid = tracer->threads[i].tid;
        struct thread_state state;
        if (procfs_thread(tid, &state) == 0 && state.state == 'S')
            waits_interrupt(tracer, tid, &state);
    }
}

int64_t skip_left_ns(struct stage *stage)
{
    return find_next(&stage->tracer).left_ns;
}
