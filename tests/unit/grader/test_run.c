// run, with a lesson of its own: graded*.c. Its checks end in every way there
// is.

#include "grader/run.h"
#include "graded.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct told *told;

static const struct {
    const char *id;
    enum outcome untraced, traced;
} expected[] = {
    {"passes", PASSED, PASSED},
    {"fails", FAILED, FAILED},
    {"exits_early", UNFINISHED, UNFINISHED},
    {"exits_early_at_once", UNFINISHED, UNFINISHED},
    {"crashes", UNFINISHED, UNFINISHED},
    {"is_killed", UNFINISHED, UNFINISHED},
    {"needs_weather", NOT_RUN, PASSED},
    {"crashes_and_leaves", UNFINISHED, UNFINISHED},
    {"passes_at_last", PASSED, PASSED},
    {"dies_after_its_end", UNFINISHED, UNFINISHED},
    {"takes_memory", FAILED, FAILED},
    {"takes_a_descriptor", FAILED, FAILED},
    {"announces_anothers_port", FAILED, FAILED},
    {"starts_what_is_missing", UNFINISHED, UNFINISHED},
    {"stands_in_the_second_part", PASSED, PASSED},
    {"passes_at_scale", PASSED, PASSED},
    {"fails_at_scale", FAILED, FAILED},
    {"passes_at_scale_again", PASSED, PASSED},
};

enum {
    CHECKS = sizeof expected / sizeof *expected,
    AT_SCALE = CHECKS - 3, // where those begin
};

static const size_t all[CHECKS] = {0, 1,  2,  3,  4,  5,  6,  7,  8,
                                   9, 10, 11, 12, 13, 14, 15, 16, 17};

// Expects to be called for one check after the other.
static void count_done(size_t which, const struct verdict *verdict,
                       void *context)
{
    size_t *done = context;
    ck_assert_uint_eq(which, *done);
    ck_assert_ptr_nonnull(verdict);
    ++*done;
}

// Whether a check that is not at scale has failed, as it is known to.
static bool fails_before(const size_t chosen[], size_t count, int traced)
{
    bool fails = false;
    for (size_t i = 0; i < count && chosen[i] < AT_SCALE; i++) {
        enum outcome outcome =
            traced ? expected[chosen[i]].traced : expected[chosen[i]].untraced;
        fails = fails || (outcome != PASSED && outcome != NOT_RUN);
    }
    return fails;
}

// Fills picked[] with the COUNT checks of these numbers.
static void pick(const size_t chosen[], size_t count,
                 const struct check *picked[])
{
    size_t there;
    const struct check *const *checks = grade_checks(&there);
    for (size_t i = 0; i < count; i++)
        picked[i] = checks[chosen[i]];
}

// Runs COUNT checks and expects of each what it is known to come to.
static const struct verdict *run(const size_t chosen[], size_t count,
                                 int traced, int workers)
{
    const struct run_options options = {
        .seed = 1, .traced = traced != 0, .workers = workers};
    size_t done = 0;
    const struct check *picked[CHECKS];
    pick(chosen, count, picked);
    const struct verdict *verdicts =
        run_checks(picked, count, &options, count_done, &done);
    ck_assert_uint_eq(done, count);
    bool later = fails_before(chosen, count, traced);
    for (size_t i = 0; i < count; i++) {
        enum outcome outcome =
            traced ? expected[chosen[i]].traced : expected[chosen[i]].untraced;
        if (later && chosen[i] >= AT_SCALE)
            outcome = LATER;
        ck_assert_msg(verdicts[i].outcome == outcome, "%s: %d",
                      expected[chosen[i]].id, (int)verdicts[i].outcome);
    }
    return verdicts;
}

START_TEST(lists_checks_in_order)
{
    size_t count;
    const struct check *const *checks = grade_checks(&count);
    ck_assert_uint_eq(count, CHECKS);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(checks[i]->id, expected[i].id);
    ck_assert_int_eq(checks[1]->points, 2);
    ck_assert_str_eq(checks[1]->promise, "fails");
}
END_TEST

