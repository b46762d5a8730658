#include "net.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(takes_a_port)
{
    static const struct {
        const char *text;
        uint16_t port;
    } good[] = {
        {"0", 0},
        {"7", 7},
        {"80", 80},
        {"9999", 9999},
        {"65535", 65535},
        {"00080", 80},
        {"0000065535", 65535},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint16_t port = 1;
        ck_assert_int_eq(net_parse_port(good[i].text, &port), 0);
        ck_assert_uint_eq(port, good[i].port);
    }
}
END_TEST

START_TEST(takes_nothing_else_for_a_port)
{
    static const char *const bad[] = {
        "",           "65536",      "65540",
        "655350",     "100000",     "99999999999999999999",
        "-1",         "-0",         "+1",
        " 80",        "80 ",        "8 0",
        "0x50",       "8a",         "a",
        "80\n",       "8.0",        "\xd9\xa3",
        "4294967296", "4294967376", "18446744073709551696",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint16_t port;
        errno = 0;
        ck_assert_msg(net_parse_port(bad[i], &port) == -1, "takes \"%s\"",
                      bad[i]);
        ck_assert_int_eq(errno, EINVAL);
    }
}
END_TEST

START_TEST(takes_an_address)
{
    struct sockaddr_in address;
    memset(&address, 0xff, sizeof address);
    ck_assert_int_eq(net_parse_address("127.0.0.1", "8080", &address), 0);
    ck_assert_int_eq(address.sin_family, AF_INET);
    ck_assert_uint_eq(address.sin_port, htons(8080));
    ck_assert_uint_eq(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    ck_assert_int_eq(net_parse_address("", "0", &address), 0);
    ck_assert_uint_eq(address.sin_port, 0);
    ck_assert_uint_eq(address.sin_addr.s_addr, htonl(INADDR_ANY));
    ck_assert_int_eq(net_parse_address("255.255.255.255", "1", &address), 0);
    ck_assert_uint_eq(address.sin_addr.s_addr, UINT32_MAX);
}
END_TEST

START_TEST(takes_nothing_else_for_an_address)
{
    static const char *const bad[][2] = {
        {"localhost", "80"}, {"127.0.0", "80"},     {"127.1", "80"},
        {"256.0.0.1", "80"}, {"127.0.0.1 ", "80"},  {" 127.0.0.1", "80"},
        {"::1", "80"},       {"127.0.0.1", "http"}, {"127.0.0.1", ""},
        {"", "65536"},       {"127.0.0.1:80", "0"}, {"*", "80"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sockaddr_in address;
        errno = 0;
        ck_assert_msg(net_parse_address(bad[i][0], bad[i][1], &address) == -1,
                      "takes \"%s\", \"%s\"", bad[i][0], bad[i][1]);
        ck_assert_int_eq(errno, EINVAL);
    }
}
END_TEST

START_TEST(writes_an_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = 0xffff};
    char text[NET_ADDRESS_TEXT_SIZE];
    address.sin_addr.s_addr = UINT32_MAX;
    ck_assert_ptr_eq(net_address_text(&address, text, sizeof text), text);
    ck_assert_str_eq(text, "255.255.255.255:65535");
    address.sin_port = htons(258);
    address.sin_addr.s_addr = htonl(0x01020304);
    ck_assert_str_eq(net_address_text(&address, text, sizeof text),
                     "1.2.3.4:258");
    char small[8] = "xxxxxxx";
    net_address_text(&address, small, 6);
    ck_assert_str_eq(small, "1.2.3");
    ck_assert_int_eq(small[6], 'x');
}
END_TEST

START_TEST(learns_a_local_address)
{
    struct sockaddr_in want = {.sin_family = AF_INET}, got;
    want.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&want, sizeof want), 0);
    ck_assert_int_eq(net_local_address(fd, &got), 0);
    ck_assert_int_eq(got.sin_family, AF_INET);
    ck_assert_uint_eq(got.sin_addr.s_addr, want.sin_addr.s_addr);
    ck_assert_uint_ne(got.sin_port, 0);
    // The port is in network byte order: nobody else can have it now.
    int other = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(other, (struct sockaddr *)&got, sizeof got), -1);
    ck_assert_int_eq(errno, EADDRINUSE);
}
END_TEST

START_TEST(learns_no_other_address)
{
    struct sockaddr_in got;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(net_local_address(fd, &got), -1);
    ck_assert_int_eq(errno, EAFNOSUPPORT);
    close(fd);
    ck_assert_int_eq(net_local_address(fd, &got), -1);
    ck_assert_int_eq(errno, EBADF);
    fd = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(net_local_address(fd, &got), -1);
    ck_assert_int_eq(errno, ENOTSOCK);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd == -1)
        return; // a kernel without IPv6
    ck_assert_int_eq(net_local_address(fd, &got), -1);
    ck_assert_int_eq(errno, EAFNOSUPPORT);
}
END_TEST

START_TEST(accepts_a_client)
{
    struct sockaddr_in address, got, want;
    ck_assert_int_eq(net_parse_address("127.0.0.1", "0", &address), 0);
    int listener = net_listen(&address, 8);
    ck_assert_int_eq(net_set_nonblocking(listener), 0);
    ck_assert_int_eq(net_accept(listener, &got), -1);
    ck_assert_int_eq(errno, EAGAIN);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(net_local_address(listener, &address), 0);
    ck_assert_int_eq(
        connect(client, (struct sockaddr *)&address, sizeof address), 0);
    memset(&got, 0xff, sizeof got);
    int accepted = net_accept(listener, &got);
    ck_assert_int_ge(accepted, 0);
    ck_assert_int_eq(fcntl(accepted, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    ck_assert_int_eq(fcntl(accepted, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(net_local_address(client, &want), 0);
    ck_assert_mem_eq(&got, &want, sizeof got);
    char byte;
    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    ck_assert_int_eq(poll(&(struct pollfd){accepted, POLLIN, 0}, 1, -1), 1);
    ck_assert_int_eq(recv(accepted, &byte, 1, 0), 1);
    ck_assert_int_eq(recv(accepted, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
    close(listener);
    ck_assert_int_eq(net_accept(listener, &got), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

Suite *net_suite(void)
{
    Suite *suite = suite_create("net");
    TCase *tcase = tcase_create("net");
    tcase_add_test(tcase, takes_a_port);
    tcase_add_test(tcase, takes_nothing_else_for_a_port);
    tcase_add_test(tcase, takes_an_address);
    tcase_add_test(tcase, takes_nothing_else_for_an_address);
    tcase_add_test(tcase, writes_an_address);
    tcase_add_test(tcase, learns_a_local_address);
    tcase_add_test(tcase, learns_no_other_address);
    tcase_add_test(tcase, accepts_a_client);
    suite_add_tcase(suite, tcase);
    return suite;
}
