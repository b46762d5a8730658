// The watch for programs that never rest. A busy machine lets a program that
// spins hardly run, and one that only wakes now and then wait for its turn: so
// what counts is what each thread takes in time of its own, which is all time
// but that in which it was ready to run and others ran, or stood still until
// the tracer, too, had its turn.

#include "kernel/procfs.h"
#include "stage/wait_inside.h"
#include "stage/wait.h"

#include <unistd.h>

enum {
    // How long programs that wake now and then are watched, in their own time;
    // how many calls they may make meanwhile, and one part in how many of it
    // they may run.
    IDLE_US = 300 * 1000,
    IDLE_CALLS = 15,
    IDLE_PARTS = 10,
    // With so much, be it in less time, they are not idle whatever follows.
    BUSY_CALLS = 60,
    BUSY_US = 100 * 1000,
    // How long those that can't wake by themselves are watched: what spins is
    // never quiet at all.
    QUIET_US = 30 * 1000,
    // How long to wait for something that happens: for those that sleep without
    // a limit, for others, and for those that have called meanwhile. The next
    // stop of these is to end the wait: so it is known when it began. In the
    // end, all that is left to wait for is that they sleep.
    QUIET_WAIT_MS = 10,
    LAST_WAIT_MS = 1,
    WAIT_MS = 50,
    CALL_WAIT_MS = 500,
    // If the processors never let it become clear, it is nobody's fault.
    UNCLEAR_US = 100 * IDLE_US,
};

enum idleness { IDLE, BUSY, UNCLEAR };

struct share {
    pid_t tid;
    uint64_t cpu_us, delay_us; // when the watch began; 0: not there yet
    size_t calls;              // since then
};

// What has happened since the watch for idleness began.
struct idle {
    uint64_t began_us, moved;
    size_t began_calls;
    uint64_t served_us; // when it was last served
    uint64_t stood_us;  // how long stops have waited for the tracer
    bool was_enough;    // time has passed, and they have taken little
    size_t count;
    struct share share[QUIET_THREADS];
};

static void begin(struct idle *idle, const struct stage *stage)
{
    static pid_t tids[QUIET_THREADS];
    idle->count = quiet_threads(stage, tids);
    for (size_t i = 0; i < idle->count; i++) {
        struct thread_state state;
        idle->share[i] = (struct share){.tid = tids[i]};
        if (procfs_thread(tids[i], &state) == -1)
            continue;
        idle->share[i].cpu_us = state.cpu_us;
        idle->share[i].delay_us = state.delay_us;
    }
    idle->began_us = idle->served_us = trace_now_us(stage->trace);
    idle->moved = stage_moved(stage) - stage->printed;
    idle->began_calls = stage->trace->count;
    idle->stood_us = 0;
    idle->was_enough = false;
}

// How long this process, too, has been ready to run while others ran.
static uint64_t own_delay_us(void)
{
    struct thread_state state;
    return procfs_thread(getpid(), &state) == 0 ? state.delay_us : 0;
}

// Serves whoever needs it, and keeps account of how long stops had to wait:
// from when this process was woken for them until it had its turn. (Where the
// time limit has woken it, they came later, nobody knows when; and whoever
// makes them has waited for a turn, too, which is counted as that.)
static bool serve(struct stage *stage, struct idle *idle, int timeout_ms)
{
    uint64_t from_us = trace_now_us(stage->trace), delay_us = own_delay_us();
    bool busy = stage_serve(stage, timeout_ms);
    uint64_t now_us = trace_now_us(stage->trace);
    uint64_t passed_us = now_us - from_us;
    delay_us = own_delay_us() - delay_us;
    uint64_t slept_us = passed_us > delay_us ? passed_us - delay_us : 0;
    bool by_limit = slept_us >= (uint64_t)timeout_ms * 1000;
    if (busy)
        idle->stood_us +=
            from_us - idle->served_us + (by_limit ? 0 : passed_us - slept_us);
    idle->served_us = now_us;
    return busy;
}

static struct share *share_of(struct idle *idle, pid_t tid)
{
    static struct share ended;
    for (size_t i = 0; i < idle->count; i++)
        if (idle->share[i].tid == tid)
            return &idle->share[i];
    if (idle->count == QUIET_THREADS)
        return &ended;
    idle->share[idle->count] = (struct share){.tid = tid};
    return &idle->share[idle->count++];
}

