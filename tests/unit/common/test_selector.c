#include "selecting.h"
#include "trace/calls.h"
#include "kernel/procfs.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

START_TEST(finds_what_is_ready)
{
    int pair[2];
    char byte;
    struct selector_event event;
    open_kind(_i);
    expect_no_event();
    expect_none_ready();
    unix_pair(pair);
    watch_for(pair[0], READ);
    expect_none_ready();
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
    expect_only_ready(pair[0], READ);
    expect_only_ready(pair[0], READ); // it is still unread
    modify_events(pair[0], WRITE);
    expect_only_ready(pair[0], WRITE);
    modify_events(pair[0], BOTH);
    expect_only_ready(pair[0], BOTH);
    ck_assert_int_eq(read(pair[0], &byte, 1), 1);
    expect_only_ready(pair[0], WRITE);
    modify_events(pair[0], READ);
    expect_none_ready();
    unregister_fd(pair[0]);
    expect_none_ready();
    ck_assert_int_eq(selector_register(selector, pair[0], WRITE, NULL), 0);
    expect_ready(-1, 1);
    ck_assert(selector_next(selector, &event));
    ck_assert_ptr_null(event.data);
    selector_close(selector);
    ck_assert_int_eq(write(pair[0], "x", 1), 1); // it is still open
}
END_TEST

static void expect_to_wait(int timeout_ms)
{
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    expect_ready(timeout_ms, 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    ck_assert_int_ge((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec -
                         from.tv_nsec,
                     timeout_ms * 1000000L);
}

START_TEST(waits_as_long_as_asked)
{
    int pair[2];
    unix_pair(pair);
    open_kind(_i);
    expect_to_wait(10);
    watch_for(pair[0], READ);
    expect_to_wait(20);
    if (kinds[_i] == SELECTOR_SELECT)
        expect_to_wait(1010); // it wants seconds and microseconds
}
END_TEST

static void ignore(int signal)
{
    (void)signal;
}

// Returns once the thread sleeps in a call that waits for descriptors: which of
// them libc makes is its own affair.
static void await_wait(pid_t tid)
{
    struct thread_state state;
    const struct call_info *info = NULL;
    while (procfs_thread(tid, &state) == 0 &&
           (state.state != 'S' || (info = call_find(state.call)) == NULL ||
            info->group != CALLS_WAIT))
        sched_yield();
}

START_TEST(returns_for_a_signal)
{
    const struct sigaction action = {.sa_handler = ignore};
    int pair[2], status;
    unix_pair(pair);
    sigaction(SIGUSR1, &action, NULL);
    pid_t helper = fork_helper();
    if (helper == 0) {
        struct selector_event event;
        selector = selector_open(kinds[_i]);
        selector_register(selector, pair[0], READ, NULL);
        _exit(selector_select(selector, -1) != -1 || errno != EINTR ||
              selector_next(selector, &event));
    }
    await_wait(helper);
    kill(helper, SIGUSR1);
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert_int_eq(status, 0);
}
END_TEST

// A full pipe without a reader is in error; an empty one without a writer has
// hung up. Neither can be read or written otherwise.
START_TEST(reports_errors_and_hang_ups)
{
    char bytes[4096] = "";
    int ends[2];
    open_kind(_i);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    while (write(ends[1], bytes, sizeof bytes) != -1)
        continue;
    watch_for(ends[1], READ);
    expect_none_ready();
    close(ends[0]);
    expect_only_ready(ends[1], READ);
    modify_events(ends[1], WRITE);
    expect_only_ready(ends[1], WRITE);
    unregister_fd(ends[1]);
    close(ends[1]);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    watch_for(ends[0], READ);
    expect_none_ready();
    close(ends[1]);
    expect_only_ready(ends[0], READ);
    if (kinds[_i] == SELECTOR_SELECT)
        return; // it tells only readers of a hang-up
    modify_events(ends[0], WRITE);
    expect_only_ready(ends[0], WRITE);
}
END_TEST

START_TEST(reports_a_reset)
{
    const struct linger linger = {.l_onoff = 1};
    static const char bytes[65536];
    open_kind(_i);
    for (unsigned events = READ; events <= BOTH; events++) {
        int pair[2];
        tcp_pair(pair);
        while (send(pair[0], bytes, sizeof bytes, MSG_DONTWAIT) != -1)
            continue;
        watch_for(pair[0], events);
        setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close(pair[1]);
        // The reset, and nothing before it.
        struct pollfd reset = {.fd = pair[0]};
        ck_assert_int_eq(poll(&reset, 1, -1), 1);
        expect_only_ready(pair[0], events);
        ck_assert_int_eq(recv(pair[0], marks, 1, MSG_DONTWAIT), -1);
        ck_assert_int_eq(errno, ECONNRESET);
        unregister_fd(pair[0]);
        close(pair[0]);
    }
}
END_TEST

START_TEST(says_what_is_wrong)
{
    int pair[2];
    unix_pair(pair);
    open_kind(_i);
    const int bad[] = {-1, INT_MIN, INT_MAX, 64, pair[1] + 20, pair[1]};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_errno(selector_modify(selector, bad[i], READ), ENOENT);
        expect_errno(selector_unregister(selector, bad[i]), ENOENT);
        if (bad[i] != pair[1])
            expect_errno(selector_register(selector, bad[i], READ, NULL),
                         EBADF);
        if (i == 0)
            watch_for(pair[0], WRITE);
    }
    const unsigned strange[] = {0, 4, 7, UINT_MAX};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        expect_errno(selector_register(selector, pair[1], strange[i], NULL),
                     EINVAL);
        expect_errno(selector_modify(selector, pair[0], strange[i]), EINVAL);
    }
    expect_errno(selector_register(selector, pair[0], READ, NULL), EEXIST);
    expect_only_ready(pair[0], WRITE);
    unregister_fd(pair[0]);
    expect_errno(selector_unregister(selector, pair[0]), ENOENT);
    expect_errno(selector_modify(selector, pair[0], READ), ENOENT);
    ck_assert_ptr_null(selector_open((enum selector_kind)17));
    ck_assert_int_eq(errno, EINVAL);
    selector_close(NULL);
}
END_TEST

