// What programs take while nothing is asked of them: processor time, memory,
// threads, descriptors. _i says whether they are traced.

#include "expect.h"
#include "procfs.h"
#include "quiet.h"
#include "unit.h"

#include <signal.h>

START_TEST(takes_a_blocked_program_for_idle)
{
    stage_begin(1, _i);
    start_ready("blocks", NULL);
    start_ready("sleeps", "100000");
    ck_assert(stage_is_idle());
    stage_end();
}
END_TEST

START_TEST(takes_a_program_that_wakes_for_idle)
{
    stage_begin(1, _i);
    start_ready("naps", "100");
    ck_assert(stage_is_idle());
    start_ready("asks", "100");
    ck_assert(stage_is_idle());
    stage_end();
}
END_TEST

// A busy machine may keep a program from what it is up to: that attempt says
// nothing, and there is another one, until the test's time is up.
static void expect_no_idleness(void)
{
    struct stage *stage = stage_current();
    for (;;) {
        uint64_t began_us = trace_now_us(stage->trace);
        uint64_t began_cpu_ms = quiet_look(stage).cpu_ms;
        size_t began_calls = stage->trace->count;
        if (!stage_is_idle())
            return;
        uint64_t cpu_ms = quiet_look(stage).cpu_ms - began_cpu_ms;
        uint64_t passed_ms = (trace_now_us(stage->trace) - began_us) / 1000;
        ck_assert_msg(cpu_ms * 5 < passed_ms,
                      "idle, with %d ms of processor time in %d ms",
                      (int)cpu_ms, (int)passed_ms);
        ck_assert_uint_lt(stage->trace->count - began_calls, 50);
    }
}

START_TEST(takes_no_spinning_program_for_idle)
{
    stage_begin(1, _i);
    start_ready("blocks", NULL);
    start_ready("spins", NULL);
    expect_no_idleness();
    stage_end();
}
END_TEST

START_TEST(takes_no_spinning_thread_for_idle)
{
    stage_begin(1, _i);
    start_ready("spins_aside", NULL);
    expect_no_idleness();
    stage_end();
}
END_TEST

// Without the tracer there is nothing to see of it.
START_TEST(takes_no_asking_program_for_idle)
{
    stage_begin(1, true);
    start_ready("asks", "1");
    expect_no_idleness();
    stage_end();
}
END_TEST

START_TEST(counts_threads)
{
    stage_begin(1, _i);
    struct program *program = start_ready("grows", NULL);
    for (int threads = 1; threads <= 4; threads++) {
        ck_assert_int_eq(procfs_count_threads(program->pid), threads);
        make_grow(program, SIGUSR2);
    }
    pid_t pid = program->pid;
    program_signal(program, SIGKILL);
    run_to_end(program);
    ck_assert_int_eq(procfs_count_threads(pid), 0);
    stage_end();
}
END_TEST

enum { GROWTH = 8 << 20, SOME = 512 << 10 };

START_TEST(measures_memory)
{
    stage_begin(1, _i);
    struct program *program = start_ready("grows", NULL);
    size_t before = procfs_memory(program->pid);
    ck_assert_uint_gt(before, 0);
    ck_assert_uint_lt(before, 100 << 20);
    make_grow(program, SIGUSR1);
    size_t after = procfs_memory(program->pid);
    ck_assert_uint_ge(after, before + GROWTH);
    ck_assert_uint_lt(after, before + GROWTH + SOME);
    pid_t pid = program->pid;
    program_signal(program, SIGKILL);
    run_to_end(program);
    ck_assert_uint_eq(procfs_memory(pid), 0);
    stage_end();
}
END_TEST

START_TEST(knows_a_level)
{
    stage_begin(1, _i);
    struct program *program = start_ready("grows", NULL);
    struct level before = level_of(program);
    ck_assert_int_eq(before.descriptors, 3);
    ck_assert_int_eq(before.threads, 1);
    expect_level(program, &before, 0);
    make_grow(program, SIGUSR1);
    make_grow(program, SIGUSR2);
    make_grow(program, SIGHUP);
    make_grow(program, SIGHUP);
    struct level after = level_of(program);
    ck_assert_int_eq(after.descriptors, 5);
    ck_assert_int_eq(after.threads, 2);
    ck_assert_uint_ge(after.memory, before.memory + GROWTH);
    ck_assert_uint_lt(after.memory, before.memory + GROWTH + SOME);
    // So much may be used for so many clients; test_run.c has what may not.
    before.descriptors = 5;
    expect_level(program, &before, (GROWTH + SOME) / 8);
    expect_fewer_open(program, &(struct level){.descriptors = 7}, 2);
    stage_end();
}
END_TEST

Suite *idle_suite(void)
{
    Suite *suite = suite_create("idle");
    TCase *tcase = tcase_create("idle");
    int end = traced_end();
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, takes_a_blocked_program_for_idle, 0, end);
    tcase_add_loop_test(tcase, takes_a_program_that_wakes_for_idle, 0, end);
    tcase_add_loop_test(tcase, counts_threads, 0, end);
    tcase_add_loop_test(tcase, measures_memory, 0, end);
    tcase_add_loop_test(tcase, knows_a_level, 0, end);
    suite_add_tcase(suite, tcase);
    TCase *spins = tcase_create("spins");
    tcase_set_timeout(spins, 50);
    tcase_add_loop_test(spins, takes_no_spinning_program_for_idle, 0, end);
    tcase_add_loop_test(spins, takes_no_spinning_thread_for_idle, 0, end);
    if (end == 2)
        tcase_add_test(spins, takes_no_asking_program_for_idle);
    suite_add_tcase(suite, spins);
    return suite;
}
