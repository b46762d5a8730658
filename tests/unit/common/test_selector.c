// Each test runs with epoll, poll and select: _i says which.

#include "trace/calls.h"
#include "kernel/procfs.h"
#include "selector.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const enum selector_kind kinds[] = {SELECTOR_EPOLL, SELECTOR_POLL,
                                           SELECTOR_SELECT};

enum { KINDS = sizeof kinds / sizeof *kinds, END = 4096, SOCKETS = 5 };
enum { READ = SELECTOR_READ, WRITE = SELECTOR_WRITE, BOTH = READ | WRITE };

static struct selector *selector;
static char marks[END];    // a descriptor's data is &marks[fd]
static unsigned seen[END]; // the events that take() got for each descriptor

static void open_kind(int i)
{
    selector = selector_open(kinds[i]);
    ck_assert_ptr_nonnull(selector);
}

static int watch(int fd, unsigned events)
{
    ck_assert_int_eq(selector_register(selector, fd, events, &marks[fd]), 0);
    return fd;
}

static void modify(int fd, unsigned events)
{
    ck_assert_int_eq(selector_modify(selector, fd, events), 0);
}

static void unregister(int fd)
{
    ck_assert_int_eq(selector_unregister(selector, fd), 0);
}

// Takes up to MOST events. Returns how many there were.
static int take(int most)
{
    struct selector_event event;
    for (int count = 0; count < most; count++) {
        if (!selector_next(selector, &event))
            return count;
        ck_assert_ptr_eq(event.data, &marks[event.fd]);
        ck_assert_uint_ne(event.events, 0);
        ck_assert_msg(seen[event.fd] == 0, "%d comes twice", event.fd);
        seen[event.fd] = event.events;
    }
    return most;
}

static void expect_ready(int timeout_ms, int count)
{
    ck_assert_int_eq(selector_select(selector, timeout_ms), count);
    memset(seen, 0, sizeof seen);
}

static void expect_end(void)
{
    ck_assert_int_eq(take(1), 0);
    ck_assert_int_eq(take(1), 0);
}

static void expect_nothing(void)
{
    expect_ready(0, 0);
    expect_end();
}

static void expect_only(int fd, unsigned events)
{
    expect_ready(-1, 1);
    ck_assert_int_eq(take(END), 1);
    ck_assert_uint_eq(seen[fd], events);
    expect_end();
}

static void pair_of(int pair[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
                     0);
}

// Returns a socket that can be written, and read if there is a byte for it.
static int ready_socket(bool readable)
{
    int pair[2];
    pair_of(pair);
    if (readable)
        ck_assert_int_eq(write(pair[1], "x", 1), 1);
    // The other end stays open, out of the way of the low numbers.
    ck_assert_int_ne(fcntl(pair[1], F_DUPFD, 500), -1);
    close(pair[1]);
    return pair[0];
}

START_TEST(finds_what_is_ready)
{
    int pair[2];
    char byte;
    struct selector_event event;
    open_kind(_i);
    expect_end();
    expect_nothing();
    pair_of(pair);
    watch(pair[0], READ);
    expect_nothing();
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
    expect_only(pair[0], READ);
    expect_only(pair[0], READ); // it is still unread
    modify(pair[0], WRITE);
    expect_only(pair[0], WRITE);
    modify(pair[0], BOTH);
    expect_only(pair[0], BOTH);
    ck_assert_int_eq(read(pair[0], &byte, 1), 1);
    expect_only(pair[0], WRITE);
    modify(pair[0], READ);
    expect_nothing();
    unregister(pair[0]);
    expect_nothing();
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
    pair_of(pair);
    open_kind(_i);
    expect_to_wait(10);
    watch(pair[0], READ);
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
    pair_of(pair);
    sigaction(SIGUSR1, &action, NULL);
    pid_t helper = fork_helper();
    if (helper == 0) {
        struct selector_event event;
        selector = selector_open(kinds[_i]);
        selector_register(selector, pair[0], READ, NULL);
        _exit(selector_select(selector, -1) != 0 ||
              selector_next(selector, &event));
    }
    await_wait(helper);
    kill(helper, SIGUSR1);
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert_int_eq(status, 0);
}
END_TEST

// Between any two events, and before and after them, does something to any of
// the sockets. The others' events must come, once; the next answer has COUNT.
static void meddle(int kind, void (*change)(int fd), int count)
{
    for (int i = 0; i < SOCKETS * (SOCKETS + 1); i++) {
        int fds[SOCKETS], victim = i % SOCKETS;
        open_kind(kind);
        for (int j = 0; j < SOCKETS; j++)
            fds[j] = watch(ready_socket(false), WRITE);
        expect_ready(0, SOCKETS);
        int told = take(i / SOCKETS);
        unsigned before = seen[fds[victim]];
        change(fds[victim]);
        told += take(END);
        ck_assert_int_eq(told, SOCKETS - (before == 0));
        for (int j = 0; j < SOCKETS; j++)
            ck_assert_uint_eq(seen[fds[j]], j == victim ? before : WRITE);
        expect_ready(0, count);
        ck_assert_int_eq(take(END), count);
        selector_close(selector);
    }
}

