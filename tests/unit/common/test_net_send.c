// The part of common/net that waits: net_send_all(), net_finish_connect().

#include "net.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 1 << 20 };

static unsigned char pattern(size_t at)
{
    return (unsigned char)(at * 7 + at / 251);
}

// Reads until the end. Returns how many bytes of the pattern came, or -1.
static ssize_t read_pattern(int fd)
{
    unsigned char bytes[4096];
    size_t total = 0;
    ssize_t size;
    while ((size = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < size; i++)
            if (bytes[i] != pattern(total++))
                return -1;
    return size == -1 ? -1 : (ssize_t)total;
}

START_TEST(sends_all)
{
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    unsigned char *bytes = malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = pattern(i);
    pid_t reader = fork_helper();
    if (reader == 0) {
        close(pair[0]);
        _exit(read_pattern(pair[1]) == LARGE ? 0 : 1);
    }
    close(pair[1]);
    ck_assert_int_eq(net_send_all(pair[0], bytes, 0), 0);
    ck_assert_int_eq(net_send_all(pair[0], bytes, 1), 0);
    ck_assert_int_eq(net_send_all(pair[0], bytes + 1, LARGE - 1), 0);
    close(pair[0]);
    int status;
    ck_assert_int_eq(waitpid(reader, &status, 0), reader);
    ck_assert_int_eq(status, 0);
    free(bytes);
}
END_TEST

START_TEST(meets_a_peer_that_has_gone)
{
    int pair[2];
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    ck_assert_int_eq(net_send_all(pair[0], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    close(pair[0]);
    ck_assert_int_eq(net_send_all(pair[0], "x", 1), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

static volatile sig_atomic_t *signals_seen;

static void count_signal(int signal)
{
    (void)signal;
    ++*signals_seen;
}

static void count_signals(void)
{
    signals_seen = mmap(NULL, sizeof *signals_seen, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = count_signal}, NULL);
}

// Interrupts process PID once it sleeps in system call NUMBER.
static void send_signal(pid_t pid, long number)
{
    await_call(pid, number);
    kill(pid, SIGUSR1);
    while (*signals_seen == 0)
        ;
}

// Fills a connection, and lets a helper interrupt this process in system call
// NUMBER and then read all that comes, which must be SIZE bytes more.
static pid_t interrupt(int pair[2], long number, size_t size)
{
    static char zeros[65536];
    count_signals();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ssize_t sent;
    while ((sent = send(pair[0], zeros, sizeof zeros, MSG_DONTWAIT)) > 0)
        size += (size_t)sent;
    pid_t test = getpid(), helper = fork_helper();
    if (helper != 0) {
        close(pair[1]);
        return helper;
    }
    close(pair[0]);
    send_signal(test, number);
    while (size > 0 && (sent = read(pair[1], zeros, sizeof zeros)) > 0)
        size -= (size_t)sent;
    _exit(size == 0 && read(pair[1], zeros, 1) == 0 ? 0 : 1);
}

static void expect_interrupted(int fd, pid_t helper)
{
    int status;
    close(fd);
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(*signals_seen, 1);
}

START_TEST(goes_on_after_a_signal)
{
    int pair[2];
    pid_t helper = interrupt(pair, SYS_sendto, 100);
    char bytes[100] = "";
    ck_assert_int_eq(net_send_all(pair[0], bytes, sizeof bytes), 0);
    expect_interrupted(pair[0], helper);
}
END_TEST

// The signal comes when a part has been sent already.
START_TEST(goes_on_after_a_part)
{
    int pair[2];
    unsigned char *bytes = malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = pattern(i);
    count_signals();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid_t test = getpid(), helper = fork_helper();
    if (helper == 0) {
        close(pair[0]);
        send_signal(test, SYS_sendto);
        _exit(read_pattern(pair[1]) == LARGE ? 0 : 1);
    }
    close(pair[1]);
    ck_assert_int_eq(net_send_all(pair[0], bytes, LARGE), 0);
    expect_interrupted(pair[0], helper);
    free(bytes);
}
END_TEST

START_TEST(waits_on_after_a_signal)
{
    int pair[2];
#ifdef SYS_poll
    pid_t helper = interrupt(pair, SYS_poll, 0);
#else
    pid_t helper = interrupt(pair, SYS_ppoll, 0);
#endif
    // Not a connection attempt, but likewise not writable until later.
    ck_assert_int_eq(net_finish_connect(pair[0]), 0);
    expect_interrupted(pair[0], helper);
}
END_TEST

START_TEST(finishes_a_connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(server, (struct sockaddr *)&address, sizeof address),
                     0);
    ck_assert_int_eq(net_local_address(server, &address), 0);
    // Bound, but not listening: the port is ours and refuses.
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     -1);
    ck_assert_int_eq(errno, EINPROGRESS);
    ck_assert_int_eq(net_finish_connect(fd), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    ck_assert_int_eq(listen(server, 1), 0);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     -1);
    ck_assert_int_eq(net_finish_connect(fd), 0);
    ck_assert_int_ne(accept(server, NULL, NULL), -1);
    close(fd);
    ck_assert_int_eq(net_finish_connect(fd), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

Suite *net_send_suite(void)
{
    Suite *suite = suite_create("net_send");
    TCase *tcase = tcase_create("net_send");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, sends_all);
    tcase_add_test(tcase, meets_a_peer_that_has_gone);
    tcase_add_test(tcase, goes_on_after_a_signal);
    tcase_add_test(tcase, goes_on_after_a_part);
    tcase_add_test(tcase, waits_on_after_a_signal);
    tcase_add_test(tcase, finishes_a_connection);
    suite_add_tcase(suite, tcase);
    return suite;
}
