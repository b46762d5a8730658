#include "trace/trace.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct trace *trace_start(void)
{
    struct trace *trace = malloc(sizeof *trace);
    if (trace == NULL)
        err(EXIT_FAILURE, "trace");
    trace->began_us = clock_us();
    trace->count = 0;
    return trace;
}

void trace_free(struct trace *trace)
{
    free(trace);
}

uint64_t trace_now_us(const struct trace *trace)
{
    return clock_us() - trace->began_us;
}

static struct event *slot(struct trace *trace, size_t number)
{
    return number < TRACE_HEAD ? &trace->head[number]
                               : &trace->tail[number % TRACE_TAIL];
}

size_t trace_add(struct trace *trace, const struct event *event)
{
    size_t number = trace->count++;
    *slot(trace, number) = *event;
    slot(trace, number)->at_us = trace_now_us(trace);
    return number;
}

struct event *trace_event(struct trace *trace, size_t number)
{
    bool kept = number < TRACE_HEAD || number + TRACE_TAIL >= trace->count;
    return number < trace->count && kept ? slot(trace, number) : NULL;
}

const struct call *trace_call(struct trace *trace, size_t number)
{
    struct event *event = trace_event(trace, number);
    return event != NULL && event->kind == EVENT_CALL ? &event->call : NULL;
}

const struct call *trace_next_call(struct trace *trace, size_t *number)
{
    while (*number < trace->count) {
        const struct call *call = trace_call(trace, (*number)++);
        if (call != NULL)
            return call;
    }
    return NULL;
}

const struct call *trace_last_call(struct trace *trace, size_t *number)
{
    while (*number > 0) {
        const struct call *call = trace_call(trace, --*number);
        if (call != NULL)
            return call;
    }
    return NULL;
}

int call_told_error(const struct call *call)
{
    int error;
    if (call->info->number != SYS_getsockopt || !call->finished ||
        call->result != 0 || call->args[1] != SOL_SOCKET ||
        (int)call->args[2] != SO_ERROR || call->note_size < sizeof error)
        return -1;
    memcpy(&error, call->note, sizeof error);
    return error;
}

bool call_option(const struct call *call, int *value)
{
    const bool sets = call->info->number == SYS_setsockopt;
    if ((!sets && (call->info->number != SYS_getsockopt || !call->finished ||
                   call->result != 0)) ||
        (sets && call->args[4] != sizeof *value) ||
        call->note_size != sizeof *value)
        return false;
    memcpy(value, call->note, sizeof *value);
    return true;
}

const struct call *trace_nap_before(struct trace *trace,
                                    const struct call *call)
{
    size_t i = trace->count;
    bool is_before = false;
    for (const struct call *before;
         (before = trace_last_call(trace, &i)) != NULL;) {
        if (is_before && before->tid == call->tid)
            return before->info->number == SYS_nanosleep ||
                           before->info->number == SYS_clock_nanosleep
                       ? before
                       : NULL;
        is_before = is_before || before == call;
    }
    return NULL;
}
