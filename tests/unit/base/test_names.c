#include "base/names.h"
#include "unit.h"

#include <errno.h>
#include <features.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

START_TEST(names_errors)
{
    ck_assert_str_eq(name_of_error(EPERM), "EPERM"); // the first
    ck_assert_str_eq(name_of_error(EWOULDBLOCK), "EAGAIN");
    ck_assert_str_eq(name_of_error(ECONNRESET), "ECONNRESET");
    ck_assert_str_eq(name_of_error(EHWPOISON), "EHWPOISON"); // the 133rd
    ck_assert_str_eq(name_of_error(0), "an unknown error");
    ck_assert_str_eq(name_of_error(-EPERM), "an unknown error");
    ck_assert_str_eq(name_of_error(4095), "an unknown error");
    // Linux leaves this number out.
    ck_assert_str_eq(name_of_error(41), "an unknown error");
}
END_TEST

START_TEST(names_signals)
{
    ck_assert_str_eq(name_of_signal(SIGHUP), "SIGHUP");
    ck_assert_str_eq(name_of_signal(SIGPIPE), "SIGPIPE");
    ck_assert_str_eq(name_of_signal(SIGSYS), "SIGSYS");
    ck_assert_ptr_null(name_of_signal(0));
    ck_assert_ptr_null(name_of_signal(-SIGHUP));
    ck_assert_ptr_null(name_of_signal(SIGSYS + 1));
    ck_assert_ptr_null(name_of_signal(SIGRTMAX));
}
END_TEST

// What libc calls each of them, where it says so.
START_TEST(agrees_with_libc)
{
#if __GLIBC__ == 2 && __GLIBC_MINOR__ >= 32
    // Later kernels may have more, of which only a later libc knows.
    for (int error = 1; error <= EHWPOISON; error++) {
        const char *name = strerrorname_np(error);
        ck_assert_str_eq(name_of_error(error),
                         name != NULL ? name : "an unknown error");
    }
    for (int signal = 1; signal < NSIG; signal++) {
        const char *name = sigabbrev_np(signal);
        char whole[32];
        snprintf(whole, sizeof whole, "SIG%s", name != NULL ? name : "");
        ck_assert_pstr_eq(name_of_signal(signal), name != NULL ? whole : NULL);
    }
#endif
}
END_TEST

Suite *names_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tcase = tcase_create("names");
    tcase_add_test(tcase, names_errors);
    tcase_add_test(tcase, names_signals);
    tcase_add_test(tcase, agrees_with_libc);
    suite_add_tcase(suite, tcase);
    return suite;
}
