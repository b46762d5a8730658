// What a program is told: the members that JSON has, and no others.

#include "explain/hints.h"
#include "grader/report.h"
#include "unit.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct check echoes = {
    .id = "echoes", .points = 2, .promise = "sends it back", .hint = "How?"};

static struct verdict verdict;

static void begin(enum outcome outcome)
{
    verdict = (struct verdict){.outcome = outcome, .seconds = 1.5};
    strcpy(verdict.expected, "much");
    strcpy(verdict.got, "little");
    strcpy(verdict.ran, "echo_server 127.0.0.1 0");
    strcpy(verdict.difference, "  byte 5\n");
    strcpy(verdict.timeline, "      ms  grader\n");
    strcpy(verdict.explanation.text, "It stops.");
    strcpy(verdict.explanation.detector, "meaning");
}

// Parses what was written, one object and the end of its line.
static json_t *parse(char *text)
{
    json_error_t error;
    ck_assert_uint_gt(strlen(text), 0);
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
    json_t *object = json_loads(text, 0, &error);
    ck_assert_msg(object != NULL, "%s in:\n%s", error.text, text);
    free(text);
    return object;
}

static json_t *report_of(size_t count)
{
    char *text = NULL;
    size_t size = 0;
    const struct check *const checks[] = {&echoes, &echoes};
    const struct verdict verdicts[] = {verdict, verdict};
    struct report report = {
        .out = open_memstream(&text, &size), .seed = INT64_MAX, .traced = true};
    for (size_t i = 0; i < count; i++)
        report_count(&report, checks[i], &verdicts[i]);
    ck_assert_int_eq(report_json(&report, checks, verdicts, count), 0);
    fclose(report.out);
    return parse(text);
}

static json_t *check_of(json_t *report)
{
    json_t *checks = json_object_get(report, "checks");
    ck_assert_uint_eq(json_array_size(checks), 1);
    return json_array_get(checks, 0);
}

// The object has these members, and no others.
static void expect_members_of(json_t *object, const char *json)
{
    json_error_t error;
    json_t *wanted = json_loads(json, 0, &error);
    ck_assert_msg(wanted != NULL, "%s: %s", error.text, json);
    if (!json_equal(object, wanted))
        ck_abort_msg("not %s, but:\n%s", json,
                     json_dumps(object, JSON_INDENT(2) | JSON_ENCODE_ANY));
    json_decref(wanted);
}

START_TEST(tells_of_a_lesson)
{
    begin(PASSED);
    json_t *report = report_of(2);
    ck_assert_uint_eq(json_array_size(json_object_get(report, "checks")), 2);
    json_object_del(report, "checks");
    expect_members_of(report, "{\"lesson\": \"00-unit\", \"title\": \"Checks "
                              "that end in every way\", \"seed\": "
                              "9223372036854775807, \"traced\": true, "
                              "\"points\": 4, \"max_points\": 4}");
    report = report_of(0);
    ck_assert_uint_eq(json_array_size(json_object_get(report, "checks")), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(report, "max_points")),
                     0);
}
END_TEST

#define COMMON(outcome, points)                                          \
    "{\"id\": \"echoes\", \"promise\": \"sends it back\", \"outcome\": " \
    "\"" outcome "\", \"points\": " points ", \"max_points\": 2, "       \
    "\"seconds\": 1.5"

START_TEST(tells_of_each_outcome)
{
    begin(PASSED);
    expect_members_of(check_of(report_of(1)), COMMON("passed", "2") "}");
    begin(LATER);
    expect_members_of(check_of(report_of(1)), COMMON("later", "0") "}");
    begin(NOT_RUN);
    expect_members_of(check_of(report_of(1)),
                      COMMON("not run", "0") ", \"reason\": \"little\"}");
    begin(UNFINISHED);
    expect_members_of(check_of(report_of(1)),
                      COMMON("unknown", "0") ", \"reason\": \"little\"}");
    begin(FAILED);
    expect_members_of(
        check_of(report_of(1)),
        COMMON(
            "failed",
            "0") ", \"expected\": \"much\", \"got\": \"little\", "
                 "\"ran\": \"echo_server 127.0.0.1 0\", "
                 "\"difference\": \"  byte 5\\n\", "
                 "\"timeline\": \"      ms  grader\\n\", "
                 "\"explanation\": \"It stops.\", \"detector\": \"meaning\", "
                 "\"hint\": \"How?\", \"hints\": [\"How?\"]}");
}
END_TEST

