// What a check leaves behind, in each of the ways in which it ends.

#include "explain/hand_trace.h"
#include "base/style.h"
#include "stage/stage.h"
#include "unit.h"
#include "words/checked.h"
#include "words/expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

// A check of a program that was made by hand.
static void begin(void)
{
    hand_begin();
    snprintf(hand.program.command, sizeof hand.program.command,
             "echo_server 127.0.0.1 0");
}

static void fails_in_full(void)
{
    begin();
    hand_server();
    hand_differs("abcdef", 6, "abcxef", 6);
    hand.failure.awaits = AWAITS_SOME_BYTES;
    hand.failure.missing_bytes = 77;
    hand_call(SYS_recvfrom, 4, 4096, 6);
    hand_call(SYS_sendto, 4, 4096, 4096);
    verdict_fail(&hand.failure, "6 bytes back", "others");
}

START_TEST(keeps_all_that_there_is_to_say)
{
    const struct verdict *verdict =
        expect_failed(fails_in_full, "6 bytes back", "others");
    ck_assert_str_eq(verdict->ran, "echo_server 127.0.0.1 0");
    ck_assert_str_eq(verdict->difference,
                     "  byte 3 is the first that differs (counted from 0):\n"
                     "    expected  61 62 63 64 65 66        |abcdef|\n"
                     "    got       61 62 63 78 65 66        |abcxef|\n"
                     "                       ^^\n");
    expect_part(verdict->timeline, "recv(4, 4096) = 6\n");
    expect_part(verdict->timeline, "send(4, 4096) = 4096\n");
    expect_part(verdict->timeline, "waits for 77 B");
    ck_assert_str_eq(verdict->explanation.detector, "wrong_amount");
    expect_part(verdict->explanation.text, "but send() was given 4096");
    // Each in its place, and nowhere else.
    ck_assert_ptr_null(strstr(verdict->timeline, "was given 4096"));
    ck_assert_ptr_null(strstr(verdict->timeline, "byte 3"));
    ck_assert_ptr_null(strstr(verdict->explanation.text, "recv(4, 4096)"));
    ck_assert_double_gt(verdict->seconds, 0);
}
END_TEST

static void fails_for_little(void)
{
    begin();
    hand.failure.program = NULL;
    hand_differs("abc", 3, "", 0);
    verdict_fail(&hand.failure, "3 bytes", "none");
}

static void fails_without_bytes_to_expect(void)
{
    begin();
    hand_differs(NULL, 0, "abc", 3);
    verdict_fail(&hand.failure, "none", "3 bytes");
}

START_TEST(keeps_nothing_of_what_there_is_not)
{
    const struct verdict *verdict =
        expect_failed(fails_without_bytes_to_expect, "none", "3 bytes");
    ck_assert_str_eq(verdict->difference, "");
    verdict = expect_failed(fails_for_little, "3 bytes", "none");
    ck_assert_str_eq(verdict->ran, "");
    ck_assert_str_eq(verdict->difference, "");
    ck_assert_str_eq(verdict->explanation.detector, "last_call");
}
END_TEST

#define TEN "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
#define FIFTY TEN TEN TEN TEN TEN

static void says_too_much(void)
{
    begin();
    verdict_fail(&hand.failure, "\033[31m" FIFTY FIFTY FIFTY FIFTY FIFTY TEN,
                 "\x80\xff\n");
}

START_TEST(cuts_lines_and_makes_them_safe)
{
    const struct verdict *verdict = checked(says_too_much, false);
    ck_assert_int_eq(verdict->outcome, FAILED);
    ck_assert_uint_eq(strlen(verdict->expected), SUMMARY_SIZE - 1);
    ck_assert_int_eq(strncmp(verdict->expected, "\\x1b[31m" TEN, 18), 0);
    ck_assert_str_eq(verdict->got, "\\x80\\xff\n");
}
END_TEST

static void makes_many_calls(void)
{
    begin();
    hand_server();
    style_set(&(struct style){.verbose = true});
    for (int i = 0; i < 4000; i++)
        hand_call(SYS_recvfrom, 4, 4096, 1 + i % 17);
    hand.failure.means = "Too many.";
    verdict_fail(&hand.failure, "few", "many");
}

// And what stands behind it is as it should be.
START_TEST(cuts_a_long_timeline)
{
    const struct verdict *verdict =
        expect_failed(makes_many_calls, "few", "many");
    ck_assert_uint_eq(strlen(verdict->timeline), TIMELINE_SIZE - 1);
    expect_part(verdict->timeline, "recv(4, 4096) = 17\n");
    ck_assert_str_eq(verdict->explanation.text, "Too many.");
    ck_assert_str_eq(verdict->explanation.detector, "meaning");
}
END_TEST

static void expect_unknown(void (*check)(void), const char *why)
{
    const struct verdict *verdict = checked(check, false);
    ck_assert_int_eq(verdict->outcome, UNFINISHED);
    ck_assert_str_eq(verdict->got, why);
    ck_assert_str_eq(verdict->expected, "");
    ck_assert_str_eq(verdict->ran, "");
    ck_assert_str_eq(verdict->timeline, "");
    ck_assert_str_eq(verdict->explanation.text, "");
    ck_assert_str_eq(verdict->explanation.detector, "");
}

