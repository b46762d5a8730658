// Expectations about how a program ends: when each holds, and the lines with
// which it fails.

#include "explain/hand_trace.h"
#include "stage/stage.h"
#include "unit.h"
#include "words/checked.h"
#include "words/expect.h"
#include "words/expect_fail.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

// A program that was made by hand, and has ended like that.
static struct program *ends(int status, const char *complaint)
{
    hand_begin();
    stage_current()->traced = false;
    hand_complains(complaint);
    hand_ends(status);
    return &hand.program;
}

static void ends_as_it_should(void)
{
    expect_exit_status(ends(HAND_EXIT(3), ""), 3);
    ck_assert(ended_with(&hand.program, 3));
    ck_assert(!ended_with(&hand.program, 2));
    expect_end(&hand.program);
    expect_end(ends(SIGKILL, ""));
    ck_assert(!ended_with(&hand.program, SIGKILL));
    ck_assert(!ended_with(&hand.program, 0));
    hand.program.status = HAND_EXIT(0);
    ck_assert(ended_with(&hand.program, 0));
    hand.program.ended = false;
    ck_assert(!ended_with(&hand.program, 0));
}

static void ends_with_another_status(void)
{
    expect_exit_status(ends(HAND_EXIT(1), ""), 3);
}

static void is_killed(void)
{
    expect_exit_status(ends(SIGSEGV, ""), SIGSEGV);
}

static void does_not_end(void)
{
    expect_exit_status(start_ready("blocks", NULL), 0);
}

static void never_ends(void)
{
    expect_end(start_ready("blocks", NULL));
}

static void is_stopped_by_a_sanitizer(void)
{
    expect_exit_status(ends(HAND_EXIT(1), "x.c:1:2: runtime error: y\n"), 1);
}

static void has_a_report(void)
{
    hand_begin();
    hand_complains("==1==ERROR: AddressSanitizer: x\n");
    expect_no_sanitizer_report(&hand.program);
}

static void has_no_report(void)
{
    hand_begin();
    hand_complains("AddressSanitizer\n");
    expect_no_sanitizer_report(&hand.program);
}

static void uses_what_is_open(void)
{
    hand_begin();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_recvfrom, 4, 10, -ECONNRESET);
    expect_no_bad_descriptor(&hand.program);
}

static void probes_what_was_never_open(void)
{
    hand_begin();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_fcntl, 4, 0, -EBADF);
    hand_call(SYS_close, 9, 0, -EBADF);
    expect_no_bad_descriptor(&hand.program);
}

static void uses_what_is_closed(void)
{
    hand_begin();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_close, 4, 0, -EBADF);
    expect_no_bad_descriptor(&hand.program);
}

static void fails_as_it_should(void)
{
    expect_failure(ends(HAND_EXIT(1), ""), "It must fail.");
}

static void succeeds(void)
{
    expect_failure(ends(HAND_EXIT(0), ""), "It must fail.");
}

#define REFUSED_LINE "connect: Connection refused\n"

static void gives_its_reason(void)
{
    expect_error(ends(HAND_EXIT(1), "1 lost\n" REFUSED_LINE), 1, ECONNREFUSED);
    expect_reason(&hand.program, 1, ECONNREFUSED);
    expect_reason(ends(HAND_EXIT(1), REFUSED_LINE REFUSED_LINE), 1,
                  ECONNREFUSED);
}

static void gives_its_reason_twice(void)
{
    expect_error(ends(HAND_EXIT(1), REFUSED_LINE REFUSED_LINE), 1,
                 ECONNREFUSED);
}

static void gives_another_reason(void)
{
    expect_error(ends(HAND_EXIT(1), "connect: Success\n"), 1, ECONNREFUSED);
}

static void gives_no_reason(void)
{
    expect_reason(ends(HAND_EXIT(1), ""), 1, ECONNREFUSED);
}

static void gives_its_reason_and_succeeds(void)
{
    expect_error(ends(HAND_EXIT(0), REFUSED_LINE), 1, ECONNREFUSED);
}

// One thing, which different calls notice.
static void loses_its_connection(const char *complaint, int seen)
{
    ends(HAND_EXIT(1), complaint);
    stage_current()->traced = true;
    hand_call(SYS_sendto, 4, 10, -seen);
    expect_error(&hand.program, 1, ECONNRESET);
}

static void meets_epipe(void)
{
    loses_its_connection("send: Broken pipe\n", EPIPE);
}

static void claims_epipe(void)
{
    loses_its_connection("send: Broken pipe\n", ECONNRESET);
}

// Untraced, nobody knows which call noticed it.
static void claims_epipe_unseen(void)
{
    expect_error(ends(HAND_EXIT(1), "send: Broken pipe\n"), 1, ECONNRESET);
    expect_error(ends(HAND_EXIT(1), "Connection reset by peer\n"), 1, EPIPE);
}

