#include "tracer/weather.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 20 };

static struct call call_on(int fd, enum call_group group)
{
    return (struct call){.group = group, .fd = fd, .on_socket = true};
}

static struct weather_rules rules_of(const struct weather *weather)
{
    struct weather_rules rules = {.random = random_start(1, "weather")};
    weather_add(&rules, weather);
    return rules;
}

// Which of CALLS of its kind meet the weather, as a text of '#' and '.'.
static const char *pattern_of(struct weather weather)
{
    static char text[CALLS + 1];
    struct weather_rules rules = rules_of(&weather);
    struct call call = call_on(4, (enum call_group)weather.calls);
    size_t bytes = 0;
    for (size_t i = 0; i < CALLS; i++)
        text[i] = weather_for(&rules, &call, &bytes) != NULL ? '#' : '.';
    return text;
}

static struct weather cut(unsigned first, unsigned every)
{
    return (struct weather){.kind = WEATHER_CUT,
                            .calls = CALLS_RECEIVE,
                            .bytes = 3,
                            .first = first,
                            .every = every};
}

START_TEST(comes_when_it_is_due)
{
    ck_assert_str_eq(pattern_of(cut(0, 0)), "#...................");
    ck_assert_str_eq(pattern_of(cut(1, 0)), "#...................");
    ck_assert_str_eq(pattern_of(cut(4, 0)), "...#................");
    ck_assert_str_eq(pattern_of(cut(0, 1)), "####################");
    ck_assert_str_eq(pattern_of(cut(0, 3)), "#..#..#..#..#..#..#.");
    ck_assert_str_eq(pattern_of(cut(5, 4)), "....#...#...#...#...");
    ck_assert_str_eq(pattern_of(cut(21, 1)), "....................");
}
END_TEST

START_TEST(fails_never_twice_in_a_row)
{
    struct weather fail = {.kind = WEATHER_FAIL,
                           .calls = CALLS_RECEIVE,
                           .error = EINTR,
                           .every = 1};
    ck_assert_str_eq(pattern_of(fail), "#.#.#.#.#.#.#.#.#.#.");
    fail.first = 4;
    ck_assert_str_eq(pattern_of(fail), "...#.#.#.#.#.#.#.#.#");
    fail.every = 2;
    ck_assert_str_eq(pattern_of(fail), "...#.#.#.#.#.#.#.#.#");
    fail.every = 0;
    fail.percent = 100;
    ck_assert_str_eq(pattern_of(fail), "...#.#.#.#.#.#.#.#.#");
    fail.percent = 70;
    ck_assert_ptr_null(strstr(pattern_of(fail), "##"));
    // A hold or a cut may well meet each call.
    fail.kind = WEATHER_HOLD;
    fail.percent = 100;
    ck_assert_str_eq(pattern_of(fail), "...#################");
}
END_TEST

// Which of eight calls of accept() fail with that errno, if a descriptor is
// closed before the first, the third, and the sixth of them.
static const char *pattern_of_accepts(int error)
{
    static char text[9];
    struct weather fail = {.kind = WEATHER_FAIL,
                           .calls = CALLS_ACCEPT,
                           .error = error,
                           .every = 1,
                           .stays = true};
    struct weather_rules rules = rules_of(&fail);
    struct call call = call_on(4, CALLS_ACCEPT);
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        if (i == 0 || i == 2 || i == 5)
            weather_make_room(&rules, call.pid);
        text[i] = weather_for(&rules, &call, &bytes) != NULL ? '#' : '.';
    }
    return text;
}

START_TEST(spares_who_makes_room)
{
    ck_assert_str_eq(pattern_of_accepts(ENFILE), "##.##.##");
    ck_assert_str_eq(pattern_of_accepts(EMFILE), "##.##.##");
    ck_assert_str_eq(pattern_of_accepts(ECONNABORTED), "########");
}
END_TEST

// perror() copies a descriptor, and closes that again.
START_TEST(spares_nobody_for_a_copy)
{
    struct weather fail = {.kind = WEATHER_FAIL,
                           .calls = CALLS_ACCEPT,
                           .error = EMFILE,
                           .every = 1,
                           .stays = true};
    struct weather_rules rules = rules_of(&fail);
    struct call call = call_on(4, CALLS_ACCEPT);
    call.pid = getpid();
    size_t bytes = 0;
    int before = dup(STDERR_FILENO);
    ck_assert_ptr_nonnull(weather_for(&rules, &call, &bytes));
    int copy = dup(STDERR_FILENO);
    weather_make_room(&rules, call.pid);
    close(copy);
    ck_assert_ptr_nonnull(weather_for(&rules, &call, &bytes));
    weather_make_room(&rules, call.pid);
    close(before);
    ck_assert_ptr_null(weather_for(&rules, &call, &bytes));
}
END_TEST

