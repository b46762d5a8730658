#include "base/endpoint.h"
#include "unit.h"

#include <string.h>

START_TEST(writes_both_families)
{
    union endpoint one;
    char text[ENDPOINT_TEXT_SIZE];
    ck_assert_int_eq(endpoint_make("127.0.0.1", htons(80), &one), 0);
    ck_assert_str_eq(endpoint_text(&one, text), "127.0.0.1:80");
    ck_assert_str_eq(endpoint_host(&one, text), "127.0.0.1");
    ck_assert_uint_eq(endpoint_size(&one), sizeof one.v4);
    ck_assert_int_eq(endpoint_make("::1", htons(65535), &one), 0);
    ck_assert_str_eq(endpoint_text(&one, text), "[::1]:65535");
    ck_assert_str_eq(endpoint_host(&one, text), "::1");
    ck_assert_uint_eq(endpoint_size(&one), sizeof one.v6);
    static const char longest[] = "1111:2222:3333:4444:5555:6666:7777:8888";
    ck_assert_int_eq(endpoint_make(longest, htons(1), &one), 0);
    ck_assert_str_eq(endpoint_host(&one, text), longest);
    one.v6.sin6_scope_id = UINT32_MAX;
    one.v6.sin6_port = htons(65535);
    ck_assert_uint_eq(strlen(endpoint_text(&one, text)),
                      strlen(longest) + strlen("[%4294967295]:65535"));
    one.any.sa_family = AF_UNIX;
    ck_assert_str_eq(endpoint_host(&one, text), "?");
}
END_TEST

START_TEST(takes_only_numeric_addresses)
{
    union endpoint one;
    ck_assert_int_eq(endpoint_make("localhost", 0, &one), -1);
    ck_assert_int_eq(endpoint_make("", 0, &one), -1);
    ck_assert_int_eq(endpoint_make("127.1", 0, &one), -1);
}
END_TEST

static bool same(const char *host, const char *another_host)
{
    union endpoint one, another;
    ck_assert_int_eq(endpoint_make(host, htons(1), &one), 0);
    ck_assert_int_eq(endpoint_make(another_host, htons(2), &another), 0);
    return endpoint_same_host(&one, &another);
}

static bool is_everywhere(const char *host)
{
    union endpoint one;
    ck_assert_int_eq(endpoint_make(host, htons(1), &one), 0);
    return endpoint_is_everywhere(&one);
}

START_TEST(compares_hosts)
{
    ck_assert(same("127.0.0.1", "127.0.0.1") && same("::1", "::1"));
    ck_assert(!same("127.0.0.1", "127.0.0.2") && !same("::1", "::2"));
    ck_assert(!same("0.0.0.0", "::"));
    ck_assert(is_everywhere("0.0.0.0") && is_everywhere("::"));
    ck_assert(!is_everywhere("127.0.0.1") && !is_everywhere("::1"));
}
END_TEST

START_TEST(finds_ipv4_in_ipv6)
{
    union endpoint one, same_one;
    char text[ENDPOINT_TEXT_SIZE];
    endpoint_make("::ffff:127.0.0.2", htons(80), &one);
    endpoint_unmap(&one);
    ck_assert_str_eq(endpoint_text(&one, text), "127.0.0.2:80");
    endpoint_make("::7f00:2", htons(80), &one);
    same_one = one;
    endpoint_unmap(&one);
    ck_assert_int_eq(memcmp(&one, &same_one, sizeof one), 0);
    endpoint_make("127.0.0.2", htons(80), &one);
    endpoint_unmap(&one);
    ck_assert_str_eq(endpoint_text(&one, text), "127.0.0.2:80");
}
END_TEST

Suite *endpoint_suite(void)
{
    Suite *suite = suite_create("endpoint");
    TCase *tcase = tcase_create("endpoint");
    tcase_add_test(tcase, writes_both_families);
    tcase_add_test(tcase, takes_only_numeric_addresses);
    tcase_add_test(tcase, compares_hosts);
    tcase_add_test(tcase, finds_ipv4_in_ipv6);
    suite_add_tcase(suite, tcase);
    return suite;
}