// What comes of a descriptor that was closed before it was unregistered.
START_TEST(survives_a_closed_descriptor)
{
    struct selector_event event;
    open_kind(_i);
    int first = watch_for(ready_socket(true), READ);
    int fd = watch_for(ready_socket(true), READ);
    expect_ready(-1, 2);
    close(fd);
    modify_events(fd, READ); // makes no system call, which would fail
    if (kinds[_i] == SELECTOR_SELECT) {
        expect_errno(selector_select(selector, -1), EBADF);
        ck_assert(!selector_next(selector, &event));
    } else if (kinds[_i] == SELECTOR_POLL) {
        expect_ready(-1, 2);
        ck_assert_int_eq(take_events(END), 2);
        ck_assert_uint_eq(seen[fd], READ);
    } else
        expect_only_ready(first, READ);
    unregister_fd(fd);
    expect_only_ready(first, READ);
}
END_TEST

START_TEST(has_no_answer_after_an_error)
{
    struct rlimit limit;
    open_kind(_i);
    int fd = watch_for(ready_socket(true), READ);
    expect_ready(-1, 1);
    if (kinds[_i] == SELECTOR_EPOLL) {
        close(fd - 1); // epoll's own
        expect_errno(selector_select(selector, -1), EBADF);
    } else if (kinds[_i] == SELECTOR_POLL) {
        // More than a process may open are too many to poll.
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_NOFILE, &limit);
        expect_errno(selector_select(selector, -1), EINVAL);
    } else {
        close(fd);
        expect_errno(selector_select(selector, -1), EBADF);
    }
    expect_no_event();
}
END_TEST

// Regular files are always ready, but epoll takes none.
START_TEST(watches_files_as_far_as_possible)
{
    open_kind(_i);
    int fd = fileno(tmpfile());
    if (kinds[_i] == SELECTOR_EPOLL) {
        expect_errno(selector_register(selector, fd, READ, NULL), EPERM);
        expect_errno(selector_unregister(selector, fd), ENOENT);
        expect_none_ready();
    } else {
        watch_for(fd, BOTH);
        expect_only_ready(fd, BOTH);
    }
}
END_TEST

// Of the default kind as well, it has one descriptor: epoll's.
START_TEST(is_epoll_by_default)
{
    char name[64], target[64] = "";
    int fd = duplicate_fd(0, 0);
    close(fd);
    selector = selector_open(_i == 0 ? SELECTOR_DEFAULT : SELECTOR_EPOLL);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ck_assert_int_gt(readlink(name, target, sizeof target - 1), 0);
    ck_assert_str_eq(target, "anon_inode:[eventpoll]");
    selector_close(selector);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
    ck_assert_ptr_null(selector_open(SELECTOR_DEFAULT));
    ck_assert_int_eq(errno, EMFILE);
}
END_TEST

Suite *selector_suite(void)
{
    Suite *suite = suite_create("selector");
    TCase *tcase = tcase_create("selector");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, finds_what_is_ready, 0, KINDS);
    tcase_add_loop_test(tcase, waits_as_long_as_asked, 0, KINDS);
    tcase_add_loop_test(tcase, returns_for_a_signal, 0, KINDS);
    tcase_add_loop_test(tcase, reports_errors_and_hang_ups, 0, KINDS);
    tcase_add_loop_test(tcase, reports_a_reset, 0, KINDS);
    tcase_add_loop_test(tcase, says_what_is_wrong, 0, KINDS);
    tcase_add_loop_test(tcase, survives_a_closed_descriptor, 0, KINDS);
    tcase_add_loop_test(tcase, has_no_answer_after_an_error, 0, KINDS);
    tcase_add_loop_test(tcase, watches_files_as_far_as_possible, 0, KINDS);
    tcase_add_loop_test(tcase, is_epoll_by_default, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