// The check's hint is what it was; those of the cause are beside it.
START_TEST(tells_the_hints_of_a_cause)
{
    begin(FAILED);
    strcpy(verdict.explanation.detector, "short_send");
    json_t *check = check_of(report_of(1));
    ck_assert_str_eq(json_string_value(json_object_get(check, "hint")), "How?");
    json_t *hints = json_object_get(check, "hints");
    ck_assert_uint_eq(json_array_size(hints), HINT_STEPS);
    for (size_t i = 0; i < HINT_STEPS; i++)
        ck_assert_str_eq(json_string_value(json_array_get(hints, i)),
                         hints_for("short_send")->steps[i]);
}
END_TEST

static void expect_text(json_t *check, const char *member, const char *text)
{
    ck_assert_pstr_eq(json_string_value(json_object_get(check, member)), text);
}

// A text may end in the middle of a character, where there was no more room.
START_TEST(tells_what_was_cut)
{
    begin(FAILED);
    strcpy(verdict.expected, "caf\xc3\xa9 caf\xc3");
    strcpy(verdict.got, "\xe2\x82\xac\xe2\x82");
    strcpy(verdict.timeline, "  \xe2\x94\x80\xe2\x94\n");
    strcpy(verdict.difference, "a\tb");
    strcpy(verdict.explanation.text, "\xf0\x9f\x90");
    json_t *check = check_of(report_of(1));
    expect_text(check, "expected", "caf\xc3\xa9 caf\\xc3");
    expect_text(check, "got", "\xe2\x82\xac\\xe2\\x82");
    expect_text(check, "timeline", "  \xe2\x94\x80\\xe2\\x94\n");
    expect_text(check, "explanation", "\\xf0\\x9f\\x90");
    expect_text(check, "difference", "a\tb"); // whole, and so as it is
    expect_text(check, "ran", "echo_server 127.0.0.1 0");
    begin(UNFINISHED);
    strcpy(verdict.got, "\xc3");
    expect_text(check_of(report_of(1)), "reason", "\\xc3");
}
END_TEST

START_TEST(tells_all_of_a_long_timeline)
{
    begin(FAILED);
    memset(verdict.timeline, '"', TIMELINE_SIZE - 1);
    expect_text(check_of(report_of(1)), "timeline", verdict.timeline);
}
END_TEST

START_TEST(tells_why_there_is_none)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    report_json_error(out, "it is \"off\"");
    fclose(out);
    expect_members_of(parse(text), "{\"lesson\": \"00-unit\", \"points\": 0, "
                                   "\"error\": \"it is \\\"off\\\"\"}");
}
END_TEST

START_TEST(says_if_it_can_not_write)
{
    struct report report = {.out = fopen("/dev/full", "w")};
    ck_assert_ptr_nonnull(report.out);
    setvbuf(report.out, NULL, _IONBF, 0);
    ck_assert_int_eq(report_json(&report, NULL, NULL, 0), -1);
}
END_TEST

Suite *report_json_suite(void)
{
    Suite *suite = suite_create("report_json");
    TCase *tcase = tcase_create("report_json");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, tells_of_a_lesson);
    tcase_add_test(tcase, tells_of_each_outcome);
    tcase_add_test(tcase, tells_the_hints_of_a_cause);
    tcase_add_test(tcase, tells_what_was_cut);
    tcase_add_test(tcase, tells_all_of_a_long_timeline);
    tcase_add_test(tcase, tells_why_there_is_none);
    tcase_add_test(tcase, says_if_it_can_not_write);
    suite_add_tcase(suite, tcase);
    return suite;
}
