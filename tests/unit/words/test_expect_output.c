// Expectations about what a program has written: when each holds, and the lines
// with which it fails. The program was made by hand.

#include "explain/hand_trace.h"
#include "stage/stage.h"
#include "unit.h"
#include "words/checked.h"
#include "words/expect.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct program *prints(const char *text)
{
    hand_begin();
    hand_prints(text);
    return &hand.program;
}

static struct program *complains(const char *text)
{
    hand_begin();
    hand_complains(text);
    return &hand.program;
}

static void finds_a_line(void)
{
    struct program *program = prints("one\ntwo 2\nthree");
    expect_line(program, "one");
    expect_line(program, "two %d", 2);
    expect_line(program, "three");
}

static void finds_a_part_of_a_line(void)
{
    expect_line(prints("one\ntwo 2\n"), "two");
}

static void finds_more_than_a_line(void)
{
    expect_line(prints("one\ntwo"), "two 2");
}

#define LONG_LINE                                                    \
    "received: 0123456789012345678901234567890123456789012345678901" \
    "23456789"

static void finds_more_behind_a_line(void)
{
    expect_line(prints(LONG_LINE "more\n"), LONG_LINE);
}

static void finds_no_empty_line(void)
{
    expect_line(prints("one\n"), "%s", "");
}

static void finds_an_output(void)
{
    expect_output(prints("one\ntwo\nthree\n"), "two\n", 4);
    expect_output(&hand.program, "two\nthree", 9);
    expect_output(&hand.program, "one", 3);
}

static void finds_output_in_a_line(void)
{
    expect_output(prints("one two\n"), "two", 3);
}

static void finds_output_before_the_end(void)
{
    expect_output(prints("one two\n"), "one", 3);
}

static void finds_a_line_with(void)
{
    struct program *program = prints("x\nresult: a b\nresult: c d.\n");
    expect_line_with(program, "result: ", "b", 0);
    expect_line_with(program, "result: ", "d", 1);
    expect_line_with(program, "result: ", "c", 3);
    expect_line_with(program, "x", "", 0);
}

static void has_more_behind(void)
{
    expect_line_with(prints("result: c d.\n"), "result: ", "d", 0);
}

static void begins_in_the_middle(void)
{
    expect_line_with(prints("a result: c\n"), "result: ", "c", 0);
}

static void has_its_part_in_the_next_line(void)
{
    expect_line_with(prints("result: a\nb\n"), "result: ", "b", 9);
}

static void has_no_such_line(void)
{
    expect_no_line(prints("a result: c\n"), "result: ");
    expect_no_line(prints(""), "result: ");
}

static void has_such_a_line(void)
{
    expect_no_line(prints("one\nresult: c\nmore\n"), "result: ");
}

static struct program another_program(const char *said)
{
    struct program program = {.pid = getpid()};
    program.err.bytes = strdup(said);
    program.err.size = strlen(said);
    return program;
}

static void tells_apart(void)
{
    struct program another = another_program("port 20 refused\n");
    expect_told_apart(complains("port 10 closed\n"), "one", &another, "two");
}

static void tells_only_numbers_apart(void)
{
    struct program another = another_program("port 20 closed\n");
    expect_told_apart(complains("port 10 closed\n"), "one", &another, "two");
}

static void names_its_connection(void)
{
    expect_connection_named(complains("connection 12: gone\n"), 12, 20);
    expect_connection_named(complains("12\n"), 12, 20);
    expect_connection_named(complains("number:12\n"), 12, 20);
}

static void names_longer_numbers(void)
{
    expect_connection_named(
        complains("connection 312, 120, 127.0.0.12, 1:12, ::12, ab:12, 12.5\n"),
        12, 20);
}

// A thread has made one call, and another one the next: order is nobody's.
static void names_any_of_several(void)
{
    complains("connection 7: gone\n");
    hand_call(SYS_recvfrom, 4, 10, 10);
    hand_call(SYS_recvfrom, 5, 10, 10)->tid = getppid();
    expect_connection_named(&hand.program, 12, 7);
}