static void count_calls(struct idle *idle, struct trace *trace)
{
    for (size_t i = 0; i < idle->count; i++)
        idle->share[i].calls = 0;
    size_t i = idle->began_calls;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        share_of(idle, call->tid)->calls++;
}

// What the programs take: in each second of their own time, and in all.
struct taken {
    double calls, cpu_us; // in IDLE_US
    uint64_t all_cpu_us;
    uint64_t least_us; // the time of its own of who had the least of it
};

static struct taken taken_since(struct idle *idle, const struct stage *stage)
{
    static pid_t tids[QUIET_THREADS];
    uint64_t passed_us = trace_now_us(stage->trace) - idle->began_us;
    struct taken taken = {.least_us = passed_us};
    count_calls(idle, stage->trace);
    size_t count = quiet_threads(stage, tids);
    for (size_t i = 0; i < count; i++) {
        struct thread_state state;
        const struct share *share = share_of(idle, tids[i]);
        if (procfs_thread(tids[i], &state) == -1)
            continue;
        uint64_t cpu_us = state.cpu_us - share->cpu_us;
        uint64_t others_us = state.delay_us - share->delay_us +
                             (share->calls > 0 ? idle->stood_us : 0);
        uint64_t own_us = passed_us > others_us ? passed_us - others_us : 0;
        if (own_us < cpu_us + 1)
            own_us = cpu_us + 1;
        if (own_us < taken.least_us)
            taken.least_us = own_us;
        taken.calls += (double)share->calls * (double)IDLE_US / (double)own_us;
        taken.cpu_us += (double)cpu_us * (double)IDLE_US / (double)own_us;
        taken.all_cpu_us += cpu_us;
    }
    return taken;
}

static enum idleness weigh(struct idle *idle, const struct stage *stage,
                           bool asleep)
{
    struct taken taken = taken_since(idle, stage);
    if (taken.least_us < IDLE_US)
        return taken.all_cpu_us >= BUSY_US ||
                       stage->trace->count - idle->began_calls >= BUSY_CALLS
                   ? BUSY
                   : UNCLEAR;
    if (taken.calls > (double)IDLE_CALLS ||
        taken.cpu_us > (double)IDLE_US / (double)IDLE_PARTS)
        return BUSY;
    // Who is awake, or stands still, may have waited for long already.
    idle->was_enough = true;
    return asleep || taken.least_us >= UNCLEAR_US ? IDLE : UNCLEAR;
}

static int wait_ms(const struct idle *idle, const struct stage *stage,
                   const struct quiet *look)
{
    if (look->quietness == QUIET_FOREVER)
        return QUIET_WAIT_MS;
    if (idle->was_enough)
        return LAST_WAIT_MS;
    return stage->trace->count > idle->began_calls ? CALL_WAIT_MS : WAIT_MS;
}

bool stage_is_idle(void)
{
    static struct idle idle;
    struct stage *stage = stage_current();
    stage_forget_progress(stage);
    struct quiet look = stage_look(stage);
    bool was_busy = false;
    begin(&idle, stage);
    for (;;) {
        bool busy = serve(stage, &idle, wait_ms(&idle, stage, &look));
        if (!stage_time_to_look(stage, busy))
            continue;
        look = stage_look(stage);
        if (look.quietness == QUIET_FOREVER && !look.packets &&
            stage->progress.looked_us - stage->progress.quiet_us >= QUIET_US)
            return true;
        if (stage_is_endless(stage))
            return false;
        // What still moves has its reason: the watch begins again. (Printing
        // now and then is no such reason.)
        if (stage_moved(stage) - stage->printed != idle.moved)
            begin(&idle, stage);
        enum idleness idleness = weigh(&idle, stage, look.asleep);
        if (idleness == IDLE)
            return true;
        // What a thread's own time was, is known badly where everybody waits
        // for a processor: whoever is busy is so a second time.
        if (idleness == BUSY && was_busy)
            return false;
        if (idleness == BUSY)
            begin(&idle, stage);
        was_busy = was_busy || idleness == BUSY;
    }
}
