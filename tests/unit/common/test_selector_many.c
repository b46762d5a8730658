// A selector with several descriptors, of which some come and go meanwhile.

#include "selecting.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { SOCKETS = 5 };

// Between any two events, and before and after them, does something to any of
// the sockets. The others' events must come, once; the next answer has COUNT.
static void meddle(int kind, void (*change)(int fd), int count)
{
    for (int i = 0; i < SOCKETS * (SOCKETS + 1); i++) {
        int fds[SOCKETS], victim = i % SOCKETS;
        open_kind(kind);
        for (int j = 0; j < SOCKETS; j++)
            fds[j] = watch_for(ready_socket(false), WRITE);
        expect_ready(0, SOCKETS);
        int told = take_events(i / SOCKETS);
        unsigned before = seen[fds[victim]];
        change(fds[victim]);
        told += take_events(END);
        ck_assert_int_eq(told, SOCKETS - (before == 0));
        for (int j = 0; j < SOCKETS; j++)
            ck_assert_uint_eq(seen[fds[j]], j == victim ? before : WRITE);
        expect_ready(0, count);
        ck_assert_int_eq(take_events(END), count);
        selector_close(selector);
    }
}

START_TEST(forgets_what_is_unregistered_meanwhile)
{
    meddle(_i, unregister_fd, SOCKETS - 1);
}
END_TEST

static void want_to_read(int fd)
{
    modify_events(fd, READ);
}

START_TEST(forgets_what_is_not_wanted_any_more)
{
    meddle(_i, want_to_read, SOCKETS - 1);
}
END_TEST

static void replace(int fd)
{
    unregister_fd(fd);
    close(fd);
    // Ready as well, and yet the answer is about its predecessor.
    ck_assert_int_eq(ready_socket(false), fd);
    watch_for(fd, WRITE);
}

START_TEST(keeps_old_and_new_apart)
{
    meddle(_i, replace, SOCKETS);
}
END_TEST

static void add_another(int fd)
{
    watch_for(ready_socket(false), WRITE);
    unregister_fd(fd);
    watch_for(ready_socket(false), WRITE);
}

START_TEST(leaves_a_new_one_for_the_next_answer)
{
    meddle(_i, add_another, SOCKETS + 1);
}
END_TEST

START_TEST(forgets_the_last_answer)
{
    struct selector_event event;
    char byte;
    open_kind(_i);
    int fds[2] = {watch_for(ready_socket(true), READ),
                  watch_for(ready_socket(true), READ)};
    expect_ready(-1, 2);
    ck_assert(selector_next(selector, &event));
    int other = event.fd == fds[0] ? fds[1] : fds[0];
    ck_assert_int_eq(read(other, &byte, 1), 1);
    expect_only_ready(event.fd, READ);
    expect_ready(-1, 1);
    ck_assert_int_eq(read(event.fd, &byte, 1), 1);
    expect_none_ready();
}
END_TEST

START_TEST(takes_high_numbers)
{
    open_kind(_i);
    int fd = watch_for(duplicate_fd(ready_socket(true), FD_SETSIZE - 1), BOTH);
    expect_only_ready(fd, BOTH);
    int high = duplicate_fd(ready_socket(true), FD_SETSIZE);
    if (kinds[_i] == SELECTOR_SELECT) {
        expect_errno(selector_register(selector, high, READ, NULL), EMFILE);
        expect_errno(selector_unregister(selector, high), ENOENT);
    } else {
        watch_for(high, WRITE);
        unregister_fd(fd);
        expect_only_ready(high, WRITE);
        watch_for(fd, READ);
        unregister_fd(high);
    }
    ck_assert_int_eq(take_events(END), 0);
    modify_events(fd, READ);
    expect_only_ready(fd, READ);
}
END_TEST

// Expects COUNT to be ready, and each to be told; by epoll, 256 at a time.
static void expect_all(int count, bool by_epoll)
{
    static bool told[END];
    int different = 0;
    memset(told, 0, sizeof told);
    for (int left = count; left > 0; left -= 256) {
        int most = by_epoll && count > 256 ? 256 : count;
        expect_ready(-1, most);
        ck_assert_int_eq(take_events(END), most);
        for (int fd = 0; fd < END; fd++)
            if (seen[fd] != 0 && !told[fd]) {
                told[fd] = true;
                different++;
            }
    }
    ck_assert_int_eq(different, count);
}

START_TEST(watches_a_thousand)
{
    enum { COUNT = 1000, STEP = 7 };
    int fds[COUNT], ready = ready_socket(true), quiet = ready_socket(false);
    bool by_epoll = kinds[_i] == SELECTOR_EPOLL;
    open_kind(_i);
    for (int i = 0; i < COUNT; i++)
        fds[i] =
            watch_for(duplicate_fd(i % STEP == 0 ? ready : quiet, 0), READ);
    expect_ready(-1, COUNT / STEP + 1);
    ck_assert_int_eq(take_events(END), COUNT / STEP + 1);
    for (int i = 0; i < COUNT; i++)
        ck_assert_uint_eq(seen[fds[i]], i % STEP == 0 ? READ : 0);
    for (int i = 0; i < COUNT; i++)
        modify_events(fds[i], WRITE);
    expect_all(COUNT, by_epoll);
    for (int i = 0; i < COUNT; i += 2)
        unregister_fd(fds[i]);
    expect_all(COUNT / 2, by_epoll);
    for (int i = 0; i < COUNT; i += 2)
        ck_assert_uint_eq(seen[fds[i]], 0);
    selector_close(selector);
}
END_TEST

Suite *selector_many_suite(void)
{
    Suite *suite = suite_create("selector_many");
    TCase *tcase = tcase_create("selector_many");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, forgets_what_is_unregistered_meanwhile, 0,
                        KINDS);
    tcase_add_loop_test(tcase, forgets_what_is_not_wanted_any_more, 0, KINDS);
    tcase_add_loop_test(tcase, keeps_old_and_new_apart, 0, KINDS);
    tcase_add_loop_test(tcase, leaves_a_new_one_for_the_next_answer, 0, KINDS);
    tcase_add_loop_test(tcase, forgets_the_last_answer, 0, KINDS);
    tcase_add_loop_test(tcase, takes_high_numbers, 0, KINDS);
    tcase_add_loop_test(tcase, watches_a_thousand, 0, KINDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