START_TEST(forgets_what_is_unregistered_meanwhile)
{
    meddle(_i, unregister, SOCKETS - 1);
}
END_TEST

static void want_to_read(int fd)
{
    modify(fd, READ);
}

START_TEST(forgets_what_is_not_wanted_any_more)
{
    meddle(_i, want_to_read, SOCKETS - 1);
}
END_TEST

static void replace(int fd)
{
    unregister(fd);
    close(fd);
    // Ready as well, and yet the answer is about its predecessor.
    ck_assert_int_eq(ready_socket(false), fd);
    watch(fd, WRITE);
}

START_TEST(keeps_old_and_new_apart)
{
    meddle(_i, replace, SOCKETS);
}
END_TEST

static void add_another(int fd)
{
    watch(ready_socket(false), WRITE);
    unregister(fd);
    watch(ready_socket(false), WRITE);
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
    int fds[2] = {watch(ready_socket(true), READ),
                  watch(ready_socket(true), READ)};
    expect_ready(-1, 2);
    ck_assert(selector_next(selector, &event));
    int other = event.fd == fds[0] ? fds[1] : fds[0];
    ck_assert_int_eq(read(other, &byte, 1), 1);
    expect_only(event.fd, READ);
    expect_ready(-1, 1);
    ck_assert_int_eq(read(event.fd, &byte, 1), 1);
    expect_nothing();
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
    watch(ends[1], READ);
    expect_nothing();
    close(ends[0]);
    expect_only(ends[1], READ);
    modify(ends[1], WRITE);
    expect_only(ends[1], WRITE);
    unregister(ends[1]);
    close(ends[1]);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    watch(ends[0], READ);
    expect_nothing();
    close(ends[1]);
    expect_only(ends[0], READ);
    if (kinds[_i] == SELECTOR_SELECT)
        return; // it tells only readers of a hang-up
    modify(ends[0], WRITE);
    expect_only(ends[0], WRITE);
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
        watch(pair[0], events);
        setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close(pair[1]);
        // The reset, and nothing before it.
        struct pollfd reset = {.fd = pair[0]};
        ck_assert_int_eq(poll(&reset, 1, -1), 1);
        expect_only(pair[0], events);
        ck_assert_int_eq(recv(pair[0], marks, 1, MSG_DONTWAIT), -1);
        ck_assert_int_eq(errno, ECONNRESET);
        unregister(pair[0]);
        close(pair[0]);
    }
}
END_TEST

static void expect_error(int result, int error)
{
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(errno, error);
}

START_TEST(says_what_is_wrong)
{
    int pair[2];
    pair_of(pair);
    open_kind(_i);
    const int bad[] = {-1, INT_MIN, INT_MAX, 64, pair[1] + 20, pair[1]};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_error(selector_modify(selector, bad[i], READ), ENOENT);
        expect_error(selector_unregister(selector, bad[i]), ENOENT);
        if (bad[i] != pair[1])
            expect_error(selector_register(selector, bad[i], READ, NULL),
                         EBADF);
        if (i == 0)
            watch(pair[0], WRITE);
    }
    const unsigned strange[] = {0, 4, 7, UINT_MAX};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        expect_error(selector_register(selector, pair[1], strange[i], NULL),
                     EINVAL);
        expect_error(selector_modify(selector, pair[0], strange[i]), EINVAL);
    }
    expect_error(selector_register(selector, pair[0], READ, NULL), EEXIST);
    expect_only(pair[0], WRITE);
    unregister(pair[0]);
    expect_error(selector_unregister(selector, pair[0]), ENOENT);
    expect_error(selector_modify(selector, pair[0], READ), ENOENT);
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
    int first = watch(ready_socket(true), READ);
    int fd = watch(ready_socket(true), READ);
    expect_ready(-1, 2);
    close(fd);
    modify(fd, READ); // makes no system call, which would fail
    if (kinds[_i] == SELECTOR_SELECT) {
        expect_error(selector_select(selector, -1), EBADF);
        ck_assert(!selector_next(selector, &event));
    } else if (kinds[_i] == SELECTOR_POLL) {
        expect_ready(-1, 2);
        ck_assert_int_eq(take(END), 2);
        ck_assert_uint_eq(seen[fd], READ);
    } else
        expect_only(first, READ);
    unregister(fd);
    expect_only(first, READ);
}
END_TEST

