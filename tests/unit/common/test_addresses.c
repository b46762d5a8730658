#include "names.h"
#include "unit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What names.h gives; another suite has the name "names".

static bool has_ipv6;

static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(folder);
    int count = 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static struct addrinfo *find(const char *host, const char *port, int flags)
{
    struct addrinfo *list = NULL;
    int error = names_find(host, port, flags, &list);
    ck_assert_msg(error == 0, "%s %s: %s", host, port, names_reason(error));
    return list;
}

static const char *text_of(const struct sockaddr *address, socklen_t size)
{
    static char text[NAMES_TEXT_SIZE];
    return names_text(address, size, text);
}

static const char *text_of_first(const char *host, const char *port)
{
    struct addrinfo *list = find(host, port, 0);
    const char *text = text_of(list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    return text;
}

static unsigned port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static int family_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return address.ss_family;
}

static void look_for_ipv6(void)
{
    const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                         .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    has_ipv6 = fd != -1 &&
               bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (fd != -1)
        close(fd);
}

START_TEST(refuses_what_is_no_port)
{
    static const char *const bad[] = {
        "65536", "4294967376", "",    " 80", "-1",
        "+80",   "80 ",        "\t7", "-",   "18446744073709551696",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct addrinfo *list;
        ck_assert_msg(names_find("127.0.0.1", bad[i], 0, &list) != 0,
                      "takes \"%s\"", bad[i]);
    }
}
END_TEST

START_TEST(takes_a_number_for_a_port)
{
    static const char *const good[][2] = {
        {"0", "127.0.0.1:0"},
        {"80", "127.0.0.1:80"},
        {"00080", "127.0.0.1:80"},
        {"65535", "127.0.0.1:65535"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_str_eq(text_of_first("127.0.0.1", good[i][0]), good[i][1]);
}
END_TEST

START_TEST(finds_addresses_of_both_families)
{
    struct addrinfo *list = find("127.0.0.1", "7", 0);
    ck_assert_int_eq(list->ai_family, AF_INET);
    ck_assert_int_eq(list->ai_socktype, SOCK_STREAM);
    ck_assert_ptr_null(list->ai_next);
    freeaddrinfo(list);
    list = find("::1", "7", 0);
    ck_assert_int_eq(list->ai_family, AF_INET6);
    ck_assert_ptr_null(list->ai_next);
    freeaddrinfo(list);
    ck_assert_str_eq(text_of_first("::1", "7"), "[::1]:7");
}
END_TEST

START_TEST(keeps_a_scope)
{
    struct addrinfo *list = find("fe80::1%lo", "7", 0);
    struct sockaddr_in6 address;
    memcpy(&address, list->ai_addr, sizeof address);
    ck_assert_uint_eq(address.sin6_scope_id, if_nametoindex("lo"));
    ck_assert_str_eq(text_of(list->ai_addr, list->ai_addrlen),
                     "[fe80::1%lo]:7");
    freeaddrinfo(list);
}
END_TEST

START_TEST(says_why_there_is_none)
{
    struct addrinfo *list;
    // No address, and no name may have such a form: nobody has to be asked.
    int error = names_find("1:2", "7", 0, &list);
    ck_assert_int_ne(error, 0);
    ck_assert_str_eq(names_reason(error), gai_strerror(error));
    errno = EMFILE;
    ck_assert_str_eq(names_reason(EAI_SYSTEM), strerror(EMFILE));
}
END_TEST

START_TEST(writes_a_mapped_address_as_ipv4)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons(80)};
    inet_pton(AF_INET6, "::ffff:192.0.2.7", &address.sin6_addr);
    ck_assert_str_eq(text_of((const struct sockaddr *)&address, sizeof address),
                     "192.0.2.7:80");
    // These only look like that.
    inet_pton(AF_INET6, "::fffe:c000:207", &address.sin6_addr);
    ck_assert_str_eq(text_of((const struct sockaddr *)&address, sizeof address),
                     "[::fffe:c000:207]:80");
}
END_TEST

START_TEST(writes_the_longest)
{
    char text[NAMES_TEXT_SIZE + 1];
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons(65535)};
    memset(&address.sin6_addr, 0xff, sizeof address.sin6_addr);
    text[NAMES_TEXT_SIZE] = 'X';
    ck_assert_ptr_eq(
        names_text((const struct sockaddr *)&address, sizeof address, text),
        text);
    ck_assert_str_eq(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    ck_assert_int_eq(text[NAMES_TEXT_SIZE], 'X');
    // What is no address of any family is no reason to crash.
    names_text(&(struct sockaddr){.sa_family = AF_UNSPEC},
               sizeof(struct sockaddr), text);
    ck_assert_int_eq(strncmp(text, "an address", 10), 0);
}
END_TEST

