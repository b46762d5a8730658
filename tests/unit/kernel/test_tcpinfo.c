// What the kernel tells of sockets: options, segments, and a backlog.

#include "kernel/tcpinfo.h"
#include "unit.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

START_TEST(tells_options)
{
    int pair[2], value = -1;
    const int on = 1, idle = 30;
    tcp_pair(pair);
    ck_assert(tcpinfo_option(pair[0], IPPROTO_TCP, TCP_NODELAY, &value));
    ck_assert_int_eq(value, 0);
    setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(pair[0], IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    ck_assert(tcpinfo_option(pair[0], IPPROTO_TCP, TCP_NODELAY, &value));
    ck_assert_int_ne(value, 0);
    ck_assert(tcpinfo_option(pair[0], IPPROTO_TCP, TCP_KEEPIDLE, &value));
    ck_assert_int_eq(value, 30);
    ck_assert(!tcpinfo_option(-1, IPPROTO_TCP, TCP_NODELAY, &value));
}
END_TEST

START_TEST(counts_segments)
{
    int pair[2];
    char bytes[2];
    const int on = 1;
    struct tcpinfo before, after;
    tcp_pair(pair);
    setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ck_assert(tcpinfo_ask(pair[0], &before));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(send(pair[0], "ab", 2, 0), 2);
    ck_assert(tcpinfo_ask(pair[0], &after));
    ck_assert_uint_eq(after.sent - before.sent, 3);
    ck_assert_uint_eq(after.kept, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(recv(pair[1], bytes, 2, MSG_WAITALL), 2);
}
END_TEST

START_TEST(sees_what_is_kept)
{
    int pair[2];
    struct tcpinfo info;
    tcp_pair(pair);
    ck_assert_int_eq(send(pair[0], "ab", 2, MSG_MORE), 2);
    ck_assert(tcpinfo_ask(pair[0], &info));
    ck_assert_uint_eq(info.kept, 2);
    ck_assert_uint_eq(info.unconfirmed, 0);
    ck_assert_int_eq(send(pair[0], "c", 1, 0), 1);
    ck_assert(tcpinfo_ask(pair[0], &info));
    ck_assert_uint_eq(info.kept, 0);
    ck_assert(!tcpinfo_ask(-1, &info));
}
END_TEST

START_TEST(tells_a_backlog)
{
    int pair[2];
    tcp_pair(pair);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(tcpinfo_backlog(listener), -1);
    ck_assert_int_eq(listen(listener, 7), 0);
    ck_assert_int_eq(tcpinfo_backlog(listener), 7);
    ck_assert_int_eq(tcpinfo_backlog(pair[0]), -1);
    ck_assert_int_eq(tcpinfo_backlog(-1), -1);
}
END_TEST

Suite *tcpinfo_suite(void)
{
    Suite *suite = suite_create("tcpinfo");
    TCase *tcase = tcase_create("tcpinfo");
    tcase_add_test(tcase, tells_options);
    tcase_add_test(tcase, counts_segments);
    tcase_add_test(tcase, sees_what_is_kept);
    tcase_add_test(tcase, tells_a_backlog);
    suite_add_tcase(suite, tcase);
    return suite;
}
