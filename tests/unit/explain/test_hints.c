// The hints: which causes have them, and what they look like.

#include "explain/detectors.h"
#include "explain/diagnosis.h"
#include "explain/hints.h"
#include "hand_cases.h"
#include "unit.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 400 };

// What these say is what the expectation means, or where the program stands:
// there the check's own hint says more.
static const char *const without_cause[] = {
    "sure_meaning", "meaning", "blocked", "status", "wrong_status", "last_call",
};

static const struct ladder *const bands[] = {
    hints_certain, hints_calls, hints_bytes, hints_loop, hints_datagrams};
enum { BANDS = sizeof bands / sizeof *bands };

static bool names_no_cause(const char *name)
{
    for (size_t i = 0; i < sizeof without_cause / sizeof *without_cause; i++)
        if (strcmp(without_cause[i], name) == 0)
            return true;
    return false;
}

// Ladder NUMBER of all, from 0; NULL after the last.
static const struct ladder *ladder_at(int number)
{
    for (size_t i = 0; i < BANDS; i++)
        for (const struct ladder *at = bands[i]; at->detector != NULL; at++)
            if (number-- == 0)
                return at;
    return NULL;
}

START_TEST(are_there_for_each_cause)
{
    for (const struct detector_entry *at = detectors; at->name != NULL; at++)
        ck_assert_msg(
            (hints_for(at->name) != NULL) != names_no_cause(at->name),
            "%s has hints, and names no cause; or the other way round",
            at->name);
    for (size_t i = 0; i < sizeof without_cause / sizeof *without_cause; i++)
        hand_find_detector(without_cause[i]);
    ck_assert_ptr_null(hints_for(""));
    ck_assert_ptr_null(hints_for("elephant"));
}
END_TEST

START_TEST(belong_to_one_detector_each)
{
    const struct ladder *ladder;
    for (int i = 0; (ladder = ladder_at(i)) != NULL; i++) {
        hand_find_detector(ladder->detector);
        ck_assert_msg(hints_for(ladder->detector) == ladder,
                      "%s has hints twice", ladder->detector);
    }
}
END_TEST

static void expect_readable(const char *name, const char *hint)
{
    ck_assert_msg(hint != NULL && hint[0] != '\0', "%s lacks one", name);
    ck_assert_msg(strlen(hint) <= LONGEST, "%s: %zu bytes: %s", name,
                  strlen(hint), hint);
    for (const char *at = hint; *at != '\0'; at++)
        ck_assert_msg(*at >= ' ' && *at <= '~', "%s: byte %#x in: %s", name,
                      (unsigned char)*at, hint);
    ck_assert_msg(strstr(hint, "  ") == NULL, "%s: two blanks: %s", name, hint);
}

START_TEST(can_be_read)
{
    const struct ladder *ladder;
    for (int i = 0; (ladder = ladder_at(i)) != NULL; i++) {
        for (int step = 0; step < HINT_STEPS; step++)
            expect_readable(ladder->detector, ladder->steps[step]);
        ck_assert_msg(strchr(ladder->steps[0], '?') != NULL,
                      "%s begins without a question", ladder->detector);
    }
}
END_TEST

START_TEST(differ)
{
    const struct ladder *one, *other;
    for (int i = 0; (one = ladder_at(i / HINT_STEPS)) != NULL; i++)
        for (int j = 0; j < i; j++) {
            other = ladder_at(j / HINT_STEPS);
            ck_assert_msg(strcmp(one->steps[i % HINT_STEPS],
                                 other->steps[j % HINT_STEPS]) != 0,
                          "%s and %s say the same", one->detector,
                          other->detector);
        }
}
END_TEST

// A sentence of a hint, up to END, in what the student has read already.
static bool is_said_already(const char *sentence, const char *end,
                            const char *explanation)
{
    return memmem(explanation, strlen(explanation), sentence,
                  (size_t)(end - sentence)) != NULL;
}

START_TEST(add_to_the_explanation)
{
    const struct hand_case *this;
    for (int i = 0; (this = hand_case_at(i)) != NULL; i++) {
        const struct ladder *ladder = hints_for(this->speaker);
        if (ladder == NULL)
            continue;
        hand_begin_case(this);
        const char *explanation = hand_explain()->text;
        for (int step = 0; step < HINT_STEPS; step++)
            for (const char *at = ladder->steps[step]; *at != '\0';) {
                const char *end = at + strcspn(at, ".?");
                ck_assert_msg(!is_said_already(at, end, explanation),
                              "%s: %s is said by both: %s", this->happened, at,
                              explanation);
                at = end + strspn(end, ".? ");
            }
    }
}
END_TEST

Suite *hints_suite(void)
{
    Suite *suite = suite_create("hints");
    TCase *tcase = tcase_create("hints");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, are_there_for_each_cause);
    tcase_add_test(tcase, belong_to_one_detector_each);
    tcase_add_test(tcase, can_be_read);
    tcase_add_test(tcase, differ);
    tcase_add_test(tcase, add_to_the_explanation);
    suite_add_tcase(suite, tcase);
    return suite;
}