START_TEST(alarms_never_twice_in_a_row)
{
    struct weather alarm = {
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .every = 1};
    ck_assert_str_eq(pattern_of(alarm), "#.#.#.#.#.#.#.#.#.#.");
    alarm.first = 2;
    ck_assert_str_eq(pattern_of(alarm), ".#.#.#.#.#.#.#.#.#.#");
    alarm.every = 3;
    ck_assert_str_eq(pattern_of(alarm), ".#..#..#..#..#..#..#");
    alarm.percent = 100;
    ck_assert_str_eq(pattern_of(alarm), ".#.#.#.#.#.#.#.#.#.#");
}
END_TEST

START_TEST(comes_as_often_as_it_should)
{
    struct weather weather = cut(11, 0);
    weather.percent = 30;
    struct weather_rules rules = rules_of(&weather);
    struct weather_rules again = rules_of(&weather);
    struct call call = call_on(4, CALLS_RECEIVE);
    size_t bytes;
    int hits = 0;
    for (int i = 1; i <= 10010; i++) {
        bool hit = weather_for(&rules, &call, &bytes) != NULL;
        bool same = hit == (weather_for(&again, &call, &bytes) != NULL);
        if (!same || (hit && i <= 10))
            ck_abort_msg("call %d", i);
        hits += hit;
    }
    ck_assert_int_gt(hits, 2700);
    ck_assert_int_lt(hits, 3300);
}
END_TEST

// Whatever the seed, and in whatever order the kinds of call come: none of
// them is spared for long, and the first time is not left to luck.
START_TEST(spares_no_kind_of_call)
{
    static const enum call_group groups[] = {CALLS_SEND, CALLS_RECEIVE,
                                             CALLS_RECEIVE, CALLS_WAIT};
    static const struct {
        enum weather_kind kind;
        unsigned percent, calls; // of these, one is hit
    } cases[] = {{WEATHER_FAIL, 20, 5},
                 {WEATHER_FAIL, 30, 4},
                 {WEATHER_FALSE_ALARM, 25, 4},
                 {WEATHER_CUT, 70, 2},
                 {WEATHER_CUT, 20, 5}};
    struct weather weather = {.kind = cases[_i].kind,
                              .calls = CALLS_SEND | CALLS_RECEIVE | CALLS_WAIT,
                              .bytes = 3,
                              .percent = cases[_i].percent};
    for (int seed = 0; seed < 5000; seed++) {
        struct weather_rules rules = rules_of(&weather);
        rules.random = random_start((uint64_t)seed, "weather");
        unsigned spared[CALLS_OTHER] = {0}, most[CALLS_OTHER] = {0};
        for (size_t i = 0; i < 200; i++) {
            struct call call = call_on(4, groups[i % 4]);
            size_t bytes;
            spared[call.group]++;
            if (spared[call.group] > most[call.group] + cases[_i].calls + 1)
                ck_abort_msg("seed %d, call %zu", seed, i);
            if (weather_for(&rules, &call, &bytes) == NULL)
                continue;
            spared[call.group] = 0;
            most[call.group] =
                cases[_i].calls; // early in one, late in the next
        }
    }
}
END_TEST

START_TEST(cuts_to_a_size)
{
    struct weather weather = cut(0, 1);
    struct weather_rules rules = rules_of(&weather);
    struct call call = call_on(4, CALLS_RECEIVE);
    size_t bytes = 0;
    for (int i = 0; i < 10; i++) {
        ck_assert_ptr_nonnull(weather_for(&rules, &call, &bytes));
        ck_assert_uint_eq(bytes, 3);
    }
    weather.varies = true;
    weather.bytes = 5;
    rules = rules_of(&weather);
    bool seen[6] = {false};
    for (int i = 0; i < 200; i++) {
        ck_assert_ptr_nonnull(weather_for(&rules, &call, &bytes));
        ck_assert(bytes >= 1 && bytes <= 5);
        seen[bytes] = true;
    }
    ck_assert(seen[1] && seen[2] && seen[3] && seen[4] && seen[5]);
}
END_TEST