START_TEST(has_no_answer_after_an_error)
{
    struct rlimit limit;
    open_kind(_i);
    int fd = watch(ready_socket(true), READ);
    expect_ready(-1, 1);
    if (kinds[_i] == SELECTOR_EPOLL) {
        close(fd - 1); // epoll's own
        expect_error(selector_select(selector, -1), EBADF);
    } else if (kinds[_i] == SELECTOR_POLL) {
        // More than a process may open are too many to poll.
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_NOFILE, &limit);
        expect_error(selector_select(selector, -1), EINVAL);
    } else {
        close(fd);
        expect_error(selector_select(selector, -1), EBADF);
    }
    expect_end();
}
END_TEST

// Regular files are always ready, but epoll takes none.
START_TEST(watches_files_as_far_as_possible)
{
    open_kind(_i);
    int fd = fileno(tmpfile());
    if (kinds[_i] == SELECTOR_EPOLL) {
        expect_error(selector_register(selector, fd, READ, NULL), EPERM);
        expect_error(selector_unregister(selector, fd), ENOENT);
        expect_nothing();
    } else {
        watch(fd, BOTH);
        expect_only(fd, BOTH);
    }
}
END_TEST

static int duplicate(int fd, int lowest)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int copy = fcntl(fd, F_DUPFD, lowest);
    ck_assert_int_ge(copy, lowest);
    ck_assert_int_lt(copy, END);
    return copy;
}

START_TEST(takes_high_numbers)
{
    open_kind(_i);
    int fd = watch(duplicate(ready_socket(true), FD_SETSIZE - 1), BOTH);
    expect_only(fd, BOTH);
    int high = duplicate(ready_socket(true), FD_SETSIZE);
    if (kinds[_i] == SELECTOR_SELECT) {
        expect_error(selector_register(selector, high, READ, NULL), EMFILE);
        expect_error(selector_unregister(selector, high), ENOENT);
    } else {
        watch(high, WRITE);
        unregister(fd);
        expect_only(high, WRITE);
        watch(fd, READ);
        unregister(high);
    }
    ck_assert_int_eq(take(END), 0);
    modify(fd, READ);
    expect_only(fd, READ);
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
        ck_assert_int_eq(take(END), most);
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
        fds[i] = watch(duplicate(i % STEP == 0 ? ready : quiet, 0), READ);
    expect_ready(-1, COUNT / STEP + 1);
    ck_assert_int_eq(take(END), COUNT / STEP + 1);
    for (int i = 0; i < COUNT; i++)
        ck_assert_uint_eq(seen[fds[i]], i % STEP == 0 ? READ : 0);
    for (int i = 0; i < COUNT; i++)
        modify(fds[i], WRITE);
    expect_all(COUNT, by_epoll);
    for (int i = 0; i < COUNT; i += 2)
        unregister(fds[i]);
    expect_all(COUNT / 2, by_epoll);
    for (int i = 0; i < COUNT; i += 2)
        ck_assert_uint_eq(seen[fds[i]], 0);
    selector_close(selector);
}
END_TEST

// Of the default kind as well, it has one descriptor: epoll's.
START_TEST(is_epoll_by_default)
{
    char name[64], target[64] = "";
    int fd = duplicate(0, 0);
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
    tcase_add_loop_test(tcase, forgets_what_is_unregistered_meanwhile, 0,
                        KINDS);
    tcase_add_loop_test(tcase, forgets_what_is_not_wanted_any_more, 0, KINDS);
    tcase_add_loop_test(tcase, keeps_old_and_new_apart, 0, KINDS);
    tcase_add_loop_test(tcase, leaves_a_new_one_for_the_next_answer, 0, KINDS);
    tcase_add_loop_test(tcase, forgets_the_last_answer, 0, KINDS);
    tcase_add_loop_test(tcase, reports_errors_and_hang_ups, 0, KINDS);
    tcase_add_loop_test(tcase, reports_a_reset, 0, KINDS);
    tcase_add_loop_test(tcase, says_what_is_wrong, 0, KINDS);
    tcase_add_loop_test(tcase, survives_a_closed_descriptor, 0, KINDS);
    tcase_add_loop_test(tcase, has_no_answer_after_an_error, 0, KINDS);
    tcase_add_loop_test(tcase, watches_files_as_far_as_possible, 0, KINDS);
    tcase_add_loop_test(tcase, takes_high_numbers, 0, KINDS);
    tcase_add_loop_test(tcase, watches_a_thousand, 0, KINDS);
    tcase_add_loop_test(tcase, is_epoll_by_default, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
