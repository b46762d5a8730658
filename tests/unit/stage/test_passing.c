// Time on demand, as a real program meets it: children_time.c says what came of
// its waiting. All of it needs the tracer.

#include "stage/passing.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *way, *result;
} waits[] = {
    {"poll", "0 -"},
    {"poll of a parent", "0 -"},
    {"sleep of a parent", "0 -"},
    {"ppoll", "0 -"},
    {"select", "0 -"},
    {"pselect", "0 -"},
    {"epoll_wait", "0 -"},
    {"nanosleep", "0 -"},
    {"sleep", "0 -"},
    {"sleep until", "0 -"},
    {"recv", "-1 Resource temporarily unavailable"},
    {"read", "-1 Resource temporarily unavailable"},
    {"send", "-1 Resource temporarily unavailable"},
    {"accept", "-1 Resource temporarily unavailable"},
    {"connect", "-1 Operation now in progress"},
    {"pthread_cond_timedwait", "-1 Connection timed out"},
    {"sem_timedwait", "-1 Connection timed out"},
    {"sigtimedwait", "-1 Resource temporarily unavailable"},
    {"alarm", "1 -"},
    {"setitimer", "3 -"},
    {"timerfd", "1 -"},
    {"timerfd until", "1 -"},
    {"timer", "1 -"},
    {"timer until", "1 -"},
    {"timer thread", "1 -"},
    {"steps", "0 -"},
};

enum { WAITS = sizeof waits / sizeof *waits };

static void expect_in_time(struct program *program, int which)
{
    char text[128];
    snprintf(text, sizeof text, "%s in time in time in time\n",
             waits[which].result);
    expect_program_result(program, 0, text);
}

START_TEST(ends_what_waits)
{
    stage_begin(1, true);
    struct program *program =
        start_child("lets_time_pass", waits[_i].way, "86400");
    ck_assert(stage_pass_time(HOURS(25)));
    expect_in_time(program, _i);
    stage_end();
}
END_TEST

START_TEST(ends_it_not_too_early)
{
    stage_begin(1, true);
    struct program *program =
        start_child("lets_time_pass", waits[_i].way, "3600");
    ck_assert(stage_pass_time(MINUTES(30)));
    ck_assert(stage_pass_time(MINUTES(29)));
    ck_assert_msg(!program->ended, "%s", program->out.bytes);
    ck_assert(stage_pass_time(MINUTES(2)));
    expect_in_time(program, _i);
    stage_end();
}
END_TEST

// Nothing happens for 25 hours: by the weather, and no time is made to pass.
START_TEST(ends_what_waits_in_slow_weather)
{
    static const int which[] = {0, 3, 4, 5, 6, 14}; // the last is connect
    const struct weather slow = {.kind = WEATHER_SLOW,
                                 .calls = CALLS_WAIT | CALLS_CONNECT,
                                 .delay_ms = (int)HOURS(25),
                                 .every = 1};
    stage_begin(1, true);
    stage_weather(&slow);
    expect_in_time(start_child("lets_time_pass", waits[which[_i]].way, "86400"),
                   which[_i]);
    stage_end();
}
END_TEST

START_TEST(interrupts_what_waits)
{
    static const char *const ways[] = {"poll", "ppoll",  "epoll_wait",
                                       "recv", "accept", "send"};
    stage_begin(1, true);
    struct program *program = start_child("lets_time_pass", ways[_i], "3600");
    ck_assert(stage_pass_time(MINUTES(30)));
    ck_assert(!program->ended);
    ck_assert(stage_interrupt());
    ck_assert(program->ended);
    ck_assert_msg(strstr(program->out.bytes, "-1 Interrupted") != NULL, "%s",
                  program->out.bytes);
    stage_end();
}
END_TEST

START_TEST(tells_select_what_is_left)
{
    stage_begin(1, true);
    struct program *program =
        start_child("lets_time_pass", "select left", "3600");
    ck_assert(stage_pass_time(MINUTES(30)));
    ck_assert(stage_interrupt());
    ck_assert(program->ended);
    // Some of it has really passed.
    const long left = strtol(program->out.bytes, NULL, 10);
    ck_assert_msg(left > 1700 && left <= 1800, "%s", program->out.bytes);
    stage_end();
}
END_TEST

START_TEST(leaves_alone_who_sleeps)
{
    stage_begin(1, true);
    struct program *program = start_child("lets_time_pass", "nanosleep", "60");
    ck_assert(stage_interrupt());
    ck_assert(!program->ended);
    stage_end();
}
END_TEST

START_TEST(sets_the_clock_of_the_day_alone)
{
    stage_begin(1, true);
    struct program *program = start_child("lets_time_pass", "poll", "3600");
    ck_assert(stage_pass_time(MINUTES(1)));
    stage_set_clock((int64_t)HOURS(10));
    ck_assert(stage_pass_time(HOURS(1)));
    ck_assert(program->ended);
    ck_assert_msg(strstr(program->out.bytes, "0 - in time after 396") != NULL,
                  "%s", program->out.bytes);
    stage_end();
}
END_TEST

START_TEST(leaves_alone_who_waits_for_ever)
{
    stage_begin(1, true);
    struct program *program = start_ready("blocks", NULL);
    ck_assert(stage_pass_time(MINUTES(1)));
    ck_assert(!program->ended);
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_HANGS);
    stage_end();
}
END_TEST

START_TEST(passes_for_nobody)
{
    stage_begin(1, true);
    struct program *program = start_child("exits", "3", NULL);
    run_to_end(program);
    ck_assert(stage_pass_time(HOURS(1000)));
    stage_end();
}
END_TEST

START_TEST(never_passes_for_who_spins)
{
    stage_begin(1, true);
    start_child("spins", NULL, NULL);
    ck_assert(!stage_pass_time(HOURS(1)));
    stage_end();
}
END_TEST

Suite *passing_suite(void)
{
    Suite *suite = suite_create("passing");
    TCase *tcase = tcase_create("passing");
    tcase_set_timeout(tcase, 60);
    int end = traced_end() == 2 ? WAITS : 0;
    tcase_add_loop_test(tcase, ends_what_waits, 0, end);
    tcase_add_loop_test(tcase, ends_what_waits_in_slow_weather, 0, 6);
    tcase_add_loop_test(tcase, ends_it_not_too_early, 0, end);
    tcase_add_loop_test(tcase, interrupts_what_waits, 0, end > 0 ? 6 : 0);
    tcase_add_loop_test(tcase, tells_select_what_is_left, 0, end > 0);
    tcase_add_loop_test(tcase, leaves_alone_who_sleeps, 0, end > 0);
    tcase_add_loop_test(tcase, sets_the_clock_of_the_day_alone, 0, end > 0);
    tcase_add_loop_test(tcase, leaves_alone_who_waits_for_ever, 0, end > 0);
    tcase_add_loop_test(tcase, passes_for_nobody, 0, end > 0);
    tcase_add_loop_test(tcase, never_passes_for_who_spins, 0, end > 0);
    suite_add_tcase(suite, tcase);
    return suite;
}