// Nobody listens there, as long as the socket is open.
static int hold_port(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)address, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &size), 0);
    return fd;
}

static struct addrinfo entry(struct sockaddr_in *address, struct addrinfo *next)
{
    return (struct addrinfo){
        .ai_family = AF_INET,
        .ai_socktype = SOCK_STREAM,
        .ai_addr = (struct sockaddr *)address,
        .ai_addrlen = sizeof *address,
        .ai_next = next,
    };
}

START_TEST(connects_to_the_first_that_answers)
{
    struct sockaddr_in dead, living;
    int held = hold_port(&dead), listener = hold_port(&living), tried;
    ck_assert_int_eq(listen(listener, 1), 0);
    struct addrinfo third = entry(&dead, NULL), second = entry(&living, &third),
                    first = entry(&dead, &second);
    int before = count_descriptors();
    int fd = names_connect(&first, &tried);
    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(tried, 2);
    ck_assert_int_eq(count_descriptors(), before + 1);
    close(fd);
    close(held);
}
END_TEST

START_TEST(tells_of_the_last_attempt)
{
    struct sockaddr_in dead;
    int held = hold_port(&dead), tried;
    struct addrinfo third = entry(&dead, NULL), second = entry(&dead, &third),
                    first = entry(&dead, &second);
    third.ai_family = -1; // no socket is of that family
    int before = count_descriptors();
    ck_assert_int_eq(names_connect(&first, &tried), -1);
    ck_assert_int_eq(errno, EAFNOSUPPORT);
    ck_assert_int_eq(tried, 3);
    // And the other way round: no socket does not end it.
    third.ai_family = AF_INET;
    first.ai_family = -1;
    ck_assert_int_eq(names_connect(&first, &tried), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    ck_assert_int_eq(tried, 3);
    ck_assert_int_eq(count_descriptors(), before);
    close(held);
}
END_TEST

START_TEST(listens_on_the_first_it_can_have)
{
    struct sockaddr_in taken, other;
    int held = hold_port(&taken);
    ck_assert_int_eq(listen(held, 1), 0);
    close(hold_port(&other));
    other.sin_port = 0;
    struct addrinfo third = entry(&taken, NULL), second = entry(&other, &third),
                    first = entry(&taken, &second);
    int before = count_descriptors();
    int listener = names_listen(&first, 1);
    ck_assert_int_ne(listener, -1);
    ck_assert_uint_ne(port_of(listener), ntohs(taken.sin_port));
    ck_assert_int_eq(count_descriptors(), before + 1);
    close(listener);
    // And none: for the reason of the last.
    first.ai_family = -1;
    first.ai_next = &third;
    ck_assert_int_eq(names_listen(&first, 1), -1);
    ck_assert_int_eq(errno, EADDRINUSE);
    first.ai_family = AF_INET;
    third.ai_family = -1;
    ck_assert_int_eq(names_listen(&first, 1), -1);
    ck_assert_int_eq(errno, EAFNOSUPPORT);
    ck_assert_int_eq(count_descriptors(), before);
    close(held);
}
END_TEST

START_TEST(prefers_what_serves_both_families)
{
    struct addrinfo *list = find("", "0", AI_PASSIVE);
    int listener = names_listen(list, 1), only = 1;
    freeaddrinfo(list);
    ck_assert_int_ne(listener, -1);
    // Where IPv6 is only switched off, :: can be had all the same.
    bool is_ipv6 = family_of(listener) == AF_INET6;
    ck_assert(is_ipv6 || !has_ipv6);
    socklen_t size = sizeof only;
    if (is_ipv6) {
        ck_assert_int_eq(
            getsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size), 0);
        ck_assert_int_eq(only, 0);
    }
    close(listener);
}
END_TEST

Suite *addresses_suite(void)
{
    Suite *suite = suite_create("addresses");
    TCase *tcase = tcase_create("addresses");
    tcase_add_unchecked_fixture(tcase, look_for_ipv6, NULL);
    tcase_add_test(tcase, refuses_what_is_no_port);
    tcase_add_test(tcase, takes_a_number_for_a_port);
    tcase_add_test(tcase, finds_addresses_of_both_families);
    tcase_add_test(tcase, keeps_a_scope);
    tcase_add_test(tcase, says_why_there_is_none);
    tcase_add_test(tcase, writes_a_mapped_address_as_ipv4);
    tcase_add_test(tcase, writes_the_longest);
    tcase_add_test(tcase, connects_to_the_first_that_answers);
    tcase_add_test(tcase, tells_of_the_last_attempt);
    tcase_add_test(tcase, listens_on_the_first_it_can_have);
    tcase_add_test(tcase, prefers_what_serves_both_families);
    suite_add_tcase(suite, tcase);
    return suite;
}