START_TEST(tells_how_each_check_ends)
{
    told = graded_begin();
    const struct verdict *verdicts = run(all, CHECKS, _i, 0);
    ck_assert(!told->went_on);
    ck_assert_str_eq(verdicts[1].expected, "exit status 0");
    ck_assert_ptr_nonnull(strstr(verdicts[1].got, "exit status 3"));
    ck_assert_ptr_nonnull(strstr(verdicts[1].timeline, "exit status 3"));
    // Unseen, it might have failed in a call.
    ck_assert_str_eq(verdicts[1].explanation.detector,
                     _i != 0 ? "wrong_status" : "last_call");
    ck_assert_ptr_nonnull(strstr(verdicts[1].ran, "exits 3"));
    ck_assert_double_gt(verdicts[0].seconds, 0);
    ck_assert_ptr_nonnull(strstr(verdicts[5].got, "signal"));
    ck_assert_ptr_nonnull(strstr(verdicts[10].expected, "KiB of memory"));
    ck_assert_ptr_nonnull(strstr(verdicts[11].expected, "open descriptors"));
    ck_assert_ptr_nonnull(strstr(verdicts[12].expected, "the real port"));
    ck_assert_str_eq(verdicts[13].got,
                     "missing can't be started: execve: No such file or "
                     "directory");
    ck_assert_str_eq(verdicts[AT_SCALE].expected, "");
    ck_assert_int_eq(told->at_scale, 0);
    // All workers and checks have gone.
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(runs_one_at_a_time)
{
    told = graded_begin();
    run(all, CHECKS, _i, 1);
    static const size_t some[] = {0, 1, 8};
    run(some, 3, _i, 2);
    run(some, 0, _i, 2);
}
END_TEST

START_TEST(leaves_what_is_at_scale_for_later)
{
    told = graded_begin();
    // One that fails, in any of three ways; _i % 3 says which.
    static const size_t failing[] = {1, 2, 5};
    const size_t chosen[] = {0, failing[_i % 3], 8, 15, 16, 17};
    run(chosen, 6, _i / 3, 0);
    ck_assert_int_eq(told->at_scale, 0);
}
END_TEST

START_TEST(runs_what_is_at_scale_once_all_pass)
{
    told = graded_begin();
    // The second is not run where nothing is traced, which is no failure.
    static const size_t chosen[] = {0, 6, 8, 15, 16, 17};
    run(chosen, 6, _i, 1);
    ck_assert_int_eq(told->at_scale, 3);
    // Nothing else was asked for.
    run(&chosen[3], 3, _i, 1);
    ck_assert_int_eq(told->at_scale, 6);
    run(&chosen[4], 1, _i, 0);
    ck_assert_int_eq(told->at_scale, 7);
}
END_TEST

// After each check, and so while its worker lives on with the next.
static void expect_none_left(size_t which, const struct verdict *verdict,
                             void *context)
{
    count_done(which, verdict, context);
    if (told->left_behind == 0)
        return;
    ck_assert_int_eq(kill(told->left_behind, 0), -1);
    told->left_behind = 0;
}

// By then the worker has had a check before, and its errno some value.
START_TEST(sweeps_up_after_a_crash)
{
    told = graded_begin();
    static const size_t chosen[] = {0, 7, 7};
    const struct run_options options = {
        .seed = 1, .traced = _i != 0, .workers = 1};
    size_t done = 0;
    const struct check *picked[3];
    pick(chosen, 3, picked);
    run_checks(picked, 3, &options, expect_none_left, &done);
    ck_assert_uint_eq(done, 3);
}
END_TEST

START_TEST(heeds_no_environment)
{
    static const char *const hostile[][2] = {
        {"CK_RUN_CASE", "nothing"},
        {"CK_RUN_SUITE", "nothing"},
        {"CK_INCLUDE_TAGS", "nothing"},
        {"CK_EXCLUDE_TAGS", "grade"},
        {"CK_FORK", "no"},
        {"CK_DEFAULT_TIMEOUT", "0.001"},
        {"CK_TIMEOUT_MULTIPLIER", "0"},
        {"CK_VERBOSITY", "verbose"},
        {"CK_MAX_MSG_SIZE", "1"},
        {"CK_LOG_FILE_NAME", "/dev/full"},
        {"CK_XML_LOG_FILE_NAME", "/"},
        {"CK_TAP_LOG_FILE_NAME", "/"},
    };
    told = graded_begin();
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        setenv(hostile[i][0], hostile[i][1], 1);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGALRM, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    sigset_t full;
    sigfillset(&full);
    sigprocmask(SIG_SETMASK, &full, NULL);
    run(all, CHECKS, _i, 0);
}
END_TEST

Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *tcase = tcase_create("run");
    int end = traced_end();
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, lists_checks_in_order);
    tcase_add_loop_test(tcase, tells_how_each_check_ends, 0, end);
    tcase_add_loop_test(tcase, runs_one_at_a_time, 0, end);
    tcase_add_loop_test(tcase, leaves_what_is_at_scale_for_later, 0, 3 * end);
    tcase_add_loop_test(tcase, runs_what_is_at_scale_once_all_pass, 0, end);
    tcase_add_loop_test(tcase, sweeps_up_after_a_crash, 0, end);
    tcase_add_loop_test(tcase, heeds_no_environment, 0, end);
    suite_add_tcase(suite, tcase);
    return suite;
}
