#include "stage/passing.h"

#include "stage/skip.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "tracer/clock.h"

enum {
    MS_NS = 1000000,
    WAKES_MAX = 100, // so often somebody is woken at the time
};

static void note(struct stage *stage, uint64_t ms)
{
    const struct event event = {.kind = EVENT_TIME, .passed_ms = ms};
    trace_add(stage->trace, &event);
}

bool stage_pass_time(uint64_t ms)
{
    struct stage *stage = stage_current();
    const struct clock *clock = &stage->tracer.clock;
    if (!stage_settle())
        return false;
    note(stage, ms);
    int64_t until = clock_now_ns(clock) + (int64_t)ms * MS_NS;
    for (int wakes = 0;; wakes++) {
        int64_t left = until - clock_now_ns(clock);
        if (left <= 0)
            return true;
        if (wakes == WAKES_MAX) {
            skip_all(stage, left);
            left = 0;
        }
        skip_to_next(stage, left);
        if (!stage_settle())
            return false;
    }
}

bool stage_interrupt(void)
{
    struct stage *stage = stage_current();
    if (!stage_settle())
        return false;
    skip_interrupt(stage);
    return stage_settle();
}

void stage_set_clock(int64_t ms)
{
    stage_current()->tracer.clock.set_ns += ms * MS_NS;
}
