// common/transfer: exactly as many bytes, whatever recv(2) and sendmsg(2) do.

#include "transfer.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 8 };

static const char bytes[SIZE + 1] = "\0\1\2\3\4\5\6\7";

static void make_pair(int pair[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

static void close_pair(int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

START_TEST(receives_exactly)
{
    char got[SIZE] = "";
    size_t received;
    int pair[2];
    make_pair(pair);
    ck_assert_int_eq(write(pair[1], bytes, SIZE), SIZE);
    for (size_t from = 0; from < SIZE; from += received) {
        size_t size = from == 0 ? 1 : from;
        ck_assert_int_eq(recv_exactly(pair[0], got + from, size, &received),
                         TRANSFER_COMPLETE);
        ck_assert_uint_eq(received, size);
    }
    ck_assert_int_eq(memcmp(got, bytes, SIZE), 0);
    close_pair(pair);
}
END_TEST

// It asks for nothing, so it neither waits nor learns of an end.
START_TEST(receives_nothing)
{
    char got = 'x';
    size_t received = 1;
    int pair[2];
    make_pair(pair);
    ck_assert_int_eq(recv_exactly(pair[0], &got, 0, &received),
                     TRANSFER_COMPLETE);
    ck_assert_uint_eq(received, 0);
    close(pair[1]);
    received = 1;
    ck_assert_int_eq(recv_exactly(pair[0], &got, 0, &received),
                     TRANSFER_COMPLETE);
    ck_assert_uint_eq(received, 0);
    ck_assert_int_eq(got, 'x');
    close(pair[0]);
}
END_TEST

START_TEST(tells_each_end)
{
    for (size_t size = 0; size <= SIZE; size++) {
        char got[SIZE];
        size_t received = SIZE + 1;
        int pair[2];
        make_pair(pair);
        ck_assert_int_eq(write(pair[1], bytes, size), (ssize_t)size);
        close(pair[1]);
        ck_assert_int_eq(recv_exactly(pair[0], got, SIZE, &received),
                         size == 0      ? TRANSFER_END
                         : size == SIZE ? TRANSFER_COMPLETE
                                        : TRANSFER_EARLY_END);
        ck_assert_uint_eq(received, size);
        ck_assert_int_eq(memcmp(got, bytes, size), 0);
        close(pair[0]);
    }
}
END_TEST

// A socket that does not wait fails where this one would wait: at each byte.
START_TEST(tells_each_failure)
{
    char got[SIZE];
    size_t received = 1;
    for (size_t size = 0; size < SIZE; size++) {
        int pair[2];
        make_pair(pair);
        ck_assert_int_eq(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
        ck_assert_int_eq(write(pair[1], bytes, size), (ssize_t)size);
        ck_assert_int_eq(recv_exactly(pair[0], got, SIZE, &received),
                         TRANSFER_FAILED);
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_uint_eq(received, size);
        close_pair(pair);
    }
    ck_assert_int_eq(recv_exactly(-1, got, SIZE, &received), TRANSFER_FAILED);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_uint_eq(received, 0);
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
    ck_assert(signals_seen != MAP_FAILED);
    // No SA_RESTART: the call is to fail, or to end early.
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = count_signal}, NULL);
}

// Interrupts process PID once it sleeps in system call NUMBER.
static void interrupt(pid_t pid, long number)
{
    const int before = *signals_seen;
    await_call(pid, number);
    kill(pid, SIGUSR1);
    while (*signals_seen == before)
        ;
}

static void expect_success(pid_t helper)
{
    int status;
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert_int_eq(status, 0);
}

// Before each byte, and behind the last a clean end.
START_TEST(receives_despite_signals)
{
    char got[SIZE];
    size_t received;
    int pair[2];
    make_pair(pair);
    count_signals();
    pid_t test = getpid(), helper = fork_helper();
    if (helper == 0) {
        close(pair[0]);
        for (int i = 0; i < SIZE; i++) {
            interrupt(test, SYS_recvfrom);
            if (write(pair[1], bytes + i, 1) != 1)
                _exit(1);
        }
        interrupt(test, SYS_recvfrom);
        _exit(0);
    }
    close(pair[1]);
    ck_assert_int_eq(recv_exactly(pair[0], got, SIZE, &received),
                     TRANSFER_COMPLETE);
    ck_assert_int_eq(memcmp(got, bytes, SIZE), 0);
    ck_assert_int_eq(recv_exactly(pair[0], got, SIZE, &received), TRANSFER_END);
    ck_assert_int_eq(*signals_seen, SIZE + 1);
    expect_success(helper);
    close(pair[0]);
}
END_TEST

// A message's borders are kept here, so that it shows what left in one call.
START_TEST(sends_parts_together)
{
    char got[2 * SIZE];
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    char part[SIZE];
    memcpy(part, bytes, SIZE);
    // A part without a byte anywhere.
    for (int empty = 0; empty < 4; empty++) {
        struct iovec parts[4] = {{part, 1}, {part + 1, 2}, {part + 3, 5}};
        memmove(parts + empty + 1, parts + empty,
                (size_t)(3 - empty) * sizeof *parts);
        parts[empty] = (struct iovec){NULL, 0};
        ck_assert_int_eq(send_all_parts(pair[0], parts, 4), 0);
        ck_assert_int_eq(read(pair[1], got, sizeof got), SIZE);
        ck_assert_int_eq(memcmp(got, bytes, SIZE), 0);
    }
    close(pair[0]);
    ck_assert_int_eq(read(pair[1], got, sizeof got), 0); // and no call more
    close(pair[1]);
}
END_TEST

START_TEST(sends_nothing)
{
    struct iovec parts[2] = {{NULL, 0}, {NULL, 0}};
    int pair[2];
    make_pair(pair);
    ck_assert_int_eq(send_all_parts(pair[0], parts, 0), 0);
    ck_assert_int_eq(send_all_parts(pair[0], parts, 2), 0);
    ck_assert_int_eq(send_all(pair[0], NULL, 0), 0);
    close_pair(pair);
}
END_TEST

// Parts of 0 to 996 bytes, of a content that tells each place from its
// neighbours.
enum { PARTS = 1000, MOST = 997, INTERRUPTIONS = 40, PIECE = 3000 };

static unsigned char content(size_t at)
{
    return (unsigned char)(at * 7 + at / 251);
}

static size_t part_size(size_t part)
{
    return part * 577 % MOST;
}

static size_t size_of_all(void)
{
    size_t size = 0;
    for (size_t part = 0; part < PARTS; part++)
        size += part_size(part);
    return size;
}

// Reads up to SIZE bytes that follow *AT of the content. Returns true if there
// were that many, and right.
static bool read_content(int fd, size_t *at, size_t size)
{
    unsigned char piece[PIECE];
    while (size > 0) {
        ssize_t got = read(fd, piece, size < PIECE ? size : PIECE);
        if (got <= 0)
            return false;
        for (ssize_t i = 0; i < got; i++)
            if (piece[i] != content((*at)++))
                return false;
        size -= (size_t)got;
    }
    return true;
}

// The other side: now and then a signal cuts a sendmsg() short, or fails it.
static _Noreturn void read_slowly(int fd, pid_t test)
{
    char more;
    size_t at = 0;
    for (int i = 0; i < INTERRUPTIONS; i++) {
        interrupt(test, SYS_sendmsg);
        if (!read_content(fd, &at, (size_t)(i % 2 == 0 ? PIECE : 1)))
            _exit(1);
    }
    _exit(read_content(fd, &at, size_of_all() - at) && read(fd, &more, 1) == 0
              ? 0
              : 2);
}

START_TEST(sends_on_after_short_counts)
{
    const int small = 1; // the kernel makes it the smallest there is
    struct iovec parts[PARTS];
    int pair[2];
    make_pair(pair);
    ck_assert_int_eq(
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    unsigned char *all = malloc(size_of_all());
    for (size_t i = 0; i < size_of_all(); i++)
        all[i] = content(i);
    for (size_t part = 0, at = 0; part < PARTS; at += part_size(part++))
        parts[part] = (struct iovec){all + at, part_size(part)};
    count_signals();
    pid_t test = getpid(), helper = fork_helper();
    if (helper == 0) {
        close(pair[0]);
        read_slowly(pair[1], test);
    }
    close(pair[1]);
    ck_assert_int_eq(send_all_parts(pair[0], parts, PARTS), 0);
    close(pair[0]);
    expect_success(helper);
    ck_assert_int_eq(*signals_seen, INTERRUPTIONS);
    free(all);
}
END_TEST

START_TEST(sends_one_part)
{
    static unsigned char all[PARTS * PIECE]; // more than a socket holds
    int pair[2];
    make_pair(pair);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = content(i);
    pid_t helper = fork_helper();
    if (helper == 0) {
        char more;
        size_t at = 0;
        close(pair[0]);
        _exit(read_content(pair[1], &at, sizeof all) &&
                      read(pair[1], &more, 1) == 0
                  ? 0
                  : 1);
    }
    close(pair[1]);
    ck_assert_int_eq(send_all(pair[0], all, 1), 0);
    ck_assert_int_eq(send_all(pair[0], all + 1, sizeof all - 1), 0);
    close(pair[0]);
    expect_success(helper);
}
END_TEST

START_TEST(fails_without_sigpipe)
{
    char part[SIZE] = "";
    struct iovec parts[2] = {{part, SIZE}, {part, SIZE}};
    int pair[2];
    signal(SIGPIPE, SIG_DFL);
    make_pair(pair);
    close(pair[1]);
    ck_assert_int_eq(send_all_parts(pair[0], parts, 2), -1);
    ck_assert_int_eq(errno, EPIPE);
    ck_assert_int_eq(send_all(pair[0], bytes, SIZE), -1);
    ck_assert_int_eq(errno, EPIPE);
    close(pair[0]);
    ck_assert_int_eq(send_all(-1, bytes, SIZE), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

Suite *transfer_suite(void)
{
    Suite *suite = suite_create("transfer");
    TCase *tcase = tcase_create("transfer");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, receives_exactly);
    tcase_add_test(tcase, receives_nothing);
    tcase_add_test(tcase, tells_each_end);
    tcase_add_test(tcase, tells_each_failure);
    tcase_add_test(tcase, receives_despite_signals);
    tcase_add_test(tcase, sends_parts_together);
    tcase_add_test(tcase, sends_nothing);
    tcase_add_test(tcase, sends_on_after_short_counts);
    tcase_add_test(tcase, sends_one_part);
    tcase_add_test(tcase, fails_without_sigpipe);
    suite_add_tcase(suite, tcase);
    return suite;
}
