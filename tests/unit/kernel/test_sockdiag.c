#include "kernel/sockdiag.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(finds_a_connection)
{
    int pair[2];
    tcp_pair(pair);
    union endpoint a = local_of(pair[0]), b = local_of(pair[1]);
    struct tcp_socket found;
    ck_assert_int_eq(write(pair[0], "hello", 5), 5);
    ck_assert(sockdiag_find(&b, &a, &found));
    ck_assert_int_eq(found.state, TCP_ESTABLISHED);
    ck_assert_uint_eq(found.unread, 5);
    ck_assert_uint_eq(found.unacknowledged, 0);
    ck_assert_uint_eq(found.local.v4.sin_port, b.v4.sin_port);
    ck_assert_uint_eq(found.remote.v4.sin_port, a.v4.sin_port);
    ck_assert(endpoint_same_host(&found.local, &b));
    ck_assert(sockdiag_find(&a, &b, &found));
    ck_assert_uint_eq(found.unread, 0);
    shutdown(pair[0], SHUT_WR);
    ck_assert(sockdiag_find(&b, &a, &found));
    ck_assert_int_eq(found.state, TCP_CLOSE_WAIT);
    ck_assert(!sockdiag_find(&a, &a, &found));
    a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    ck_assert(!sockdiag_find(&b, &a, &found));
}
END_TEST

START_TEST(sees_what_is_not_acknowledged)
{
    int pair[2];
    tcp_pair(pair);
    static char zeros[65536];
    while (send(pair[0], zeros, sizeof zeros, MSG_DONTWAIT) > 0)
        ;
    union endpoint a = local_of(pair[0]), b = local_of(pair[1]);
    struct tcp_socket found;
    ck_assert(sockdiag_find(&a, &b, &found));
    ck_assert_uint_gt(found.unacknowledged, 0);
    ck_assert_uint_eq(found.unread, 0);
}
END_TEST

// A socket that serves both protocols has IPv4 connections too.
static void finds_at(const char *host)
{
    union endpoint any, server;
    endpoint_make("::", 0, &any);
    int fd = socket(AF_INET6, SOCK_STREAM, 0), off = 0;
    if (fd == -1 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1 ||
        bind(fd, &any.any, endpoint_size(&any)) == -1)
        return; // a kernel without IPv6
    ck_assert_int_eq(listen(fd, 1), 0);
    unsigned long inode;
    endpoint_make(host, local_of(fd).v4.sin_port, &server);
    ck_assert(sockdiag_find_listener(&server, &inode));
    ck_assert(procfs_holds_socket(getpid(), inode));
    int client = socket(server.any.sa_family, SOCK_STREAM, 0);
    int result = connect(client, &server.any, endpoint_size(&server));
    if (result == -1 && errno == EADDRNOTAVAIL)
        return; // IPv6 is switched off
    ck_assert_int_eq(result, 0);
    union endpoint mine = local_of(client);
    struct tcp_socket found;
    ck_assert_int_eq(write(client, "hello", 5), 5);
    ck_assert(sockdiag_find(&server, &mine, &found));
    ck_assert_uint_eq(found.unread, 5);
    close(client);
    close(fd);
}

START_TEST(finds_ipv6_and_mapped_connections)
{
    finds_at("::1");
    finds_at("127.0.0.1");
}
END_TEST

Suite *sockdiag_suite(void)
{
    Suite *suite = suite_create("sockdiag");
    TCase *tcase = tcase_create("sockdiag");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, finds_a_connection);
    tcase_add_test(tcase, sees_what_is_not_acknowledged);
    tcase_add_test(tcase, finds_ipv6_and_mapped_connections);
    suite_add_tcase(suite, tcase);
    return suite;
}
