// Checks that fail the same way, and those that wait for the same code.

#include "grader/reported.h"

#include <stdio.h>
#include <string.h>

static struct verdict *failure_of(const char *got, const char *explanation)
{
    struct verdict *failed = full_failure();
    strcpy(failed->got, got);
    strcpy(failed->explanation.text, explanation);
    return failed;
}

START_TEST(tells_further_failures_in_brief)
{
    begin(false);
    told_of(&echoes, failure_of("1 byte", "It stops."));
    const char *all = told_of(&loops, failure_of("6 bytes", "It loops."));
    ck_assert_str_eq(all + strcspn(all, "\n"),
                     "\n      expected  4096 bytes back\n"
                     "      got       6 bytes\n");
    // The same once more, for another reason: its title says enough.
    all = told_of(&loops, failure_of("6 bytes", "It leaps."));
    ck_assert_uint_eq(strlen(all), STYLE_WIDTH);
    ck_assert_ptr_eq(report.first_failure, &echoes);
}
END_TEST

// Those that are alike but for numbers are one line.
START_TEST(tells_what_is_alike_once)
{
    begin(false);
    told_of(&echoes, failure_of("little", "send() took 1 byte of 12."));
    ck_assert_str_eq(told_of(&loops, failure_of("x", "send() took 3 bytes of "
                                                     "4096.")),
                     "");
    report_end(&report);
    expect_part(told(), "  FAIL 1 more fails the same way   ");
    ck_assert_str_eq(told_of(&loops, failure_of("x", "send() took 9.5 bytes of "
                                                     "1.")),
                     "");
    struct verdict *other = failure_of("little", "send() took 1 byte of 12.");
    strcpy(other->explanation.detector, "long_send");
    expect_part(told_of(&loops, other), "  FAIL goes round");
    expect_part(told_of(&echoes, failure_of("x", "It took 1.")), "sends it");
    told_of(&loops, failure_of("x", "It took 2."));
    report_end(&report);
    const char *all = told();
    expect_part(all, "FAIL 2 more fail the same way as \"sends it back\"     ");
    expect_part(all, " 0/20\n");
    ck_assert_int_eq(count_parts(all, "the same way"), 2);
    // Nothing is hidden from those who want all.
    style_set(&(struct style){.verbose = true});
    expect_part(told_of(&loops, failure_of("x", "It took 3.")), "goes round");
}
END_TEST

static struct verdict *stopped_at(const char *todo)
{
    struct verdict *failed = full_failure();
    sprintf(failed->explanation.text,
            "Your program says \"x: %s, f: Function not implemented\"", todo);
    strcpy(failed->explanation.detector, "open_todo");
    return failed;
}

// What is still to be written is not wrong: it is no failure.
START_TEST(waits_for_what_is_to_be_written)
{
    struct check large = loops;
    large.promise = "keeps a promise that leaves no room for what stands there";
    begin(false);
    const char *all = told_of(&echoes, stopped_at("TODO 1.3"));
    ck_assert_uint_eq(strlen(all), STYLE_WIDTH);
    expect_part(all, "  --   sends it back    ");
    expect_part(all, " (later: needs TODO 1.3)\n");
    ck_assert_str_eq(told_of(&loops, stopped_at("TODO 1.3")), "");
    all = told_of(&large, stopped_at("TODO 1.4"));
    expect_part(all,
                "  --   keeps a promise that leaves no room for what stands "
                "there\n         ");
    expect_part(all, "        (later: needs TODO 1.4)\n");
    ck_assert_uint_eq(report.failures, 0);
    ck_assert_uint_eq(report.needy, 3);
    report_end(&report);
    all = told();
    expect_part(all, "  --   1 more    ");
    expect_part(all, " (later: needs TODO 1.3)\n\n  0 of 22 points\n");
    expect_part(all, "\n  No check has failed. ");
    // One that does not say which is a failure, and comes before the others.
    told_of(&echoes, stopped_at("to do"));
    ck_assert_uint_eq(report.failures, 1);
    ck_assert_ptr_null(strstr(told_at_end(), "No check has failed"));
}
END_TEST

Suite *report_alike_suite(void)
{
    Suite *suite = suite_create("report_alike");
    TCase *tcase = tcase_create("report_alike");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, tells_further_failures_in_brief);
    tcase_add_test(tcase, tells_what_is_alike_once);
    tcase_add_test(tcase, waits_for_what_is_to_be_written);
    suite_add_tcase(suite, tcase);
    return suite;
}