static void complains(void)
{
    expect_complaint(ends(HAND_EXIT(1), "no\n"), 1);
}

static void complains_of_nothing(void)
{
    expect_complaint(ends(HAND_EXIT(1), ""), 1);
}

static void complains_as_a_skeleton(void)
{
    expect_complaint(ends(HAND_EXIT(1), "x: Function not implemented\n"), 1);
}

static void shows_its_usage(void)
{
    expect_usage_error(ends(HAND_EXIT(2), "bad port\nUsage: echo\n"));
}

static void shows_no_usage(void)
{
    expect_usage_error(ends(HAND_EXIT(2), "bad port\n"));
}

static void shows_its_usage_as_an_error(void)
{
    expect_usage_error(ends(HAND_EXIT(1), "usage: echo\n"));
}

// The waiting for a program ended like that.
static _Noreturn void waits(enum wait_result result)
{
    hand_begin();
    hand.failure.wait = result;
    expect_fail(&hand.failure, "a cat", "a %s", "dog");
}

static void spins(void)
{
    waits(WAIT_SPINS);
}

static void stalls(void)
{
    waits(WAIT_STALLED);
}

static void floods(void)
{
    waits(WAIT_FLOODED);
}

// What the program does is all that is got.
static void only_spins(void)
{
    hand_begin();
    hand.failure.wait = WAIT_SPINS;
    expect_fail(&hand.failure, "a cat", " ");
}

static void hangs_unseen(void)
{
    waits(WAIT_HANGS);
}

static void is_no_program(void)
{
    hand_begin();
    hand.failure.program = NULL;
    expect_fail(&hand.failure, "a cat", "a %s", "dog");
}

#define ONE_LINE \
    "one line on stderr that gives the reason, \"Connection refused\""
#define NO_REPORT "nothing that a sanitizer stops"

static const struct outcome_of outcomes[] = {
    {ends_as_it_should, NULL, NULL},
    {ends_with_another_status, "exit status 3",
     "your program ended: exit status 1"},
    {is_killed, "exit status 11",
     "your program ended: killed by SIGSEGV (Segmentation fault)"},
    {does_not_end, "exit status 0", "no end: your program waits"},
    {never_ends, "your program's end, with one status or another",
     "no end: your program waits"},
    {is_stopped_by_a_sanitizer, NO_REPORT, "your program ended: exit status 1"},
    {has_a_report, NO_REPORT, "your program still runs"},
    {has_no_report, NULL, NULL},
    {uses_what_is_open, NULL, NULL},
    {probes_what_was_never_open, NULL, NULL},
    {uses_what_is_closed, "no call on a descriptor that was closed before",
     "close() with EBADF: your program still runs"},
    {spins, "a cat", "a dog: your program spins"},
    {stalls, "a cat",
     "a dog: your program sleeps and wakes, but nothing moves"},
    {floods, "a cat", "a dog: your program sends and sends"},
    {only_spins, "a cat", "your program spins"},
    {hangs_unseen, "a cat", "a dog: your program waits"},
    {is_no_program, "a cat", "a dog"},
    {fails_as_it_should, NULL, NULL},
    {succeeds, "exit status 1", "your program ended: exit status 0"},
    {gives_its_reason, NULL, NULL},
    {gives_its_reason_twice, ONE_LINE,
     "\"connect: Connection refused\\nconnect: Connection refused\\n\""},
    {gives_another_reason, ONE_LINE, "\"connect: Success\\n\""},
    {gives_no_reason,
     "a line on stderr that gives the reason, \"Connection refused\"",
     "nothing"},
    {gives_its_reason_and_succeeds, "exit status 1",
     "your program ended: exit status 0"},
    {meets_epipe, NULL, NULL},
    {claims_epipe_unseen, NULL, NULL},
    {claims_epipe,
     "one line on stderr that gives the reason, \"Connection reset by peer\"",
     "\"send: Broken pipe\\n\""},
    {complains, NULL, NULL},
    {complains_of_nothing, "a line on stderr that gives the reason", "nothing"},
    {complains_as_a_skeleton, "a line on stderr that gives the reason",
     "\"x: Function not implemented\\n\""},
    {shows_its_usage, NULL, NULL},
    {shows_no_usage, "a line on stderr that shows the usage",
     "\"bad port\\n\""},
    {shows_its_usage_as_an_error, "exit status 2",
     "your program ended: exit status 1"},
};

START_TEST(comes_to_that)
{
    expect_outcome(&outcomes[_i]);
}
END_TEST

Suite *expect_program_suite(void)
{
    Suite *suite = suite_create("expect_program");
    TCase *tcase = tcase_create("expect_program");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, comes_to_that, 0,
                        sizeof outcomes / sizeof *outcomes);
    suite_add_tcase(suite, tcase);
    return suite;
}
