// What programs take while nothing is asked of them: processor time, memory,
// threads, descriptors. _i says whether they are traced.

#include "words/expect.h"
#include "kernel/procfs.h"
#include "unit.h"
#include "stage/wait.h"
#include "stage/idle.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

START_TEST(takes_no_spinning_program_for_idle)
{
    stage_begin(1, _i);
    start_ready("blocks", NULL);
    start_ready("spins", NULL);
    ck_assert(!stage_is_idle());
    stage_end();
}
END_TEST

START_TEST(takes_no_spinning_thread_for_idle)
{
    stage_begin(1, _i);
    start_ready("spins_aside", NULL);
    ck_assert(!stage_is_idle());
    stage_end();
}
END_TEST

// Without the tracer there is nothing to see of it.
START_TEST(takes_no_asking_program_for_idle)
{
    stage_begin(1, true);
    start_ready("asks", "1");
    ck_assert(!stage_is_idle());
    stage_end();
}
END_TEST

// Keeps every processor busy with others, which end when this process does:
// it alone has the other end of their pipe. They are not its descendants.
static void make_busy(void)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    pid_t helper = fork_helper();
    if (helper == 0) {
        close(ends[1]);
        for (long i = sysconf(_SC_NPROCESSORS_ONLN) * 2; i > 0; i--)
            if (fork() == 0) {
                char byte;
                while (read(ends[0], &byte, 1) == -1)
                    ;
                _exit(0);
            }
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    close(ends[0]);
}

// It gets a fraction of what each of the others gets; or next to nothing.
static void starve(pid_t pid, bool all_but_dead)
{
    const struct sched_param none = {.sched_priority = 0};
    ck_assert_int_eq(setpriority(PRIO_PROCESS, (id_t)pid, 12), 0);
    if (all_but_dead)
        ck_assert_int_eq(sched_setscheduler(pid, SCHED_IDLE, &none), 0);
}

// Starts a child that is starved, on a busy machine; WITH_US: and so is this.
static void start_starved(bool traced, const char *name, const char *argument,
                          bool with_us)
{
    make_busy();
    stage_begin(1, traced);
    starve(start_ready(name, argument)->pid, strcmp(name, "naps") == 0);
    if (with_us)
        starve(getpid(), false);
}

// _i: 1 traced, 2 and the tracer is starved too.
START_TEST(takes_a_starved_program_for_idle)
{
    start_starved((_i & 1) != 0, "naps", "30", (_i & 2) != 0);
    ck_assert(stage_is_idle());
    stage_end();
}
END_TEST

START_TEST(takes_a_starved_program_that_calls_for_idle)
{
    start_starved(true, "asks", "100", (_i & 1) != 0);
    ck_assert(stage_is_idle());
    stage_end();
}
END_TEST

START_TEST(takes_no_starved_spin_for_idle)
{
    start_starved((_i & 1) != 0, "spins", NULL, (_i & 2) != 0);
    ck_assert(!stage_is_idle());
    stage_end();
}
END_TEST

// It wakes too often, but can't on this machine.
START_TEST(takes_no_starved_asking_for_idle)
{
    start_starved(true, "asks", "10", (_i & 1) != 0);
    ck_assert(!stage_is_idle());
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
    TCase *busy = tcase_create("busy");
    tcase_set_timeout(busy, 300);
    tcase_add_loop_test(busy, takes_a_starved_program_for_idle, 0, 4);
    tcase_add_loop_test(busy, takes_no_starved_spin_for_idle, 0, 4);
    if (end == 2) {
        tcase_add_loop_test(busy, takes_a_starved_program_that_calls_for_idle,
                            0, 2);
        tcase_add_loop_test(busy, takes_no_starved_asking_for_idle, 0, 2);
    }
    suite_add_tcase(suite, busy);
    return suite;
}
