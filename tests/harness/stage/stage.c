#include "stage/stage.h"

#include "tracer/tracer.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 64 };

// The one exception to "no globals": a check's text would otherwise have to
// hand the stage to every line of it.
static struct stage *the_stage;

struct stage *stage_current(void)
{
    return the_stage;
}

struct stage *stage_make(uint64_t seed, bool traced)
{
    struct stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        err(EXIT_FAILURE, "stage");
    stage->seed = seed;
    stage->traced = traced;
    stage->trace = trace_start();
    stage->tracer.trace = stage->trace;
    stage->tracer.descriptors_at_exit = -1;
    stage->tracer.weather.random = random_start(seed, "weather");
    stage->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (stage->epoll == -1)
        err(EXIT_FAILURE, "stage");
    the_stage = stage;
    return stage;
}

void stage_free(void)
{
    tracer_free(&the_stage->tracer);
    trace_free(the_stage->trace);
    close(the_stage->epoll);
    free(the_stage);
    the_stage = NULL;
}

void stage_blame_machine(const char *why, ...)
{
    if (the_stage->fault[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(the_stage->fault, sizeof the_stage->fault, why, arguments);
    va_end(arguments);
}

const char *stage_fault(void)
{
    return the_stage->fault[0] == '\0' ? NULL : the_stage->fault;
}

void stage_watch(struct descriptor *descriptor, uint32_t events)
{
    if (descriptor->watched == events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = descriptor};
    int how = descriptor->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(the_stage->epoll, how, descriptor->fd, &event) == -1)
        err(EXIT_FAILURE, "epoll_ctl");
    descriptor->watched = events;
}

void stage_unwatch(struct descriptor *descriptor)
{
    if (descriptor->watched != 0)
        epoll_ctl(the_stage->epoll, EPOLL_CTL_DEL, descriptor->fd, NULL);
    descriptor->watched = 0;
}

bool stage_serve(struct stage *stage, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(stage->epoll, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct descriptor *descriptor = events[i].data.ptr;
        // One served earlier in this batch may have closed this one.
        if (descriptor->fd != -1)
            descriptor->ready(descriptor, events[i].events);
    }
    tracer_release(&stage->tracer, false);
    return count > 0;
}

uint64_t stage_moved(const struct stage *stage)
{
    return stage->moved + stage->tracer.moved;
}