START_TEST(concerns_some_calls_only)
{
    struct weather weather = cut(0, 1);
    weather.calls = CALLS_RECEIVE | CALLS_WAIT;
    struct weather_rules rules = rules_of(&weather);
    struct call good = call_on(5, CALLS_RECEIVE);
    struct call other_call = call_on(5, CALLS_SEND);
    struct call no_socket = good;
    no_socket.on_socket = false;
    struct call local = good;
    local.local = true;
    struct call wait = call_on(5, CALLS_WAIT);
    size_t bytes;
    ck_assert_ptr_null(weather_for(&rules, &other_call, &bytes));
    ck_assert_ptr_null(weather_for(&rules, &no_socket, &bytes));
    ck_assert_ptr_null(weather_for(&rules, &local, &bytes));
    ck_assert_ptr_nonnull(weather_for(&rules, &wait, &bytes));
    ck_assert_ptr_nonnull(weather_for(&rules, &good, &bytes));
    // Calls that it does not concern are not counted either.
    weather = cut(2, 0);
    rules = rules_of(&weather);
    ck_assert_ptr_null(weather_for(&rules, &good, &bytes));
    ck_assert_ptr_null(weather_for(&rules, &other_call, &bytes));
    ck_assert_ptr_nonnull(weather_for(&rules, &good, &bytes));
}
END_TEST

START_TEST(follows_the_first_rule_that_applies)
{
    struct weather rare = cut(2, 0), common = cut(0, 1);
    common.bytes = 1;
    struct weather_rules rules = rules_of(&rare);
    weather_add(&rules, &common);
    struct call call = call_on(4, CALLS_RECEIVE);
    static const size_t expected[] = {1, 3, 1, 1};
    for (size_t i = 0; i < 4; i++) {
        size_t bytes = 0;
        ck_assert_ptr_nonnull(weather_for(&rules, &call, &bytes));
        ck_assert_uint_eq(bytes, expected[i]);
    }
}
END_TEST

START_TEST(holds_once_more)
{
    struct weather hold = {.kind = WEATHER_HOLD, .calls = CALLS_ACCEPT};
    struct weather other = cut(0, 0);
    struct weather_rules rules = rules_of(&hold);
    weather_add(&rules, &hold);
    weather_add(&rules, &other);
    struct call call = call_on(4, CALLS_ACCEPT);
    size_t bytes;
    weather_hold_again(&rules); // it has held nothing yet
    for (int i = 0; i < 2; i++)
        ck_assert_ptr_nonnull(weather_for(&rules, &call, &bytes));
    ck_assert_ptr_null(weather_for(&rules, &call, &bytes));
    weather_hold_again(&rules); // not the first of the two
    ck_assert_ptr_nonnull(weather_for(&rules, &call, &bytes));
    ck_assert_ptr_null(weather_for(&rules, &call, &bytes));
    rules = rules_of(&other);
    weather_hold_again(&rules);
}
END_TEST

START_TEST(has_room_for_its_rules)
{
    struct weather weather = cut(0, 0);
    struct weather_rules rules = {.count = 0};
    for (int i = 0; i < WEATHER_RULES; i++)
        weather_add(&rules, &weather);
    ck_assert_uint_eq(rules.count, WEATHER_RULES);
    pid_t helper = fork_helper();
    if (helper == 0) {
        fclose(stderr);
        weather_add(&rules, &weather);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}
END_TEST

Suite *weather_suite(void)
{
    Suite *suite = suite_create("weather");
    TCase *tcase = tcase_create("weather");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, comes_when_it_is_due);
    tcase_add_test(tcase, fails_never_twice_in_a_row);
    tcase_add_test(tcase, spares_who_makes_room);
    tcase_add_test(tcase, spares_nobody_for_a_copy);
    tcase_add_test(tcase, alarms_never_twice_in_a_row);
    tcase_add_test(tcase, comes_as_often_as_it_should);
    tcase_add_loop_test(tcase, spares_no_kind_of_call, 0, 5);
    tcase_add_test(tcase, cuts_to_a_size);
    tcase_add_test(tcase, concerns_some_calls_only);
    tcase_add_test(tcase, follows_the_first_rule_that_applies);
    tcase_add_test(tcase, holds_once_more);
    tcase_add_test(tcase, has_room_for_its_rules);
    suite_add_tcase(suite, tcase);
    return suite;
}
