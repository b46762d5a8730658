// What an explanation is, whatever a program said: text that fits, and that no
// terminal acts on; and the name of who spoke.

#include "explain/detectors.h"
#include "hand_cases.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

START_TEST(escapes_what_a_terminal_acts_on)
{
    hand_begin();
    hand_complains("\033[2J\r\x9b\x7f caf\xc3\xa9: Function not implemented\n");
    const struct explanation *explanation = hand_explain();
    ck_assert_str_eq(explanation->detector, "open_todo");
    expect_part(explanation->text,
                "says \"\\x1b[2J\\x0d\\x9b\\x7f caf\xc3\xa9: Function");
}
END_TEST

START_TEST(keeps_the_lines_of_a_tool)
{
    hand_begin();
    hand_complains("==7==ERROR: AddressSanitizer: SEGV\n    #0 \033 in f\n");
    expect_part(hand_explain()->text, "\n    ==7==ERROR: AddressSanitizer: SEGV"
                                      "\n        #0 \\x1b in f\n");
}
END_TEST

// Text of so many bytes, of which each is C; the caller frees it.
static char *long_text(size_t size, char c)
{
    char *text = malloc(size + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, c, size);
    text[size] = '\0';
    return text;
}

START_TEST(cuts_what_does_not_fit)
{
    static struct {
        struct explanation explanation;
        char behind[16];
    } place;
    static const size_t sizes[] = {EXPLANATION_SIZE - 1, EXPLANATION_SIZE,
                                   3 * EXPLANATION_SIZE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hand_begin();
        char *means = long_text(sizes[i], 'm');
        hand.failure.means = means;
        memset(&place, 'x', sizeof place);
        diagnosis_make(&hand.failure, &place.explanation);
        ck_assert_str_eq(place.explanation.detector, "meaning");
        ck_assert_uint_eq(strlen(place.explanation.text), EXPLANATION_SIZE - 1);
        ck_assert_mem_eq(place.explanation.text, means, EXPLANATION_SIZE - 1);
        ck_assert_mem_eq(place.behind, "xxxxxxxxxxxxxxxx", 16);
        free(means);
    }
}
END_TEST

// What is escaped takes more room than it had.
START_TEST(cuts_what_does_not_fit_once_it_is_safe)
{
    hand_begin();
    char *means = long_text(EXPLANATION_SIZE / 2, '\a');
    hand.failure.means = means;
    const struct explanation *explanation = hand_explain();
    ck_assert_uint_eq(strlen(explanation->text), EXPLANATION_SIZE - 1);
    ck_assert_int_eq(count_parts(explanation->text, "\\x07"),
                     (EXPLANATION_SIZE - 1) / 4);
    free(means);
}
END_TEST

// Nobody is asked: nothing is left of what was said before.
START_TEST(says_nothing_if_nobody_speaks)
{
    hand_begin();
    hand_speaks((enum protocol)0);
    struct explanation explanation;
    memset(&explanation, 'x', sizeof explanation);
    diagnosis_make(&hand.failure, &explanation);
    ck_assert_str_eq(explanation.detector, "");
    ck_assert_str_eq(explanation.text, "");
}
END_TEST

START_TEST(asks_until_one_speaks)
{
    hand_begin();
    hand_client();
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    ck_assert_str_eq(hand_explain()->detector, "last_call");
    hand_ends(HAND_EXIT(1));
    const struct explanation *explanation = hand_explain();
    ck_assert_str_eq(explanation->detector, "status");
    // One of them alone.
    ck_assert_int_eq(count_parts(explanation->text, "recv()"), 1);
    ck_assert_int_eq(count_parts(explanation->text, "The last"), 0);
}
END_TEST

// Where no program is to blame, and no peer was there.
START_TEST(needs_neither_program_nor_peer)
{
    hand_begin();
    hand.failure.program = NULL;
    ck_assert_str_eq(hand_explain()->text,
                     "Your program made no socket call at all.");
    hand.failure.wait = WAIT_HANGS;
    ck_assert_str_eq(hand_explain()->detector, "last_call");
}
END_TEST

// Whatever else has happened, and whoever is asked.
START_TEST(needs_no_program_for_any_case)
{
    const struct hand_case *this;
    for (int i = 0; (this = hand_case_at(i)) != NULL; i++) {
        hand_begin_case(this);
        hand.failure.program = NULL;
        hand_speaks_alone(this->detector);
        ck_assert_str_ne(hand_explain()->text, "");
    }
}
END_TEST

// A failure that is about no peer is seen beside the one that is there.
START_TEST(takes_the_peer_that_is_there)
{
    hand_begin();
    hand_gets(hand_client(), 1000);
    hand.failure.peer = NULL;
    hand_call(SYS_recvfrom, 4, 4096, 400);
    hand_ends(HAND_EXIT(0));
    ck_assert_str_eq(hand_explain()->detector, "reply_left");
}
END_TEST

static void expect_awaited(enum awaited awaits, const char *words)
{
    char text[AWAITED_SIZE];
    const struct failure failure = {.awaits = awaits, .missing_bytes = 4711};
    const char *said = failure_awaits(&failure, text);
    ck_assert_pstr_eq(said, words);
    ck_assert(said == NULL || said == text);
}

START_TEST(says_what_was_waited_for)
{
    expect_awaited(AWAITS_NOTHING, NULL);
    expect_awaited(AWAITS_ANNOUNCEMENT, "its announcement");
    expect_awaited(AWAITS_PROGRAM_END, "your program's end");
    expect_awaited(AWAITS_CONNECTION, "a connection");
    expect_awaited(AWAITS_SOME_BYTES, "4711 B");
    expect_awaited(AWAITS_MESSAGE, "a message");
    expect_awaited(AWAITS_ITS_MESSAGE, "the message");
    expect_awaited(AWAITS_STREAM_END, "end of stream");
    expect_awaited(AWAITS_CLOSE, "the close");
    expect_awaited(AWAITS_CONNECTION_END, "the end of the connection");
}
END_TEST

Suite *diagnosis_suite(void)
{
    Suite *suite = suite_create("diagnosis");
    TCase *tcase = tcase_create("diagnosis");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, escapes_what_a_terminal_acts_on);
    tcase_add_test(tcase, keeps_the_lines_of_a_tool);
    tcase_add_test(tcase, cuts_what_does_not_fit);
    tcase_add_test(tcase, cuts_what_does_not_fit_once_it_is_safe);
    tcase_add_test(tcase, says_nothing_if_nobody_speaks);
    tcase_add_test(tcase, asks_until_one_speaks);
    tcase_add_test(tcase, needs_neither_program_nor_peer);
    tcase_add_test(tcase, needs_no_program_for_any_case);
    tcase_add_test(tcase, takes_the_peer_that_is_there);
    tcase_add_test(tcase, says_what_was_waited_for);
    suite_add_tcase(suite, tcase);
    return suite;
}
