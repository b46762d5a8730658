#include "kernel/procfs.h"
#include "kernel/sockdiag.h"
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A helper that waits for the end of a pipe whose other end the test has.
static pid_t start_reader(int pipe_ends[2])
{
    ck_assert_int_eq(pipe(pipe_ends), 0);
    pid_t helper = fork_helper();
    if (helper != 0)
        return helper;
    close(pipe_ends[1]);
    prctl(PR_SET_NAME, "a) R 1 2 (b");
    char byte;
    _exit(read(pipe_ends[0], &byte, 1) == 0 ? 0 : 1);
}

START_TEST(knows_a_sleeping_thread)
{
    int ends[2];
    pid_t helper = start_reader(ends);
    await_call(helper, SYS_read);
    struct thread_state state;
    ck_assert_int_eq(procfs_thread(helper, &state), 0);
    ck_assert_int_eq(state.state, 'S');
    ck_assert_int_eq(state.parent, getpid());
    ck_assert_int_eq(state.call, SYS_read);
    ck_assert_uint_eq(state.args[0], (uint64_t)ends[0]);
    ck_assert_uint_eq(state.args[2], 1);
}
END_TEST

START_TEST(knows_a_dead_thread)
{
    int ends[2];
    pid_t helper = start_reader(ends);
    close(ends[1]);
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)helper, &info, WEXITED | WNOWAIT), 0);
    struct thread_state state;
    ck_assert_int_eq(procfs_thread(helper, &state), 0);
    ck_assert_int_eq(state.state, 'Z');
    int status;
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(procfs_thread(helper, &state), -1);
    ck_assert_int_eq(procfs_count_descriptors(helper), -1);
}
END_TEST

START_TEST(knows_a_stopped_thread)
{
    int ends[2];
    pid_t helper = start_reader(ends);
    kill(helper, SIGSTOP);
    int status;
    ck_assert_int_eq(waitpid(helper, &status, WUNTRACED), helper);
    struct thread_state state;
    ck_assert_int_eq(procfs_thread(helper, &state), 0);
    ck_assert_int_eq(state.state, 'T');
}
END_TEST

START_TEST(knows_a_running_thread)
{
    struct thread_state before, now;
    ck_assert_int_eq(procfs_thread(getpid(), &before), 0);
    ck_assert_int_eq(before.state, 'R');
    ck_assert_int_eq(before.parent, getppid());
    do
        ck_assert_int_eq(procfs_thread(getpid(), &now), 0);
    while (now.cpu_us < before.cpu_us + 30000);
    // A sleep gives the processor up.
    usleep(1);
    ck_assert_int_eq(procfs_thread(getpid(), &now), 0);
    ck_assert_uint_gt(now.switches, before.switches);
}
END_TEST

static void *wait_for_end(void *fd)
{
    char byte;
    return read(*(int *)fd, &byte, 1) == 0 ? fd : NULL;
}

// Sends its child's number, has two threads, and ends with the pipe.
static _Noreturn void be_a_family(int fd, int report)
{
    pthread_t thread;
    pid_t child = fork();
    if (child != 0 && (pthread_create(&thread, NULL, wait_for_end, &fd) != 0 ||
                       write(report, &child, sizeof child) == -1))
        _exit(1);
    wait_for_end(&fd);
    _exit(0);
}

static bool is_among(pid_t pid, const pid_t tids[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tids[i] == pid)
            return true;
    return false;
}

START_TEST(finds_descendants)
{
    int ends[2], report[2];
    pid_t tids[8] = {0}, grandchild;
    ck_assert_uint_eq(procfs_descendants(getpid(), tids, 8), 0);
    ck_assert_int_eq(pipe(ends) | pipe(report), 0);
    pid_t child = fork_helper();
    if (child == 0) {
        close(ends[1]);
        be_a_family(ends[0], report[1]);
    }
    ck_assert_int_eq(read(report[0], &grandchild, sizeof grandchild),
                     sizeof grandchild);
    ck_assert_uint_eq(procfs_descendants(getpid(), tids, 8), 3);
    ck_assert(is_among(child, tids, 3));
    ck_assert(is_among(grandchild, tids, 3));
    ck_assert(!is_among(getpid(), tids, 3));
    pid_t one[2] = {0, -7};
    ck_assert_uint_eq(procfs_descendants(getpid(), one, 1), 3);
    ck_assert_int_ne(one[0], 0);
    ck_assert_int_eq(one[1], -7);
    ck_assert_uint_eq(procfs_descendants(child, tids, 8), 1);
    ck_assert_int_eq(tids[0], grandchild);
}
END_TEST

