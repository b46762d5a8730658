// Expectations about the bytes that peers get, and about their connections:
// when each holds, and the lines with which it fails. Program and peers were
// made by hand, but where somebody waits in vain.

#include "explain/hand_trace.h"
#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"
#include "words/checked.h"
#include "words/expect.h"

#include <errno.h>
#include <string.h>

// A client that has sent 1000 bytes, and got so many back.
static struct peer *gets_back(size_t size)
{
    hand_begin();
    struct peer *peer = hand_server();
    hand_sends(peer, 1000);
    hand_gets(peer, size);
    return peer;
}

static void echoes(void)
{
    expect_echo(gets_back(1000));
}

static void echoes_another_byte(void)
{
    struct peer *peer = gets_back(1000);
    peer->in.at[999]++;
    expect_echo(peer);
}

static void echoes_too_much(void)
{
    expect_echo(gets_back(1003));
}

static void echoes_a_part(void)
{
    struct peer *peer = gets_back(400);
    peer->saw_end = true;
    expect_echo(peer);
}

static void echoes_a_part_and_resets(void)
{
    struct peer *peer = gets_back(400);
    peer->saw_error = ECONNRESET;
    expect_echo(peer);
}

// Nobody will ever send the rest.
static void echoes_a_part_and_waits(void)
{
    expect_echo(gets_back(400));
}

static void echoes_another_part_and_ends(void)
{
    struct peer *peer = gets_back(400);
    peer->in.at[0]++;
    peer->saw_end = true;
    expect_echo(peer);
}

static void finishes(void)
{
    struct peer *peer = gets_back(1000);
    peer->saw_end = true;
    expect_end_of_stream(peer);
}

static void finishes_with_more(void)
{
    struct peer *peer = gets_back(1001);
    peer->saw_end = true;
    expect_end_of_stream(peer);
}

static void resets_at_the_end(void)
{
    struct peer *peer = gets_back(1000);
    peer->saw_error = ECONNRESET;
    expect_end_of_stream(peer);
}

static void does_not_finish(void)
{
    expect_end_of_stream(gets_back(1000));
}

// A client program that has been served, and ends or not.
static struct peer *sends(const char *bytes, bool ends)
{
    hand_begin();
    struct peer *peer = hand_client();
    hand_gets(peer, strlen(bytes));
    peer->allowance = strlen(bytes);
    memcpy(peer->in.at, bytes, strlen(bytes));
    if (ends)
        hand_ends(HAND_EXIT(0));
    return peer;
}

static void connects(void)
{
    struct peer *peer = sends("", false);
    expect_connection(&hand.program, peer);
}

static void does_not_connect(void)
{
    struct peer *peer = sends("", true);
    peer->connected = false;
    expect_connection(&hand.program, peer);
}

static void sends_some(void)
{
    struct peer *peer = sends("abc", false);
    expect_some(&hand.program, peer, 3);
    expect_some(&hand.program, peer, 2);
}

static void sends_less(void)
{
    struct peer *peer = sends("abc", true);
    expect_some(&hand.program, peer, 4);
}

static void sends_only_that(void)
{
    struct peer *peer = sends("abc", false);
    expect_only_from(&hand.program, peer, "abc", 3);
    expect_only_from(&hand.program, peer, "abcd", 4);
    expect_received(&hand.program, peer, "abc", 3);
    peer = sends("", true);
    expect_only_from(&hand.program, peer, "abc", 3);
}

static void sends_more_than_that(void)
{
    struct peer *peer = sends("abcd", false);
    expect_only_from(&hand.program, peer, "abc", 3);
}

static void sends_something_else(void)
{
    struct peer *peer = sends("abx", false);
    expect_received(&hand.program, peer, "abc", 3);
}

static void sends_a_part_of_it(void)
{
    struct peer *peer = sends("ab", true);
    expect_received(&hand.program, peer, "abc", 3);
}

static void sends_a_part_and_waits(void)
{
    struct peer *peer = sends("ab", false);
    expect_received(&hand.program, peer, "abc", 3);
}

static void closes(void)
{
    struct peer *peer = sends("abc", false);
    peer->saw_end = true;
    expect_end_from(&hand.program, peer);
    expect_connection_gone(&hand.program, peer);
}

static void is_lost(void)
{
    struct peer *peer = sends("abc", false);
    peer->saw_error = ECONNRESET;
    expect_connection_gone(&hand.program, peer);
    peer = sends("abc", false);
    peer->closed = true;
    expect_connection_gone(&hand.program, peer);
}

