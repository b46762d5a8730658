// The stage's watch: hangs, spins, and what only looks like one. _i says
// whether the programs are traced.

#include "stage/quiet.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

// Seconds, without those that this process was ready to run but was not let:
// they are the busy machine's fault (schedstat: Documentation/scheduler).
static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    unsigned long long ready_ns = 0;
    FILE *file = fopen("/proc/self/schedstat", "re");
    if (file != NULL) {
        if (fscanf(file, "%*u %llu", &ready_ns) != 1)
            ready_ns = 0;
        fclose(file);
    }
    return (double)time.tv_sec +
           ((double)time.tv_nsec - (double)ready_ns) / 1e9;
}

// How long it takes to see that child NAME hangs, once it is ready.
static double time_of_hang(bool traced, const char *name, const char *argument)
{
    stage_begin(1, traced);
    struct program *program = start_ready(name, argument);
    double began = now();
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_HANGS);
    double time = now() - began;
    ck_assert(!program->ended);
    stage_end();
    return time;
}

// The child too may have to wait for a busy machine: it has three attempts.
static void expect_hang_soon(bool traced, const char *name,
                             const char *argument)
{
    double time = 0;
    for (int attempt = 0; attempt < 3; attempt++)
        if ((time = time_of_hang(traced, name, argument)) < 1)
            return;
    ck_abort_msg("seen after %.1f s", time);
}

START_TEST(sees_a_hang_soon)
{
    expect_hang_soon(_i, "blocks", NULL);
}
END_TEST

// A stage with less patience than in a check, which is had in sees_a_spin: on a
// busy machine a program of a test may not live to see the end of that.
static void begin_impatiently(bool traced)
{
    stage_begin(1, traced);
    stage_current()->patience.spin_untraced_us = 500 * 1000;
    stage_current()->patience.stall_us = 500 * 1000;
}

START_TEST(sees_a_spin)
{
    stage_begin(1, _i);
    struct program *program = start_ready("spins", NULL);
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_SPINS);
    stage_end();
}
END_TEST

START_TEST(sees_a_spinning_thread)
{
    begin_impatiently(_i);
    struct program *program = start_ready("spins_aside", NULL);
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_SPINS);
    stage_end();
}
END_TEST

START_TEST(sees_a_spin_of_calls)
{
    begin_impatiently(_i);
    struct program *program = start_ready("asks", NULL);
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_SPINS);
    stage_end();
}
END_TEST

// Each line it prints would else begin the watch anew.
START_TEST(sees_a_spin_that_is_told_of)
{
    stage_begin(1, true);
    struct program *program = start_ready("grumbles", NULL);
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_SPINS);
    stage_end();
}
END_TEST

START_TEST(sees_a_stall)
{
    begin_impatiently(_i);
    struct program *program = start_ready("naps", "5");
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_STALLED);
    stage_end();
}
END_TEST

// Longer than the time after which a program without a limit hangs.
START_TEST(lets_a_short_sleep_pass)
{
    stage_begin(1, _i);
    struct program *program = start_ready("sleeps", "700");
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_MET);
    ck_assert_int_eq(program->status, 0);
    stage_end();
}
END_TEST

static struct program *start_waiting_until(const char *ms, const char *clock)
{
    struct program *program = start_child("waits_until", ms, clock);
    ck_assert_int_eq(stage_wait(has_written_line, program), WAIT_MET);
    return program;
}

// A limit that is a point in time is one, too, by whatever clock.
START_TEST(lets_a_wait_until_then_pass)
{
    static const char *const clocks[] = {"day", "monotonic"};
    stage_begin(1, _i);
    for (int i = 0; i < 2; i++) {
        struct program *program = start_waiting_until("700", clocks[i]);
        ck_assert_int_eq(stage_wait(has_ended, program), WAIT_MET);
        ck_assert_int_eq(program->status, 0);
        program = start_waiting_until("100000", clocks[i]);
        ck_assert_int_eq(stage_wait(has_ended, program), WAIT_HANGS);
        program_signal(program, SIGKILL);
        run_to_end(program);
    }
    stage_end();
}
END_TEST

