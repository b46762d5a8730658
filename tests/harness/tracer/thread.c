#include "tracer/thread.h"

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct thread *thread_find(const struct tracer *tracer, pid_t tid)
{
    for (size_t i = 0; i < tracer->count; i++)
        if (tracer->threads[i].tid == tid)
            return &tracer->threads[i];
    return NULL;
}

// The process that thread TID belongs to, from /proc/TID/status.
static pid_t process_of(pid_t tid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/status", tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return tid;
    pid_t pid = tid;
    while (fgets(text, sizeof text, file) != NULL)
        if (sscanf(text, "Tgid: %d", &pid) == 1)
            break;
    fclose(file);
    return pid;
}

struct thread *thread_add(struct tracer *tracer, pid_t tid)
{
    struct thread *known = thread_find(tracer, tid);
    if (known != NULL)
        return known;
    if (tracer->count == tracer->room) {
        tracer->room = tracer->room == 0 ? 16 : tracer->room * 2;
        tracer->threads =
            realloc(tracer->threads, tracer->room * sizeof *tracer->threads);
        if (tracer->threads == NULL)
            err(EXIT_FAILURE, "tracer");
    }
    struct thread *thread = &tracer->threads[tracer->count++];
    *thread = (struct thread){.tid = tid, .pid = process_of(tid)};
    return thread;
}

void thread_remove(struct tracer *tracer, pid_t tid)
{
    struct thread *thread = thread_find(tracer, tid);
    if (thread != NULL)
        *thread = tracer->threads[--tracer->count];
}

const struct thread *thread_held(const struct tracer *tracer)
{
    for (size_t i = 0; i < tracer->count; i++)
        if (tracer->threads[i].phase == THREAD_HELD)
            return &tracer->threads[i];
    return NULL;
}

struct call *thread_call(const struct tracer *tracer,
                         const struct thread *thread)
{
    struct event *event = trace_event(tracer->trace, thread->event);
    bool is_its_own = event != NULL && event->kind == EVENT_CALL &&
                      event->call.tid == thread->tid;
    return is_its_own ? &event->call : NULL;
}

void thread_forget_calls(struct tracer *tracer)
{
    for (size_t i = 0; i < tracer->count; i++)
        tracer->threads[i].event = SIZE_MAX;
}

const struct call *thread_blocked_call(const struct tracer *tracer, pid_t pid)
{
    const struct call *blocked = NULL;
    for (size_t i = 0; i < tracer->count; i++) {
        const struct thread *thread = &tracer->threads[i];
        if (thread->phase != THREAD_IN_CALL)
            continue;
        const struct call *call = trace_call(tracer->trace, thread->event);
        // The first thread speaks for its process.
        if (call != NULL && (blocked == NULL || thread->tid == pid))
            blocked = call;
    }
    return blocked;
}

void thread_begins_call(const struct tracer *tracer, struct thread *thread)
{
    thread->began_ns = clock_now_ns(&tracer->clock);
    thread->began_ahead_ns = tracer->clock.ahead_ns;
}
