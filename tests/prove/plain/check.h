// check: as much of Check's interface as the unit tests of common/ use, for the
// C libraries and the word sizes for which there is no Check. Each test runs in
// a process of its own here, too, and ends with the first assertion that fails.

#ifndef PLAIN_CHECK_H
#define PLAIN_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct plain_suite Suite;
typedef struct plain_case TCase;
typedef void plain_test(int _i);

// Ends the test after saying what is wrong, at which line.
__attribute__((noreturn, format(printf, 3, 4))) void
plain_fail(const char *file, int line, const char *format, ...);

Suite *suite_create(const char *name);
TCase *tcase_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *tcase);
void tcase_set_timeout(TCase *tcase, double seconds);
// Runs it for each number from START up to, but not with, END; then it has to
// end by SIGNAL, or with 0 return.
void plain_add(TCase *tcase, const char *name, plain_test *test, int signal,
               int start, int end);

#define tcase_add_test(tcase, test) plain_add(tcase, #test, test, 0, 0, 1)
#define tcase_add_loop_test(tcase, test, start, end) \
    plain_add(tcase, #test, test, 0, (int)(start), (int)(end))
#define tcase_add_test_raise_signal(tcase, test, signal) \
    plain_add(tcase, #test, test, signal, 0, 1)

#define START_TEST(name)     \
    static void name(int _i) \
    {                        \
        (void)_i;
#define END_TEST }

#define ck_abort_msg(...) plain_fail(__FILE__, __LINE__, __VA_ARGS__)
#define ck_assert_msg(condition, ...) \
    ((condition) ? (void)0 : ck_abort_msg(__VA_ARGS__))
#define ck_assert(condition) \
    ck_assert_msg(condition, "%s", "false: " #condition)

#define PLAIN_COMPARE(type, format, one, is, other)                          \
    do {                                                                     \
        type plain_one = (type)(one), plain_other = (type)(other);           \
        ck_assert_msg(plain_one is plain_other, "%s: %" format ", %" format, \
                      #one " " #is " " #other, plain_one, plain_other);      \
    } while (0)
#define PLAIN_INT(one, is, other) \
    PLAIN_COMPARE(intmax_t, PRIdMAX, one, is, other)
#define PLAIN_UINT(one, is, other) \
    PLAIN_COMPARE(uintmax_t, PRIuMAX, one, is, other)
#define ck_assert_int_eq(one, other) PLAIN_INT(one, ==, other)
#define ck_assert_int_ne(one, other) PLAIN_INT(one, !=, other)
#define ck_assert_int_lt(one, other) PLAIN_INT(one, <, other)
#define ck_assert_int_le(one, other) PLAIN_INT(one, <=, other)
#define ck_assert_int_gt(one, other) PLAIN_INT(one, >, other)
#define ck_assert_int_ge(one, other) PLAIN_INT(one, >=, other)
#define ck_assert_uint_eq(one, other) PLAIN_UINT(one, ==, other)
#define ck_assert_uint_ne(one, other) PLAIN_UINT(one, !=, other)
#define ck_assert_uint_le(one, other) PLAIN_UINT(one, <=, other)
#define ck_assert_ptr_eq(one, other) \
    ck_assert((const void *)(one) == (const void *)(other))
#define ck_assert_ptr_null(pointer) ck_assert((pointer) == NULL)
#define ck_assert_ptr_nonnull(pointer) ck_assert((pointer) != NULL)
#define ck_assert_str_eq(one, other) \
    ck_assert_msg(strcmp(one, other) == 0, "\"%s\", not \"%s\"", one, other)
#define ck_assert_mem_eq(one, other, size) \
    ck_assert(memcmp(one, other, size) == 0)

#endif
