// What a grader makes of its arguments: this binary, as the child "grades", is
// one, of the lesson in graded.c.

#include "base/status.h"
#include "unit.h"
#include "stage/wait.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

// Grades with these arguments, and expects that status.
static struct program *grade(const char *arguments, enum status status)
{
    stage_begin(1, false);
    struct program *program = start_child("grades", arguments, NULL);
    run_to_end(program);
    ck_assert_msg(WIFEXITED(program->status) &&
                      WEXITSTATUS(program->status) == (int)status,
                  "'%s' ends with %#x: %s", arguments, program->status,
                  program->err.bytes);
    return program;
}

static const char *const unknown_options[] = {
    "--nonsense", "--seed", "-x", "--case", "--json=yes", "--workers"};
static const char *const bad_numbers[][3] = {
    {"--seed x", "--seed", "x"},
    {"--seed 1x", "--seed", "1x"},
    {"--seed -1", "--seed", "-1"},
    {"--seed=", "--seed", ""},
    {"--seed 9223372036854775808", "--seed", "9223372036854775808"},
    {"--seed 99999999999999999999", "--seed", "99999999999999999999"},
    {"--workers two", "--workers", "two"},
};

START_TEST(refuses_what_it_does_not_know)
{
    const struct program *program = grade(unknown_options[_i], BAD_USAGE);
    ck_assert_str_eq(program->out.bytes, "");
    ck_assert_uint_gt(program->err.size, 0);
}
END_TEST

START_TEST(refuses_what_is_no_number)
{
    const char *const *bad = bad_numbers[_i];
    const struct program *program = grade(bad[0], BAD_USAGE);
    char line[128];
    snprintf(line, sizeof line, "grade: %s takes a whole number, not '%s'\n",
             bad[1], bad[2]);
    ck_assert_msg(strncmp(program->err.bytes, line, strlen(line)) == 0, "%s",
                  program->err.bytes);
    expect_part(program->err.bytes, "usage: grade --programs DIR");
    ck_assert_str_eq(program->out.bytes, "");
}
END_TEST

START_TEST(refuses_one_too_many)
{
    const struct program *program = grade("--describe more", BAD_USAGE);
    expect_part(program->err.bytes, "grade: one argument too many: 'more'\n");
    expect_part(program->err.bytes, "usage: grade --programs DIR");
    ck_assert_str_eq(program->out.bytes, "");
}
END_TEST

START_TEST(names_the_checks_that_there_are)
{
    const struct program *program = grade("--case elephant", BAD_USAGE);
    static const char beginning[] =
        "grade: no check's name has 'elephant' in it; the names are:\n"
        "  passes\n  fails\n";
    ck_assert_int_eq(strncmp(program->err.bytes, beginning, strlen(beginning)),
                     0);
    ck_assert_str_eq(program->out.bytes, "");
}
END_TEST

START_TEST(has_no_turns_to_show)
{
    const struct program *program = grade("--turns", BAD_USAGE);
    ck_assert_str_eq(program->out.bytes,
                     "Lesson 00 has no turns to show; lesson 11 has.\n");
}
END_TEST

// A whole name means that check alone; a part, all that have it.
START_TEST(gives_hints)
{
    const struct program *program = grade("--hint --case passes", DONE);
    ck_assert_str_eq(program->out.bytes, "passes\n\n  ?\n");
    program = grade("--hint --case passes_at", DONE);
    ck_assert_int_eq(count_parts(program->out.bytes, "  ?\n"), 3);
    program = grade("--hint --case fails --seed 9223372036854775807", DONE);
    ck_assert_str_eq(program->out.bytes, "fails\n\n  ?\n");
}
END_TEST

START_TEST(gives_the_hints_of_a_cause)
{
    const struct program *program =
        grade("--hint --case passes --cause spin", DONE);
    expect_part(program->out.bytes, "passes\n\n  Which loop is that");
    expect_part(program->out.bytes, "(1 of 3; make hint again for the next)");
    program = grade("--hint --case passes --cause spin --step 3", DONE);
    expect_part(program->out.bytes, "(3 of 3)\n");
    program = grade("--hint --case passes --cause elephant --step 2", DONE);
    ck_assert_str_eq(program->out.bytes,
                     "passes\n\n  ?\n\n  (there is no other)\n");
    program = grade("--hint --case passes --cause=", DONE);
    ck_assert_str_eq(program->out.bytes, "passes\n\n  ?\n");
}
END_TEST

static const char *const bad_causes[][2] = {
    {"--hint --case passes_at --cause spin",
     "grade: a --cause is one check's, and none is called 'passes_at'\n"},
    {"--hint --cause spin",
     "grade: a --cause is one check's, and none is called ''\n"},
    {"--case passes --cause spin", "grade: only --hint asks about a '--cause'"},
    {"--hint --case passes --step 2",
     "grade: only hints for a --cause have a '--step'\n"},
    {"--hint --case passes --cause spin --step 0",
     "grade: --step is from 1 to 3, not '0'\n"},
    {"--hint --case passes --cause spin --step 4",
     "grade: --step is from 1 to 3, not '4'\n"},
    {"--hint --case passes --cause spin --step x",
     "grade: --step takes a whole number, not 'x'\n"},
};

START_TEST(refuses_causes_that_mean_nothing)
{
    const struct program *program = grade(bad_causes[_i][0], BAD_USAGE);
    const char *line = bad_causes[_i][1];
    ck_assert_msg(strncmp(program->err.bytes, line, strlen(line)) == 0, "%s",
                  program->err.bytes);
    expect_part(program->err.bytes, "usage: grade --programs DIR");
    ck_assert_str_eq(program->out.bytes, "");
}
END_TEST

START_TEST(describes_its_lesson)
{
    const struct program *program = grade("--describe", DONE);
    expect_part(program->out.bytes,
                "Checks that end in every way\t18 checks\t");
    ck_assert_str_eq(program->err.bytes, "");
}
END_TEST

Suite *main_suite(void)
{
    Suite *suite = suite_create("main");
    TCase *tcase = tcase_create("main");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, refuses_what_it_does_not_know, 0,
                        sizeof unknown_options / sizeof *unknown_options);
    tcase_add_loop_test(tcase, refuses_what_is_no_number, 0,
                        sizeof bad_numbers / sizeof *bad_numbers);
    tcase_add_test(tcase, refuses_one_too_many);
    tcase_add_test(tcase, names_the_checks_that_there_are);
    tcase_add_test(tcase, has_no_turns_to_show);
    tcase_add_test(tcase, gives_hints);
    tcase_add_test(tcase, gives_the_hints_of_a_cause);
    tcase_add_loop_test(tcase, refuses_causes_that_mean_nothing, 0,
                        sizeof bad_causes / sizeof *bad_causes);
    tcase_add_test(tcase, describes_its_lesson);
    suite_add_tcase(suite, tcase);
    return suite;
}
