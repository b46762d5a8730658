// What a person is told.

#include "grader/reported.h"
#include "explain/hints.h"

#include <stdlib.h>
#include <string.h>

START_TEST(begins_with_the_lesson)
{
    begin(true);
    report_begin(&report);
    ck_assert_str_eq(told(), "\n00-unit  Checks that end in every way\n\n");
    report.traced = false;
    report_begin(&report);
    ck_assert_str_eq(told(),
                     "\n00-unit  Checks that end in every way\n\n"
                     "  ptrace(2) is refused here, so there is no timeline, "
                     "and checks that need\n  rare weather are not run.\n\n");
}
END_TEST

// Marks end in one column, whatever stands before them.
#define SPACES "                                                        "

START_TEST(puts_marks_in_a_column)
{
    begin(false);
    ck_assert_str_eq(told_of(&echoes, verdict(PASSED, "", "")),
                     "  ok   sends it back" SPACES "  2\n");
    begin(true);
    ck_assert_str_eq(told_of(&echoes, verdict(PASSED, "", "")),
                     "  \xe2\x9c\x93 sends it back" SPACES "     2\n");
    ck_assert_str_eq(told_of(&loops, verdict(LATER, "", "")),
                     "  \xe2\x80\x93 goes round" SPACES "  (later)\n");
    ck_assert_str_eq(told_of(&loops, verdict(NOT_RUN, "", NEEDS_TRACER)),
                     "  \xe2\x80\x93 goes round" SPACES "(not run)\n");
}
END_TEST

static const enum outcome outcomes[] = {UNFINISHED, PASSED, FAILED, NOT_RUN,
                                        LATER};
static const char *const ticks[] = {"  ?    ", "  ok   ", "  FAIL ", "  --   ",
                                    "  --   "};

// The first line of what is told of a check with that outcome.
static const char *title_of(const struct check *check, enum outcome outcome)
{
    static char line[256];
    const char *all = told_of(check, verdict(outcome, "much", "little"));
    size_t length = strcspn(all, "\n");
    ck_assert_uint_lt(length, sizeof line);
    memcpy(line, all, length);
    line[length] = '\0';
    return line;
}

START_TEST(keeps_titles_in_width)
{
    static const char *const promises[] = {
        "short", "gr\xc3\xbc\xc3\x9f\xc3\x9f dich \xe2\x80\x94 \xe2\x82\xac",
        "is so long that there is room for it and its mark, just so."};
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct check check = echoes;
            check.promise = promises[j];
            begin(false);
            const char *title = title_of(&check, outcomes[i]);
            ck_assert_uint_eq(style_columns(title), STYLE_WIDTH - 1);
            ck_assert_int_eq(strncmp(title, ticks[i], 7), 0);
            expect_part(title, promises[j]);
        }
    }
}
END_TEST

// What is to be typed again has the folder, as a shell takes it.
START_TEST(repeats_where_it_came_from)
{
    static const char *const folders[][2] = {
        {"/tmp/a-1.b", " FROM=/tmp/a-1.b\n"},
        {"my dir", " FROM='my dir'\n"},
        {"it's", " FROM='it'\\''s'\n"},
        {"", " FROM=\n"},
    };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        begin(false);
        report.from = folders[i][0];
        told_of(&echoes, full_failure());
        expect_part(told_at_end(), folders[i][1]);
    }
}
END_TEST

// One that is too long for its line still stands apart from its mark.
START_TEST(keeps_a_long_promise_from_its_mark)
{
    struct check check = echoes;
    check.promise = "does so much, and all of that so well, that there is no "
                    "room left for points";
    begin(false);
    const char *title = title_of(&check, FAILED);
    expect_part(title, "no room left for points 0/2");
}
END_TEST

// It is the last that is told, whatever came behind it.
START_TEST(tells_the_first_failure_at_the_end)
{
    begin(false);
    const char *all = told_of(&echoes, full_failure());
    ck_assert_uint_eq(strlen(all), STYLE_WIDTH); // its title
    told_of(&loops, verdict(PASSED, "", ""));
    all = told_at_end();
    expect_part(all, "\n\n  FAIL sends it back");
    all += 2;
    ck_assert_str_eq(
        all + strcspn(all, "\n"),
        "\n\n"
        "      expected  4096 bytes back\n"
        "      got       5 bytes, then end of stream: your program ended: exit "
        "status 0,\n"
        "                which is too long for one line\n"
        "\n"
        "  ran: echo_server 127.0.0.1 0\n"
        "\n"
        "  byte 5\n"
        "  differs\n"
        "\n"
        "      ms  grader\n"
        "  the last row is cut\n"
        "\n"
        "  It stops.\n"
        "\n"
        "    as a tool says\n"
        "\n"
        "  hint:  make hint\n"
        "  again: make check LESSON=00 CASE=echoes SEED=7\n");
}
END_TEST