START_TEST(takes_a_long_sleep_for_a_hang)
{
    expect_hang_soon(_i, "sleeps", "100000");
}
END_TEST

START_TEST(takes_a_stop_for_a_hang)
{
    expect_hang_soon(_i, "stops", NULL);
    stage_begin(1, _i);
    struct program *program = start_ready("stops", NULL);
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_HANGS);
    program_signal(program, SIGCONT);
    run_to_end(program);
    ck_assert_int_eq(program->status, 0);
    stage_end();
}
END_TEST

START_TEST(hangs_when_all_have_ended)
{
    stage_begin(1, _i);
    struct program *program = start_child("exits", "0", NULL);
    run_to_end(program);
    ck_assert_int_eq(stage_wait(has_written_line, program), WAIT_HANGS);
    stage_end();
}
END_TEST

START_TEST(settles)
{
    begin_impatiently(_i);
    ck_assert(stage_settle());
    struct program *program = start_ready("blocks", NULL);
    ck_assert(stage_settle());
    ck_assert_int_eq(quiet_look(stage_current()).quietness, QUIET_FOREVER);
    program_signal(program, SIGKILL);
    run_to_end(program);
    start_ready("spins", NULL);
    ck_assert(!stage_settle());
    stage_end();
}
END_TEST

// Whichever is looked at first may be asleep then, and the other one later.
// That is rare: it takes many looks to meet it, and they end before the program
// does, on the slowest machine, too.
START_TEST(sees_that_one_of_two_runs)
{
    stage_begin(1, _i);
    start_ready("relays", NULL);
    const struct trace *trace = stage_current()->trace;
    for (int i = 0; i < 5000 && trace_now_us(trace) < UINT64_C(4000000); i++)
        ck_assert_int_eq(quiet_look(stage_current()).quietness, QUIET_NOT);
    stage_end();
}
END_TEST

// A condition that has no program behind it is asked at once.
static bool is_set(void *flag)
{
    return *(const bool *)flag;
}

START_TEST(asks_before_it_waits)
{
    stage_begin(1, _i);
    bool flag = true;
    ck_assert_int_eq(stage_wait(is_set, &flag), WAIT_MET);
    flag = false;
    ck_assert_int_eq(stage_wait(is_set, &flag), WAIT_HANGS);
    stage_end();
}
END_TEST

Suite *watch_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tcase = tcase_create("watch");
    int end = traced_end();
    tcase_set_timeout(tcase, 600); // of a busy machine
    tcase_add_loop_test(tcase, sees_a_hang_soon, 0, end);
    tcase_add_loop_test(tcase, sees_a_spin, 0, end);
    tcase_add_loop_test(tcase, sees_a_spinning_thread, 0, end);
    tcase_add_loop_test(tcase, sees_a_spin_of_calls, 0, end);
    tcase_add_test(tcase, sees_a_spin_that_is_told_of);
    tcase_add_loop_test(tcase, sees_a_stall, 0, end);
    tcase_add_loop_test(tcase, lets_a_short_sleep_pass, 0, end);
    tcase_add_loop_test(tcase, lets_a_wait_until_then_pass, 0, end);
    tcase_add_loop_test(tcase, takes_a_long_sleep_for_a_hang, 0, end);
    tcase_add_loop_test(tcase, takes_a_stop_for_a_hang, 0, end);
    tcase_add_loop_test(tcase, hangs_when_all_have_ended, 0, end);
    tcase_add_loop_test(tcase, settles, 0, end);
    tcase_add_loop_test(tcase, sees_that_one_of_two_runs, 0, end);
    tcase_add_loop_test(tcase, asks_before_it_waits, 0, end);
    suite_add_tcase(suite, tcase);
    return suite;
}
