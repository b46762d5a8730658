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

static void expect_explained(const struct hand_case *this)
{
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

// Each detector has both kinds of cases, but the last: it is never silent.
START_TEST(speaks_of_its_own_cases)
{
    const char *name = detectors[_i].name;
    const struct hand_case *this;
    int count[2] = {0, 0};
    for (int i = 0; (this = hand_case_at(i)) != NULL; i++)
        if (strcmp(this->detector, name) == 0) {
            count[is_own(this)]++;
            expect_explained(this);
        }
    ck_assert_msg(count[1] > 0, "no case of %s", name);
    ck_assert_msg(count[0] > 0 || detectors[_i + 1].name == NULL,
                  "%s is silent in no case", name);
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
    "sent_to_another", "sent_again",      "left_out",
    "never_closed",    "took_too_much",   "stream_break",
    "closed_early",    "wrong_amount",    "buffer_filled",
    "end_ignored",     "nothing_sent",    "overwritten",
    "mixed_up",        "bytes",           "reply_left",
    "left_early",      "client_waits",    "all_given_up",
    "echo_left",       "too_few",         "too_many",
    "sent_unasked",    "printed",         "miscounted",
    "part_sent",       "ended_after_one", "never_watched",
    "char_end",        "input_left",      NULL,
};
static const char *const of_messages[] = {
    "begun_again",
    "answer_left",
    "server_ended",
    "rest_unsent",
    "message_left",
    "message_cut",
    "turned_away",
    "reader_given_up",
    "message_refused",
    "message_waited_for",
    "look_that_takes",
    "asked_again",
    NULL,
};

static const char *const of_counts[] = {"short_receive", NULL};

static const char *const of_datagrams[] = {
    "no_datagrams",       "sender_length",
    "bound_elsewhere",    "datagram_cut",
    "connected_to_one",   "answered_another",
    "answered_twice",     "datagram_amount",
    "one_is_fatal",       "nothing_left",
    "unanswered",         "ended_unasked",
    "gave_up_asking",     "answer_to_old_socket",
    "waits_for_the_lost", NULL,
};

static bool lists(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

// A name that is misspelt in a case or above would prove nothing.
START_TEST(knows_all_names)
{
    const struct hand_case *this;
    for (int i = 0; (this = hand_case_at(i)) != NULL; i++) {
        hand_find_detector(this->detector);
        hand_find_detector(this->speaker);
    }
    for (const char *const *name = of_echoes; *name != NULL; name++)
        hand_find_detector(*name);
    for (const char *const *name = of_messages; *name != NULL; name++)
        hand_find_detector(*name);
    for (const char *const *name = of_counts; *name != NULL; name++)
        hand_find_detector(*name);
    for (const char *const *name = of_datagrams; *name != NULL; name++)
        hand_find_detector(*name);
}
END_TEST

// What explains an echo explains nothing where none is spoken.
START_TEST(speaks_of_its_own_protocol_only)
{
    const char *name = detectors[_i].name;
    bool echoes = lists(of_echoes, name);
    bool any = !echoes && !lists(of_messages, name) &&
               !lists(of_counts, name) && !lists(of_datagrams, name);
    const struct hand_case *this;
    for (int i = 0; (this = hand_case_at(i)) != NULL; i++) {
        if (strcmp(this->speaker, name) != 0 || !is_own(this))
            continue;
        hand_begin_case(this);
        hand_speaks(PROTOCOL_FILES);
        bool speaks = strcmp(hand_explain()->detector, name) == 0;
        ck_assert_msg(speaks == any, "%s of no protocol", this->happened);
        hand_speaks(echoes ? PROTOCOL_MESSAGES : PROTOCOL_ECHO);
        speaks = strcmp(hand_explain()->detector, name) == 0;
        ck_assert_msg(any || !speaks, "%s of another", this->happened);
    }
}
END_TEST

// How many detectors there are.
static int count_detectors(void)
{
    int count = 0;
    while (detectors[count].name != NULL)
        count++;
    return count;
}

Suite *detectors_suite(void)
{
    Suite *suite = suite_create("detectors");
    TCase *tcase = tcase_create("detectors");
    int count = count_detectors();
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, speaks_of_its_own_cases, 0, count);
    tcase_add_test(tcase, each_has_a_name_of_its_own);
    tcase_add_test(tcase, knows_all_names);
    tcase_add_loop_test(tcase, speaks_of_its_own_protocol_only, 0, count);
    suite_add_tcase(suite, tcase);
    return suite;
}