// Where the compiler knew it before, that is said again.
START_TEST(repeats_warnings)
{
    begin(false);
    report.warnings =
        "a.c:1:2: warning: unused variable 'x' and more of that, "
        "all in one much longer line\nb.c:2:2: warning: \033[2J\n";
    const char *all = told_at_end();
    ck_assert_str_eq(all, "\n\n  The compiler warned:\n"
                          "    a.c:1:2: warning: unused variable 'x' and more "
                          "of that, all in one much\n    longer line\n"
                          "    b.c:2:2: warning: \\x1b[2J\n");
    report.warnings = "one\ntwo\nthree\nfour\nfive\n";
    told_of(&echoes, full_failure());
    all = told_at_end();
    expect_part(all, "  the last row is cut\n\n  The compiler warned:\n    "
                     "one\n    two\n    three\n    and 2 more\n\n  It stops.");
    ck_assert_ptr_null(strstr(all, "four"));
}
END_TEST

// Nor does a word that is too long for a line begin with an empty one.
START_TEST(keeps_a_long_word_in_its_line)
{
    char word[81] = "";
    memset(word, 'w', sizeof word - 1);
    begin(false);
    const char *all = told_of(&echoes, verdict(UNFINISHED, "", word));
    expect_part(all, "\n      because   wwww");
    all = told_of(&echoes, verdict(UNFINISHED, "", "one two"));
    expect_part(all, "\n      because   one two\n");
}
END_TEST

START_TEST(leaves_out_what_there_is_not)
{
    struct verdict *failed = verdict(FAILED, "much", "little");
    strcpy(failed->explanation.text, "So it is.");
    begin(false);
    told_of(&echoes, failed);
    const char *all = told_at_end() + 2;
    ck_assert_str_eq(all + strcspn(all, "\n"),
                     "\n\n"
                     "      expected  much\n"
                     "      got       little\n"
                     "\n\n"
                     "  So it is.\n"
                     "\n"
                     "  hint:  make hint\n"
                     "  again: make check LESSON=00 CASE=echoes SEED=7\n");
}
END_TEST

// What is not known, or not run, says why; unless all do for the same reason.
START_TEST(tells_why_there_is_no_verdict)
{
    begin(false);
    const char *all =
        told_of(&echoes, verdict(UNFINISHED, "", "the machine is tired"));
    expect_part(all, "(not graded)\n      because   the machine is tired\n");
    all = told_of(&echoes, verdict(UNFINISHED, "", ""));
    expect_part(all, "      because   the check's process is gone\n");
    all = told_of(&echoes, verdict(NOT_RUN, "", "it needs something"));
    expect_part(all, "(not run)\n      because   it needs something\n");
    all = told_of(&echoes, verdict(NOT_RUN, "", NEEDS_TRACER));
    ck_assert_ptr_null(strstr(all, "because"));
    all = told_of(&echoes, verdict(LATER, "", ""));
    ck_assert_ptr_null(strstr(all, "because"));
    ck_assert_uint_eq(report.failures, 0);
}
END_TEST

START_TEST(counts_points)
{
    begin(false);
    report_count(&report, &echoes, verdict(PASSED, "", ""));
    report_end(&report);
    ck_assert_str_eq(told(), "\n  2 of 2 points\n");
    report_count(&report, &loops, verdict(FAILED, "", ""));
    report_count(&report, &echoes, verdict(FAILED, "", ""));
    report_count(&report, &loops, verdict(NOT_RUN, "", ""));
    report_end(&report);
    ck_assert_str_eq(told(), "\n  2 of 24 points, 1 check not run\n");
    report_count(&report, &loops, verdict(LATER, "", ""));
    report_count(&report, &loops, verdict(LATER, "", ""));
    report_count(&report, &loops, verdict(UNFINISHED, "", ""));
    report_end(&report);
    ck_assert_str_eq(told(), "\n  2 of 54 points, 1 check not run, 2 checks "
                             "left until the others pass, 1 check that could "
                             "not be graded\n");
    ck_assert_uint_eq(report.failures, 2);
}
END_TEST

