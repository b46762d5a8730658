#include "deadline.h"
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *text;
    int64_t ns;
} times[] = {
    {"0", 0},
    {"5", INT64_C(5000000000)},
    {"1.5", INT64_C(1500000000)},
    {".25", 250000000},
    {"1.", INT64_C(1000000000)},
    {"0.0000000019", 1},
    {"00007", INT64_C(7000000000)},
    {"1000000000", INT64_C(1000000000000000000)},
};

START_TEST(reads_seconds)
{
    int64_t ns = -1;
    ck_assert_int_eq(deadline_parse(times[_i].text, &ns), 0);
    ck_assert_int_eq(ns, times[_i].ns);
}
END_TEST

START_TEST(refuses_what_is_no_length_of_time)
{
    static const char *const bad[] = {"",    ".",   "-1",  "+1",  " 1",
                                      "1 ",  "1x",  "nan", "inf", "1.2.3",
                                      "0x5", "1e3", "1,5"};
    int64_t ns;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        errno = 0;
        ck_assert_int_eq(deadline_parse(bad[i], &ns), -1);
        ck_assert_msg(errno == EINVAL, "%s", bad[i]);
    }
}
END_TEST

START_TEST(refuses_what_is_too_long)
{
    static const char *const bad[] = {"1000000001", "18446744073709551616",
                                      "99999999999999999999999999999"};
    int64_t ns;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        errno = 0;
        ck_assert_int_eq(deadline_parse(bad[i], &ns), -1);
        ck_assert_msg(errno == ERANGE, "%s", bad[i]);
    }
}
END_TEST

START_TEST(tells_what_is_left)
{
    struct deadline deadline = deadline_after(0);
    ck_assert_int_eq(deadline_left_ms(&deadline), 0);
    deadline = deadline_after(INT64_C(3600) * 1000000000);
    ck_assert_int_le(deadline_left_ms(&deadline), 3600000);
    ck_assert_int_ge(deadline_left_ms(&deadline), 3500000);
    deadline = deadline_after(INT64_C(1000000000) * 1000000000);
    ck_assert_int_eq(deadline_left_ms(&deadline), INT_MAX);
    // A part of a millisecond is not nothing.
    deadline = deadline_after(INT64_C(60) * 1000000000 + 1);
    ck_assert_int_ge(deadline_left_ms(&deadline), 1);
}
END_TEST

START_TEST(waits_for_what_is_ready)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const struct deadline deadline = deadline_after(INT64_C(60) * 1000000000);
    ck_assert_int_eq(deadline_wait(ends[1], POLLOUT, &deadline), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(deadline_wait(ends[0], POLLIN, &deadline), 0);
    // Not when it is over, even if it is ready.
    const struct deadline over = deadline_after(0);
    errno = 0;
    ck_assert_int_eq(deadline_wait(ends[0], POLLIN, &over), -1);
    ck_assert_int_eq(errno, ETIME);
}
END_TEST

static volatile sig_atomic_t rung;

static void ring(int signal)
{
    (void)signal;
    rung++;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Signals come all the time, and it lasts no longer, and not shorter.
START_TEST(waits_until_then)
{
    enum { LIMIT_MS = 60 };
    int ends[2];
    const struct itimerval often = {.it_interval.tv_usec = 5000,
                                    .it_value.tv_usec = 5000};
    ck_assert_int_eq(pipe(ends), 0);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = ring}, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    const int64_t began_ms = now_ms();
    const struct deadline deadline = deadline_after(LIMIT_MS * 1000000);
    ck_assert_int_eq(deadline_wait(ends[0], POLLIN, &deadline), -1);
    ck_assert_int_eq(errno, ETIME);
    ck_assert_int_ge(now_ms() - began_ms, LIMIT_MS - 1);
    ck_assert_int_gt(rung, 0);
}
END_TEST

Suite *deadline_suite(void)
{
    Suite *suite = suite_create("deadline");
    TCase *tcase = tcase_create("deadline");
    tcase_add_loop_test(tcase, reads_seconds, 0,
                        (int)(sizeof times / sizeof *times));
    tcase_add_test(tcase, refuses_what_is_no_length_of_time);
    tcase_add_test(tcase, refuses_what_is_too_long);
    tcase_add_test(tcase, tells_what_is_left);
    tcase_add_test(tcase, waits_for_what_is_ready);
    tcase_add_test(tcase, waits_until_then);
    suite_add_tcase(suite, tcase);
    return suite;
}
