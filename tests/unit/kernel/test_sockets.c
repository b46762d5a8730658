// Sockets of another process. All of it needs the right to trace.

#include "kernel/sockets.h"
#include "kernel/procfs.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// A helper that alone has a listener, the two ends of a connection, of which
// the first does not wait, and a pipe's end. Nobody else has them.
static struct {
    pid_t pid;
    int listener, pair[2], pipe;
    uint16_t port[2]; // of the connection's ends
} owner;

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    return fd;
}

static void start_owner(bool listens)
{
    int ends[2];
    tcp_pair(owner.pair);
    owner.listener = listens ? listen_somewhere() : -1;
    ck_assert_int_eq(pipe(ends), 0);
    owner.pipe = ends[0];
    for (int i = 0; i < 2; i++)
        owner.port[i] = local_of(owner.pair[i]).v4.sin_port;
    ck_assert_int_eq(fcntl(owner.pair[0], F_SETFL, O_NONBLOCK), 0);
    owner.pid = fork_helper();
    while (owner.pid == 0)
        pause();
    close(owner.pair[0]);
    close(owner.pair[1]);
    close(ends[0]);
    if (listens)
        close(owner.listener);
}

// A process that was there, and is no more.
static void end_owner(void)
{
    kill(owner.pid, SIGKILL);
    ck_assert_int_eq(waitpid(owner.pid, NULL, 0), owner.pid);
}

START_TEST(borrows_a_descriptor)
{
    start_owner(false);
    int a = sockets_borrow(owner.pid, owner.pair[0]);
    int b = sockets_borrow(owner.pid, owner.pair[1]);
    ck_assert(a != -1 && b != -1 && a != b);
    ck_assert_int_ne(fcntl(a, F_GETFD) & FD_CLOEXEC, 0);
    char bytes[8] = "";
    ck_assert_int_eq(send(a, "hello", 5, 0), 5);
    ck_assert_int_eq(recv(b, bytes, sizeof bytes, 0), 5);
    ck_assert_str_eq(bytes, "hello");
    // The other process still has it.
    close(a);
    ck_assert_int_eq(recv(b, bytes, sizeof bytes, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(borrows_nothing_from_nobody)
{
    start_owner(false);
    ck_assert_int_eq(sockets_borrow(owner.pid, 999), -1);
    ck_assert_int_eq(errno, EBADF);
    end_owner();
    ck_assert_int_eq(sockets_borrow(owner.pid, owner.pair[0]), -1);
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(knows_ports)
{
    start_owner(true);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(sockets_own_port(owner.pid, owner.pair[i]),
                          owner.port[i]);
        ck_assert_uint_eq(sockets_peer_port(owner.pid, owner.pair[i]),
                          owner.port[1 - i]);
    }
    ck_assert_uint_ne(sockets_own_port(owner.pid, owner.listener), 0);
    ck_assert_uint_eq(sockets_peer_port(owner.pid, owner.listener), 0);
    ck_assert_uint_eq(sockets_own_port(owner.pid, owner.pipe), 0);
    ck_assert_uint_eq(sockets_peer_port(owner.pid, owner.pipe), 0);
    ck_assert_uint_eq(sockets_own_port(owner.pid, 999), 0);
    ck_assert_uint_eq(sockets_peer_port(owner.pid, -1), 0);
}
END_TEST

START_TEST(knows_who_waits)
{
    start_owner(true);
    ck_assert(sockets_can_be_borrowed());
    ck_assert(sockets_is_nonblocking(owner.pid, owner.pair[0]));
    ck_assert(!sockets_is_nonblocking(owner.pid, owner.pair[1]));
    ck_assert(!sockets_is_nonblocking(owner.pid, owner.listener));
    ck_assert(sockets_is_nonblocking(owner.pid, 999));
    int fd = sockets_borrow(owner.pid, owner.pair[1]);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    ck_assert(sockets_is_nonblocking(owner.pid, owner.pair[1]));
}
END_TEST

START_TEST(borrows_a_listener)
{
    start_owner(true);
    const uint16_t port = sockets_own_port(owner.pid, owner.listener);
    int fd = sockets_borrow_listener(owner.pid, port);
    ck_assert_int_ne(fd, -1);
    ck_assert_uint_eq(local_of(fd).v4.sin_port, port);
    close(fd);
    // One end of the connection has that port, and does not listen.
    ck_assert_int_eq(sockets_borrow_listener(owner.pid, owner.port[0]), -1);
    ck_assert_int_eq(sockets_borrow_listener(owner.pid, 0), -1);
}
END_TEST

START_TEST(leaves_nothing_open)
{
    start_owner(true);
    int before = procfs_count_descriptors(getpid());
    sockets_own_port(owner.pid, owner.pair[0]);
    sockets_peer_port(owner.pid, owner.listener);
    sockets_is_nonblocking(owner.pid, owner.pair[0]);
    sockets_is_nonblocking(owner.pid, 999);
    sockets_shrink_buffers(owner.pid, 4096);
    sockets_borrow_listener(owner.pid, owner.port[0]);
    ck_assert_int_eq(procfs_count_descriptors(getpid()), before);
}
END_TEST

static int buffer_of(int fd, int option)
{
    int bytes;
    socklen_t size = sizeof bytes;
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, option, &bytes, &size), 0);
    return bytes;
}

// Connects to a listener, and accepts that.
static int accept_one(int listener)
{
    union endpoint address = local_of(listener);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(client, &address.any, endpoint_size(&address)), 0);
    int fd = accept(listener, NULL, NULL);
    ck_assert_int_ne(fd, -1);
    return fd;
}