// That is what `hint` is about, whatever fails behind it.
START_TEST(keeps_the_first_failure)
{
    begin(false);
    struct verdict *first = full_failure();
    report_count(&report, &echoes, verdict(PASSED, "", ""));
    report_count(&report, &loops, first);
    report_count(&report, &echoes, full_failure());
    ck_assert_ptr_eq(report.first_failure, &loops);
    ck_assert_ptr_eq(report.first_verdict, first);
}
END_TEST

START_TEST(colours_what_is_for_a_terminal)
{
    begin(true);
    style_set(&(struct style){.unicode = true, .colour = true});
    expect_part(told_of(&echoes, verdict(PASSED, "", "")),
                "  \033[32m\xe2\x9c\x93\033[0m sends it back ");
    expect_part(told_of(&echoes, verdict(LATER, "", "")),
                "  \033[33m\xe2\x80\x93\033[0m sends it back ");
    report_end(&report);
    ck_assert_str_eq(told(), "\n  \033[1m2 of 4 points\033[0m, 1 check left "
                             "until the others pass\n");
    expect_part(told_of(&echoes, verdict(FAILED, "", "")),
                "  \033[31m\xe2\x9c\x97\033[0m sends it back ");
}
END_TEST

// The check's own, where none belongs to the cause.
START_TEST(gives_a_hint)
{
    static const char *const none[] = {NULL, "", "meaning", "elephant"};
    begin(true);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        for (int step = 0; step <= HINT_STEPS; step++) {
            report_hint(report.out, &loops, none[i], step);
            ck_assert_str_eq(told(), step > 1 ? "goes round\n\n  Where?\n"
                                                "\n  (there is no other)\n"
                                              : "goes round\n\n  Where?\n");
        }
}
END_TEST

START_TEST(gives_the_hints_of_a_cause)
{
    static const char *const ends[] = {
        "\n\n  (1 of 3; make hint again for the next)\n",
        "\n\n  (2 of 3; make hint again for the next)\n",
        "\n\n  (3 of 3)\n",
    };
    begin(true);
    for (int step = 1; step <= HINT_STEPS; step++) {
        report_hint(report.out, &loops, "spin", step);
        char *all = strdup(told()), beginning[32];
        const char *hint = hints_for("spin")->steps[step - 1];
        snprintf(beginning, sizeof beginning, "goes round\n\n  %.16s", hint);
        ck_assert_int_eq(strncmp(all, beginning, strlen(beginning)), 0);
        const char *end = ends[step - 1];
        ck_assert_str_eq(all + strlen(all) - strlen(end), end);
        for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n"))
            ck_assert_uint_lt(style_columns(line), STYLE_WIDTH);
        free(all);
    }
    report_hint(report.out, &loops, "spin", 0);
    expect_part(told(), "(1 of 3;");
}
END_TEST

START_TEST(blames_the_machine)
{
    begin(true);
    report_error(report.out, "it is off");
    ck_assert_str_eq(told(), "This machine can't grade: it is off.\n");
}
END_TEST

Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, begins_with_the_lesson);
    tcase_add_test(tcase, puts_marks_in_a_column);
    tcase_add_test(tcase, keeps_titles_in_width);
    tcase_add_test(tcase, repeats_where_it_came_from);
    tcase_add_test(tcase, keeps_a_long_promise_from_its_mark);
    tcase_add_test(tcase, tells_the_first_failure_at_the_end);
    tcase_add_test(tcase, repeats_warnings);
    tcase_add_test(tcase, keeps_a_long_word_in_its_line);
    tcase_add_test(tcase, leaves_out_what_there_is_not);
    tcase_add_test(tcase, tells_why_there_is_no_verdict);
    tcase_add_test(tcase, counts_points);
    tcase_add_test(tcase, colours_what_is_for_a_terminal);
    tcase_add_test(tcase, keeps_the_first_failure);
    tcase_add_test(tcase, gives_a_hint);
    tcase_add_test(tcase, gives_the_hints_of_a_cause);
    tcase_add_test(tcase, blames_the_machine);
    suite_add_tcase(suite, tcase);
    return suite;
}