START_TEST(counts_zombies)
{
    ck_assert_uint_eq(procfs_count_zombies(getpid()), 0);
    pid_t child = fork_helper();
    if (child == 0)
        _exit(0);
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &(siginfo_t){.si_pid = 0},
                            WEXITED | WNOWAIT),
                     0);
    const size_t count = procfs_count_zombies(getpid());
    ck_assert_uint_le(count, 1); // 0: a kernel that does not tell of children
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_uint_eq(procfs_count_zombies(getpid()), 0);
}
END_TEST

START_TEST(knows_descriptors)
{
    int before = procfs_count_descriptors(getpid());
    int pair[2], ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(procfs_count_descriptors(getpid()), before + 4);
    ck_assert(procfs_is_socket(getpid(), pair[0]));
    ck_assert(!procfs_is_socket(getpid(), ends[0]));
    int null = open("/dev/null", O_RDONLY);
    ck_assert(!procfs_is_socket(getpid(), null));
    close(pair[0]);
    ck_assert(!procfs_is_socket(getpid(), pair[0]));
    ck_assert_int_eq(procfs_count_descriptors(getpid()), before + 4);
    ck_assert(!procfs_is_socket(getpid(), -1));
}
END_TEST

START_TEST(finds_a_listener)
{
    union endpoint want, found;
    ck_assert_int_eq(endpoint_make("127.0.0.3", 0, &want), 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, &want.any, endpoint_size(&want)), 0);
    ck_assert(!procfs_find_listener(getpid(), &found));
    ck_assert_int_eq(listen(fd, 1), 0);
    want = local_of(fd);
    ck_assert_uint_ne(want.v4.sin_port, 0);
    ck_assert(procfs_find_listener(getpid(), &found));
    ck_assert_uint_eq(found.v4.sin_port, want.v4.sin_port);
    ck_assert(endpoint_same_host(&found, &want));
    // Another process does not hold it.
    ck_assert(!procfs_find_listener(getppid(), &found));
    close(fd);
    ck_assert(!procfs_find_listener(getpid(), &found));
    // A connection is no listener.
    int pair[2];
    tcp_pair(pair);
    ck_assert(!procfs_find_listener(getpid(), &found));
}
END_TEST

static void finds_ipv6_listener(const char *host)
{
    union endpoint want, found;
    ck_assert_int_eq(endpoint_make(host, 0, &want), 0);
    int fd = socket(AF_INET6, SOCK_STREAM, 0), off = 0;
    if (fd == -1 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1 ||
        bind(fd, &want.any, endpoint_size(&want)) == -1)
        return; // a kernel without IPv6
    ck_assert_int_eq(listen(fd, 1), 0);
    want = local_of(fd);
    ck_assert(procfs_find_listener(getpid(), &found));
    ck_assert_uint_eq(found.v4.sin_port, want.v4.sin_port);
    ck_assert(endpoint_same_host(&found, &want));
    close(fd);
}

START_TEST(finds_an_ipv6_listener)
{
    finds_ipv6_listener("::");
    finds_ipv6_listener("::1");
}
END_TEST

static void *burn(void *milliseconds)
{
    struct timespec used;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < *(long *)milliseconds);
    return NULL;
}

START_TEST(tells_threads_apart)
{
    long milliseconds = 300;
    pthread_t thread;
    struct thread_state before, after;
    ck_assert_int_eq(procfs_thread(getpid(), &before), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, burn, &milliseconds), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(procfs_thread(getpid(), &after), 0);
    ck_assert_uint_lt(after.cpu_us - before.cpu_us, 200000);
}
END_TEST

Suite *procfs_suite(void)
{
    Suite *suite = suite_create("procfs");
    TCase *tcase = tcase_create("procfs");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, knows_a_sleeping_thread);
    tcase_add_test(tcase, tells_threads_apart);
    tcase_add_test(tcase, knows_a_dead_thread);
    tcase_add_test(tcase, knows_a_stopped_thread);
    tcase_add_test(tcase, knows_a_running_thread);
    tcase_add_test(tcase, finds_descendants);
    tcase_add_test(tcase, counts_zombies);
    tcase_add_test(tcase, knows_descriptors);
    tcase_add_test(tcase, finds_a_listener);
    tcase_add_test(tcase, finds_an_ipv6_listener);
    suite_add_tcase(suite, tcase);
    return suite;
}
