#include "trace/trace.h"
#include "unit.h"

enum { KEPT = TRACE_HEAD + TRACE_TAIL };

// Adds events until there are COUNT; each carries its number.
static void fill(struct trace *trace, size_t count)
{
    while (trace->count < count) {
        struct event event = {.kind = EVENT_PEER};
        event.deed.bytes = trace->count;
        if (trace_add(trace, &event) != event.deed.bytes)
            ck_abort_msg("event %zu", event.deed.bytes);
    }
}

// Exactly the events [0, HEAD) and [FROM, TO) are there, each the right one.
static void expect_kept(struct trace *trace, size_t from, size_t to)
{
    for (size_t i = 0; i < to + 10; i++) {
        const struct event *event = trace_event(trace, i);
        bool kept = i < to && (i < TRACE_HEAD || i >= from);
        // Check's assertions are slow: each writes to a file.
        if (kept != (event != NULL) || (kept && event->deed.bytes != i))
            ck_abort_msg("event %zu", i);
    }
}

START_TEST(keeps_head_and_tail)
{
    struct trace *trace = trace_start();
    ck_assert_ptr_null(trace_event(trace, 0));
    static const size_t counts[] = {
        1,    TRACE_HEAD - 1, TRACE_HEAD, TRACE_HEAD + 1, KEPT - 1,
        KEPT, KEPT + 1,       KEPT + 2,   2 * KEPT,       3 * KEPT + 7,
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        fill(trace, counts[i]);
        ck_assert_uint_eq(trace->count, counts[i]);
        expect_kept(trace, counts[i] < KEPT ? 0 : counts[i] - TRACE_TAIL,
                    counts[i]);
    }
    ck_assert_ptr_null(trace_event(trace, SIZE_MAX));
    trace_free(trace);
}
END_TEST

START_TEST(stamps_the_time)
{
    struct trace *trace = trace_start();
    struct event event = {.kind = EVENT_STARTED, .at_us = UINT64_MAX};
    uint64_t before = trace_now_us(trace);
    trace_add(trace, &event);
    trace_add(trace, &event);
    uint64_t after = trace_now_us(trace);
    ck_assert_uint_le(before, trace_event(trace, 0)->at_us);
    ck_assert_uint_le(trace_event(trace, 0)->at_us,
                      trace_event(trace, 1)->at_us);
    ck_assert_uint_le(trace_event(trace, 1)->at_us, after);
    ck_assert_uint_lt(after, 60 * 1000000);
    while (trace_now_us(trace) == after)
        ;
    trace_free(trace);
}
END_TEST

START_TEST(tells_calls_from_others)
{
    struct trace *trace = trace_start();
    struct event event = {.kind = EVENT_CALL};
    event.call.result = 7;
    trace_add(trace, &event);
    event.kind = EVENT_PEER;
    trace_add(trace, &event);
    ck_assert_ptr_eq(trace_call(trace, 0), &trace_event(trace, 0)->call);
    ck_assert_int_eq(trace_call(trace, 0)->result, 7);
    ck_assert_ptr_null(trace_call(trace, 1));
    ck_assert_ptr_null(trace_call(trace, 2));
    trace_free(trace);
}
END_TEST

Suite *trace_suite(void)
{
    Suite *suite = suite_create("trace");
    TCase *tcase = tcase_create("trace");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, keeps_head_and_tail);
    tcase_add_test(tcase, stamps_the_time);
    tcase_add_test(tcase, tells_calls_from_others);
    suite_add_tcase(suite, tcase);
    return suite;
}