static void is_lost_at_the_end(void)
{
    struct peer *peer = sends("abc", false);
    peer->saw_error = ECONNRESET;
    expect_end_from(&hand.program, peer);
}

static void stays_open(void)
{
    struct peer *peer = sends("abc", false);
    expect_end_from(&hand.program, peer);
}

static void stays_open_though_lost(void)
{
    struct peer *peer = sends("abc", false);
    expect_connection_gone(&hand.program, peer);
}

static void opens(unsigned accepted)
{
    sends("", false);
    struct peer server = {.accepted = accepted};
    expect_accepted(&hand.program, &server, 3);
}

static void opens_three(void)
{
    opens(3);
}

static void opens_two(void)
{
    opens(2);
}

static void opens_four(void)
{
    opens(4);
}

#define BACK "1000 bytes back"
#define SENT "the 1000 bytes back that were sent"
#define END "end of stream, once all was echoed"

static const struct outcome_of outcomes[] = {
    {echoes, NULL, NULL},
    {echoes_another_byte, SENT, "other bytes (1000 so far)"},
    {echoes_too_much, SENT, "3 bytes more than that"},
    {echoes_another_part_and_ends, SENT, "other bytes (400 so far)"},
    {echoes_a_part, BACK,
     "400 bytes, then end of stream: your program still runs"},
    {echoes_a_part_and_resets, BACK,
     "400 bytes, then Connection reset by peer: your program still runs"},
    {echoes_a_part_and_waits, BACK,
     "400 bytes, then nothing: your program waits"},
    {finishes, NULL, NULL},
    {finishes_with_more, SENT, "1 bytes more than that"},
    {resets_at_the_end, END,
     "Connection reset by peer: your program still runs"},
    {does_not_finish, END, "nothing: your program waits"},
    {connects, NULL, NULL},
    {does_not_connect, "a connection to 127.0.0.1:40000",
     "none: your program ended: exit status 0"},
    {sends_some, NULL, NULL},
    {sends_less, "at least 4 bytes", "3: your program ended: exit status 0"},
    {sends_only_that, NULL, NULL},
    {sends_more_than_that, "3 bytes from your program, its message",
     "other bytes (4): your program still runs"},
    {sends_something_else, "3 bytes from your program, its message",
     "other bytes (3): your program still runs"},
    {sends_a_part_of_it, "3 bytes from your program",
     "2 bytes: your program ended: exit status 0"},
    {sends_a_part_and_waits, "3 bytes from your program",
     "2 bytes: your program waits"},
    {closes, NULL, NULL},
    {is_lost, NULL, NULL},
    {is_lost_at_the_end, "the connection closed, once all has come back",
     "Connection reset by peer: your program still runs"},
    {stays_open, "the connection closed, once all has come back",
     "an open one: your program waits"},
    {stays_open_though_lost, "a failed connection closed",
     "an open one: your program waits"},
    {opens_three, NULL, NULL},
    {opens_two, "3 connections", "2: your program still runs"},
    {opens_four, "3 connections", "4: your program still runs"},
};

START_TEST(comes_to_that)
{
    expect_outcome(&outcomes[_i]);
}
END_TEST

START_TEST(says_what_it_waits_for)
{
    const struct verdict *verdict =
        expect_failed(echoes_a_part_and_waits, BACK,
                      "400 bytes, then nothing: your program waits");
    expect_part(verdict->timeline, "waits for 600 B");
    verdict =
        expect_failed(echoes_a_part, BACK,
                      "400 bytes, then end of stream: your program still runs");
    ck_assert_ptr_null(strstr(verdict->timeline, "waits"));
    verdict =
        expect_failed(does_not_finish, END, "nothing: your program waits");
    expect_part(verdict->timeline, "waits for end of stre");
    verdict =
        expect_failed(echoes_another_byte, SENT, "other bytes (1000 so far)");
    expect_part(verdict->difference, "byte 999 is the first that differs");
}
END_TEST

Suite *expect_bytes_suite(void)
{
    Suite *suite = suite_create("expect_bytes");
    TCase *tcase = tcase_create("expect_bytes");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, comes_to_that, 0,
                        sizeof outcomes / sizeof *outcomes);
    tcase_add_test(tcase, says_what_it_waits_for);
    suite_add_tcase(suite, tcase);
    return suite;
}