START_TEST(shrinks_buffers)
{
    enum { BYTES = 8192 };
    static const int options[] = {SO_SNDBUF, SO_RCVBUF};
    start_owner(true);
    int listener = sockets_borrow(owner.pid, owner.listener);
    int before = accept_one(listener);
    ck_assert_int_eq(sockets_shrink_buffers(owner.pid, BYTES), 0);
    int after = accept_one(listener);
    int other = sockets_borrow(owner.pid, owner.pair[0]);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_ge(buffer_of(after, options[i]), BYTES);
        ck_assert_int_le(buffer_of(after, options[i]), 4 * BYTES);
        // What was there before is as it was.
        ck_assert_int_gt(buffer_of(before, options[i]), 4 * BYTES);
        ck_assert_int_gt(buffer_of(other, options[i]), 4 * BYTES);
    }
}
END_TEST

START_TEST(shrinks_nothing_without_a_listener)
{
    start_owner(false);
    ck_assert_int_eq(sockets_shrink_buffers(owner.pid, 8192), -1);
    int other = sockets_borrow(owner.pid, owner.pair[0]);
    ck_assert_int_gt(buffer_of(other, SO_RCVBUF), 32768);
    end_owner();
    ck_assert_int_eq(sockets_shrink_buffers(owner.pid, 8192), -1);
}
END_TEST

// Once it is connected, or has asked for that.
START_TEST(knows_who_hears_of_errors)
{
    const struct sockaddr_in nobody = {.sin_family = AF_INET,
                                       .sin_port = htons(9),
                                       .sin_addr.s_addr =
                                           htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int asks = socket(AF_INET, SOCK_DGRAM, 0);
    int connected = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert(!sockets_hears_of_errors(getpid(), asks));
    ck_assert(!sockets_hears_of_errors(getpid(), connected));
    setsockopt(asks, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    connect(connected, (const struct sockaddr *)&nobody, sizeof nobody);
    ck_assert(sockets_hears_of_errors(getpid(), asks));
    ck_assert(sockets_hears_of_errors(getpid(), connected));
    ck_assert(!sockets_hears_of_errors(getpid(), -1));
}
END_TEST

Suite *sockets_suite(void)
{
    Suite *suite = suite_create("sockets");
    TCase *tcase = tcase_create("sockets");
    tcase_add_test(tcase, knows_who_hears_of_errors);
    suite_add_tcase(suite, tcase);
    if (traced_end() < 2)
        return suite;
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, borrows_a_descriptor);
    tcase_add_test(tcase, borrows_nothing_from_nobody);
    tcase_add_test(tcase, knows_ports);
    tcase_add_test(tcase, knows_who_waits);
    tcase_add_test(tcase, borrows_a_listener);
    tcase_add_test(tcase, leaves_nothing_open);
    tcase_add_test(tcase, shrinks_buffers);
    tcase_add_test(tcase, shrinks_nothing_without_a_listener);
    return suite;
}
