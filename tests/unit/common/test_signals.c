#include "signals.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void expect_readable(int fd, int how_many)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&one, 1, 0), how_many);
}

static const int wishes[] = {SIGINT, SIGTERM};

START_TEST(shows_a_wish_to_stop)
{
    int fd = signals_open();
    ck_assert_int_ge(fd, 0);
    expect_readable(fd, 0);
    ck_assert_int_eq(kill(getpid(), wishes[_i]), 0);
    expect_readable(fd, 1);
    expect_readable(fd, 1); // and it stays so
    ck_assert_int_eq(kill(getpid(), wishes[1 - _i]), 0);
    expect_readable(fd, 1);
}
END_TEST

START_TEST(leaves_what_is_ignored)
{
    signal(wishes[_i], SIG_IGN);
    int fd = signals_open();
    ck_assert_int_eq(kill(getpid(), wishes[_i]), 0);
    expect_readable(fd, 0);
    ck_assert_int_eq(kill(getpid(), wishes[1 - _i]), 0);
    expect_readable(fd, 1);
}
END_TEST

START_TEST(leaves_other_signals_alone)
{
    sigset_t blocked, before;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    sigprocmask(SIG_BLOCK, &before, NULL);
    sigprocmask(SIG_BLOCK, NULL, &before);
    int fd = signals_open();
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    expect_readable(fd, 0);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < SIGRTMIN; number++)
        ck_assert_msg(sigismember(&blocked, number) ==
                          (number == SIGINT || number == SIGTERM ||
                           sigismember(&before, number) == 1),
                      "signal %d", number);
}
END_TEST

START_TEST(opens_a_descriptor_that_never_waits)
{
    int fd = signals_open();
    char bytes[256];
    ck_assert_int_eq(read(fd, bytes, sizeof bytes), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(says_why_it_can_not)
{
    const struct rlimit none = {0, 0};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(signals_open(), -1);
    ck_assert_int_eq(errno, EMFILE);
}
END_TEST

Suite *signals_suite(void)
{
    Suite *suite = suite_create("signals");
    TCase *tcase = tcase_create("signals");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, shows_a_wish_to_stop, 0, 2);
    tcase_add_loop_test(tcase, leaves_what_is_ignored, 0, 2);
    tcase_add_test(tcase, leaves_other_signals_alone);
    tcase_add_test(tcase, opens_a_descriptor_that_never_waits);
    tcase_add_test(tcase, says_why_it_can_not);
    suite_add_tcase(suite, tcase);
    return suite;
}
