#include "tracer/thread.h"
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

enum { TID = 1000, OTHER = 2000 };

static size_t calls(struct trace *trace, pid_t tid)
{
    const struct event event = {.kind = EVENT_CALL, .call.tid = tid};
    return trace_add(trace, &event);
}

START_TEST(knows_the_call_that_it_is_in)
{
    struct tracer tracer = {.trace = trace_start()};
    struct thread thread = {.tid = TID};
    thread.event = calls(tracer.trace, TID);
    ck_assert_ptr_nonnull(thread_call(&tracer, &thread));
    thread.event = SIZE_MAX;
    ck_assert_ptr_null(thread_call(&tracer, &thread));
    trace_free(tracer.trace);
}
END_TEST

// The trace began anew, and something else stands where its call was.
START_TEST(takes_nothing_else_for_its_call)
{
    struct tracer tracer = {.trace = trace_start()};
    struct thread thread = {.tid = TID};
    const struct event passes = {.kind = EVENT_TIME, .passed_ms = 8000};
    thread.event = trace_add(tracer.trace, &passes);
    ck_assert_ptr_null(thread_call(&tracer, &thread));
    thread.event = calls(tracer.trace, OTHER);
    ck_assert_ptr_null(thread_call(&tracer, &thread));
    trace_free(tracer.trace);
}
END_TEST

START_TEST(forgets_calls)
{
    struct tracer tracer = {.trace = trace_start()};
    for (pid_t tid = getpid(); tid < getpid() + 3; tid++)
        thread_add(&tracer, tid)->event = calls(tracer.trace, tid);
    tracer.trace->count = 0;
    thread_forget_calls(&tracer);
    for (pid_t tid = getpid(); tid < getpid() + 3; tid++)
        calls(tracer.trace, tid);
    for (size_t i = 0; i < tracer.count; i++)
        ck_assert_ptr_null(thread_call(&tracer, &tracer.threads[i]));
    free(tracer.threads);
    trace_free(tracer.trace);
}
END_TEST

Suite *thread_suite(void)
{
    Suite *suite = suite_create("thread");
    TCase *tcase = tcase_create("thread");
    tcase_add_test(tcase, knows_the_call_that_it_is_in);
    tcase_add_test(tcase, takes_nothing_else_for_its_call);
    tcase_add_test(tcase, forgets_calls);
    suite_add_tcase(suite, tcase);
    return suite;
}
