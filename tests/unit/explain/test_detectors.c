// The detectors: on which failed checks each of them speaks, and on which not.
// The cases are in cases_*.c.

#include "explain/detectors.h"
#include "hand_cases.h"
#include "unit.h"

#include <string.h>

static bool is_own(const struct hand_case *this)
{
    return strcmp(this->detector, this->speaker) == 0;
}

START_TEST(speaks_of_its_own_case)
{
    const struct hand_case *this = hand_case_at(_i);
    hand_begin_case(this);
    ck_assert_msg(hand_speaks_alone(this->detector) == is_own(this),
                  "%s: %s is%s silent", this->happened, this->detector,
                  is_own(this) ? "" : " not");
    const struct explanation *explanation = hand_explain();
    ck_assert_msg(strcmp(explanation->detector, this->speaker) == 0,
                  "%s: %s speaks, and not %s: %s", this->happened,
                  explanation->detector, this->speaker, explanation->text);
    ck_assert_msg(strstr(explanation->text, this->says) != NULL,
                  "%s: no \"%s\" in:\n%s", this->happened, this->says,
                  explanation->text);
}
END_TEST

// True if there is a case on which that detector speaks; or is silent.
static bool has_case(const char *name, bool speaks)
{
    const struct hand_case *this;
    for (int i = 0; (this = hand_case_at(i)) != NULL; i++)
        if (strcmp(this->detector, name) == 0 && is_own(this) == speaks)
            return true;
    return false;
}

// The last one is never silent.
START_TEST(each_has_both_kinds_of_cases)
{
    for (const struct detector_entry *at = detectors; at->name != NULL; at++) {
        ck_assert_msg(has_case(at->name, true), "no case of %s", at->name);
        ck_assert_msg(has_case(at->name, false) || at[1].name == NULL,
                      "%s is silent in no case", at->name);
    }
}
END_TEST

// Whoever looks for a name in the bank, or in JSON, finds one detector.
START_TEST(each_has_a_name_of_its_own)
{
    for (const struct detector_entry *at = detectors; at->name != NULL; at++) {
        ck_assert_uint_gt(strlen(at->name), 0);
        ck_assert_uint_lt(strlen(at->name), DETECTOR_NAME_SIZE);
        for (const struct detector_entry *to = at + 1; to->name != NULL; to++)
            ck_assert_str_ne(at->name, to->name);
    }
}
END_TEST

static const char *const of_echoes[] = {
    "closed_early", "wrong_amount", "end_ignored",  "nothing_sent",
    "overwritten",  "mixed_up",     "bytes",        "reply_left",
    "left_early",   "client_waits", "all_given_up", "echo_left",
    "too_few",      NULL,
};
static const char *const of_messages[] = {
    "rest_unsent",     "message_left",       "message_cut",
    "message_refused", "message_waited_for", NULL,
};

static bool lists(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

// What explains an echo explains nothing where none is spoken.
START_TEST(speaks_of_its_own_protocol_only)
{
    const struct hand_case *this = hand_case_at(_i);
    bool echoes = lists(of_echoes, this->detector);
    bool messages = lists(of_messages, this->detector);
    if (!is_own(this))
        return;
    hand_begin_case(this);
    for (int i = 0; i < 2; i++) {
        hand_speaks(i == 0   ? PROTOCOL_FILES
                    : echoes ? PROTOCOL_MESSAGES
                             : PROTOCOL_ECHO);
        bool speaks = strcmp(hand_explain()->detector, this->detector) == 0;
        bool of_both = !echoes && !messages;
        if (i == 0 || !of_both)
            ck_assert_msg(speaks == of_both, "%s: %s is%s silent",
                          this->happened, this->detector, speaks ? " not" : "");
    }
}
END_TEST

Suite *detectors_suite(void)
{
    Suite *suite = suite_create("detectors");
    TCase *tcase = tcase_create("detectors");
    int cases = hand_count_cases();
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, speaks_of_its_own_case, 0, cases);
    tcase_add_test(tcase, each_has_both_kinds_of_cases);
    tcase_add_test(tcase, each_has_a_name_of_its_own);
    tcase_add_loop_test(tcase, speaks_of_its_own_protocol_only, 0, cases);
    suite_add_tcase(suite, tcase);
    return suite;
}
