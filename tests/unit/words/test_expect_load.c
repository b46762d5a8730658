// Expectations about what a program takes, and whom it serves when.

#include "explain/hand_trace.h"
#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"
#include "words/checked.h"
#include "words/expect.h"

#include <sys/syscall.h>
#include <unistd.h>

static void rests(void)
{
    struct program *program = start_ready("blocks", NULL);
    expect_quiet(program);
    expect_idle(program);
}

static void has_ended_instead(void)
{
    hand_begin();
    hand_ends(HAND_EXIT(4));
    expect_idle(&hand.program);
}

static void keeps(size_t bytes, size_t limit)
{
    hand_begin();
    struct peer *peer = hand_server();
    hand_connects(peer);
    peer->sent = bytes;
    expect_backlog(peer, limit);
}

static void keeps_as_much_as_it_may(void)
{
    keeps(5000, 5000);
}

static void keeps_too_much(void)
{
    keeps(5000, 4999);
}

// It has the three that every program has.
static void has_fewer_open(int before, int fewer)
{
    const struct level level = {.descriptors = before};
    expect_fewer_open(start_ready("grows", NULL), &level, fewer);
}

static void has_given_all_back(void)
{
    has_fewer_open(10, 7);
}

static void has_kept_one(void)
{
    has_fewer_open(10, 8);
}

static void has_no_more_than(size_t bytes)
{
    struct program *program = start_ready("grows", NULL);
    struct level before = level_of(program);
    before.memory -= KIB(64);
    expect_no_growth(program, &before, bytes, "It keeps something.");
}

static void has_grown_a_little(void)
{
    has_no_more_than(KIB(256));
}

static void has_grown_too_much(void)
{
    has_no_more_than(KIB(16));
}

// A server receives so much from its second client, in two pieces, between
// which it may ask who is ready; then once from its first, of which it had
// heard before, and perhaps asks before that.
static void receives_before(int64_t bytes, pid_t tid, bool asks_between,
                            bool asks_behind)
{
    hand_begin();
    struct peer *one = hand_server(), *another = hand_peer();
    hand_sends(another, 1000);
    hand_call(SYS_recvfrom, 5, 4096, bytes / 2);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    if (asks_between)
        hand_call(SYS_epoll_pwait, 6, 0, 2);
    hand_call(SYS_recvfrom, 5, 4096, bytes - bytes / 2)->tid = tid;
    if (asks_behind)
        hand_call(SYS_epoll_pwait, 6, 0, 1);
    hand_call(SYS_recvfrom, 4, 4096, 7);
    expect_turns(&hand.program, one, another);
}

static void takes_turns(void)
{
    receives_before(999, getpid(), false, false);
}

static void stays_with_one(void)
{
    receives_before(1000, getpid(), false, false);
}

static void has_a_large_buffer(void)
{
    receives_before(1000, getpid(), true, false);
}

static void serves_the_first_alone(void)
{
    receives_before(1000, getpid(), true, true);
}

static void has_a_thread_for_each(void)
{
    receives_before(1000, getppid(), false, false);
}

static const struct outcome_of outcomes[] = {
    {rests, NULL, NULL},
    {has_ended_instead, "your program to wait for the other side",
     "your program ended: exit status 4"},
    {keeps_as_much_as_it_may, NULL, NULL},
    {keeps_too_much, "at most 4999 bytes kept for a client that does not read",
     "5000 bytes: your program still runs"},
    {has_given_all_back, NULL, NULL},
    {has_kept_one, "at most 2 open descriptors, now that connections are done",
     "3: your program still runs"},
    {has_grown_a_little, NULL, NULL},
    {takes_turns, NULL, NULL},
    {stays_with_one, "each client in its turn",
     "1000 bytes received from another client, before one that was ready: your "
     "program still runs"},
    {has_a_large_buffer, NULL, NULL},
    {serves_the_first_alone, "each client in its turn",
     "1000 bytes received from another client, before one that was ready: your "
     "program still runs"},
    {has_a_thread_for_each, NULL, NULL},
};

START_TEST(comes_to_that)
{
    expect_outcome(&outcomes[_i]);
}
END_TEST

// How much that is, is of no two runs the same.
START_TEST(tells_who_has_grown)
{
    const struct verdict *verdict = checked(has_grown_too_much, false);
    ck_assert_int_eq(verdict->outcome, FAILED);
    ck_assert_str_eq(verdict->explanation.text, "It keeps something.");
}
END_TEST

static void is_quiet(void)
{
    expect_quiet(start_ready("asks", "0"));
}

static void is_idle(void)
{
    expect_idle(start_ready("asks", "0"));
}

// Untraced, it would take long to be sure.
START_TEST(knows_who_never_rests)
{
    const struct verdict *verdict = checked(is_quiet, true);
    ck_assert_str_eq(verdict->expected,
                     "your program to wait for the other side");
    ck_assert_str_eq(verdict->got, "it does not: your program spins");
    verdict = checked(is_idle, true);
    ck_assert_str_eq(verdict->expected,
                     "no processor time while there is nothing to do");
    ck_assert_str_eq(verdict->got, "it never rests: your program spins");
}
END_TEST

Suite *expect_load_suite(void)
{
    Suite *suite = suite_create("expect_load");
    TCase *tcase = tcase_create("expect_load");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, comes_to_that, 0,
                        sizeof outcomes / sizeof *outcomes);
    if (traced_end() > 1)
        tcase_add_test(tcase, knows_who_never_rests);
    tcase_add_test(tcase, tells_who_has_grown);
    suite_add_tcase(suite, tcase);
    return suite;
}