static void names_one_that_there_is_not(void)
{
    complains("connection 7: gone\n");
    hand_call(SYS_recvfrom, 4, 10, 10);
    hand_call(SYS_recvfrom, 5, 10, 10)->tid = getppid();
    expect_connection_named(&hand.program, 12, 6);
}

static void says_a_number(void)
{
    expect_number_on_stderr(complains("7 bytes are missing\n"), 7, 9);
    expect_number_on_stderr(complains("after 9\n"), 7, 9);
}

static void says_another_number(void)
{
    expect_number_on_stderr(complains("8 or 77 bytes\n"), 7, 9);
}

static const struct outcome_of outcomes[] = {
    {finds_a_line, NULL, NULL},
    {finds_a_part_of_a_line, "on stdout the line \"two\"", "no such line"},
    {finds_more_than_a_line, "on stdout the line \"two 2\"", "no such line"},
    {finds_no_empty_line, "on stdout the line \"\"", "no such line"},
    {finds_an_output, NULL, NULL},
    {finds_output_in_a_line, "on stdout \"two\"", "\"one two\\n\", 8 bytes"},
    {finds_output_before_the_end, "on stdout \"one\"",
     "\"one two\\n\", 8 bytes"},
    {finds_a_line_with, NULL, NULL},
    {has_more_behind, "on stdout the line \"result: ...d\"", "no such line"},
    {begins_in_the_middle, "on stdout the line \"result: ...c\"",
     "no such line"},
    {has_its_part_in_the_next_line, "on stdout the line \"result: ...b\"",
     "no such line"},
    {has_no_such_line, NULL, NULL},
    {has_such_a_line, "no line on stdout that begins with \"result: \"",
     "result: c: your program still runs"},
    {tells_apart, NULL, NULL},
    {tells_only_numbers_apart, "two messages, for one and for two",
     "\"port 20 closed\\n\""},
    {names_its_connection, NULL, NULL},
    {names_longer_numbers, "a line on stderr about connection 12",
     "\"connection 312, 120, 127.0.0.12, 1:12, ::12, ab:12, 12.5\\n\""},
    {names_any_of_several, NULL, NULL},
    {names_one_that_there_is_not, "a line on stderr about connection 12",
     "\"connection 7: gone\\n\""},
    {says_a_number, NULL, NULL},
    {says_another_number,
     "a line on stderr that says how much is missing (7 bytes)",
     "\"8 or 77 bytes\\n\""},
};

START_TEST(comes_to_that)
{
    expect_outcome(&outcomes[_i]);
}
END_TEST

START_TEST(shows_what_was_written)
{
    const struct verdict *verdict = expect_failed(
        finds_a_part_of_a_line, "on stdout the line \"two\"", "no such line");
    ck_assert_str_eq(verdict->explanation.detector, "sure_meaning");
    ck_assert_str_eq(verdict->explanation.text,
                     "What it has written to stdout, line by line:\n\n"
                     "    \"one\"\n    \"two 2\"\n");
    verdict =
        expect_failed(finds_more_behind_a_line,
                      "on stdout the line \"" LONG_LINE "\"", "no such line");
    expect_part(verdict->explanation.text,
                "begins with all of that, and goes on for 4 bytes more, "
                "\"more\"");
    verdict = expect_failed(finds_output_in_a_line, "on stdout \"two\"",
                            "\"one two\\n\", 8 bytes");
    expect_part(verdict->difference, "byte 0 is the first that differs");
}
END_TEST

Suite *expect_output_suite(void)
{
    Suite *suite = suite_create("expect_output");
    TCase *tcase = tcase_create("expect_output");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, comes_to_that, 0,
                        sizeof outcomes / sizeof *outcomes);
    tcase_add_test(tcase, shows_what_was_written);
    suite_add_tcase(suite, tcase);
    return suite;
}