static void fails_on_a_bad_machine(void)
{
    begin();
    stage_blame_machine("the machine is %s", "tired");
    stage_blame_machine("and more");
    verdict_fail(&hand.failure, "something", "nothing");
}

static void passes_on_a_bad_machine(void)
{
    stage_blame_machine("the machine is tired");
}

static void lacks_ports(void)
{
    begin();
    hand_note(hand_call(SYS_bind, 3, 16, -EADDRINUSE), "127.0.0.1:0");
    verdict_fail(&hand.failure, "something", "nothing");
}

// Its calls are not seen, but what it says. Where that was not the check's own
// choice, it may be about a port that is taken.
static void says_that_it_lacks_ports(void)
{
    hand_begin();
    struct program *program =
        start_child("writes", "", "bind: Address already in use\n");
    expect_exit_status(program, 3);
}

static void is_not_to_be_traced(void)
{
    hand_begin();
    stage_current()->traced = true;
    without_tracer();
    struct program *program =
        start_child("writes", "", "bind: Address already in use\n");
    expect_exit_status(program, 3);
}

// What the grader took away is the program's affair.
static void lacks_what_the_weather_took(void)
{
    begin();
    hand_call(SYS_accept, 3, 0, -ENFILE)->effect = MADE_TO_FAIL;
    verdict_fail(&hand.failure, "something", "nothing");
}

START_TEST(blames_the_machine_alone)
{
    expect_unknown(fails_on_a_bad_machine, "the machine is tired");
    expect_unknown(passes_on_a_bad_machine, "the machine is tired");
    expect_unknown(lacks_ports,
                   "this machine has no more local ports (EADDRINUSE)");
    expect_failed(says_that_it_lacks_ports, "exit status 3",
                  "your program ended: exit status 0");
    expect_unknown(is_not_to_be_traced,
                   "your program says that it got no port, and whether this "
                   "machine has one is not known");
    expect_failed(lacks_what_the_weather_took, "something", "nothing");
}
END_TEST

static void is_not_for_here(void)
{
    verdict_not_run("it needs \a something");
}

START_TEST(says_why_it_is_not_run)
{
    const struct verdict *verdict = checked(is_not_for_here, false);
    ck_assert_int_eq(verdict->outcome, NOT_RUN);
    ck_assert_str_eq(verdict->got, "it needs \\x07 something");
    ck_assert_str_eq(verdict->expected, "");
}
END_TEST

static void can_not_be_known(void)
{
    verdict_unknown("%s has %d legs", "a cat", 3);
}

static void can_not_be_known_for_long_reasons(void)
{
    verdict_unknown("%s", FIFTY FIFTY FIFTY FIFTY FIFTY TEN "the end");
}

START_TEST(says_why_nothing_is_known)
{
    expect_unknown(can_not_be_known, "a cat has 3 legs");
    const struct verdict *verdict =
        checked(can_not_be_known_for_long_reasons, false);
    ck_assert_int_eq(verdict->outcome, UNFINISHED);
    // The last character was cut in two, and its half escaped.
    ck_assert_uint_le(strlen(verdict->got), SUMMARY_SIZE - 1);
    ck_assert_int_eq(strncmp(verdict->got, FIFTY FIFTY, 100), 0);
}
END_TEST

static void does_nothing(void)
{
}

START_TEST(passes)
{
    const struct verdict *verdict = checked(does_nothing, false);
    ck_assert_int_eq(verdict->outcome, PASSED);
    ck_assert_double_gt(verdict->seconds, 0);
    ck_assert_str_eq(verdict->expected, "");
    ck_assert_str_eq(verdict->got, "");
    ck_assert_str_eq(verdict->timeline, "");
}
END_TEST

static void shows_its_turns(void)
{
    begin();
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 6);
    verdict_show();
}

START_TEST(keeps_the_turns)
{
    const struct verdict *verdict = checked(shows_its_turns, false);
    ck_assert_int_eq(verdict->outcome, PASSED);
    expect_part(verdict->timeline, "recv(4, 4096) = 6\n");
    expect_part(verdict->timeline, "select(r4) = 1: r4\n");
}
END_TEST

Suite *verdict_suite(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tcase = tcase_create("verdict");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, keeps_all_that_there_is_to_say);
    tcase_add_test(tcase, keeps_nothing_of_what_there_is_not);
    tcase_add_test(tcase, cuts_lines_and_makes_them_safe);
    tcase_add_test(tcase, cuts_a_long_timeline);
    tcase_add_test(tcase, blames_the_machine_alone);
    tcase_add_test(tcase, says_why_it_is_not_run);
    tcase_add_test(tcase, says_why_nothing_is_known);
    tcase_add_test(tcase, passes);
    tcase_add_test(tcase, keeps_the_turns);
    suite_add_tcase(suite, tcase);
    return suite;
}
