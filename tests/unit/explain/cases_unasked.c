// Cases of the detectors for what was never asked of a socket, and for what was
// asked for again.

#include "hand_cases.h"

#include "stage/peer.h"
#include "unit.h"

#include <errno.h>
#include <sys/syscall.h>

// The peer has sent a thousand bytes, and 400 of them were received.
static struct peer *receives_some(void)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 1000);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 400);
    hand_call(SYS_sendto, 4, 400, 400);
    return peer;
}

static void finds_more_and_closes(void)
{
    receives_some();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void finds_nothing_and_closes(void)
{
    receives_some();
    hand_selects(1, 0, HAND_SET(4));
    hand_call(SYS_close, 4, 0, 0);
}

static void looks_and_closes(void)
{
    receives_some();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_call(SYS_close, 4, 0, 0);
}

static void has_all_and_closes(void)
{
    struct peer *peer = receives_some();
    hand_call(SYS_recvfrom, 4, 4096, 600);
    hand_call(SYS_sendto, 4, 600, 600);
    peer->finished = true;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void finds_a_reset_and_closes(void)
{
    struct peer *peer = receives_some();
    hand_call(SYS_recvfrom, 4, 4096, 600);
    hand_call(SYS_sendto, 4, 600, 600);
    peer->closed = true;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void receives_into_a_literal(void)
{
    hand_client();
    hand_call(SYS_recvfrom, 4, 12, -EFAULT);
}

static void sends_from_nowhere(void)
{
    hand_client();
    hand_call(SYS_sendto, 4, 12, -EFAULT);
}

static void writes_a_bad_buffer_elsewhere(void)
{
    hand_client();
    hand_call(SYS_sendto, 4, 12, 12);
    hand_call(SYS_connect, 4, 16, -EFAULT);
}

// Of a thousand bytes 400 have come; a signal interrupts the call for the rest.
static struct call *is_interrupted_and_asks(uint64_t asked)
{
    hand_client();
    hand_call(SYS_recvfrom, 4, 1000, 400)->args[1] = 5000;
    hand_call(SYS_recvfrom, 4, 600, -EINTR)->args[1] = 5400;
    return hand_call(SYS_recvfrom, 4, asked, 600);
}

static void asks_for_all_again(void)
{
    is_interrupted_and_asks(1000)->args[1] = 5000;
}

static void asks_for_the_rest_again(void)
{
    is_interrupted_and_asks(600)->args[1] = 5400;
}

static void asks_for_something_else(void)
{
    is_interrupted_and_asks(1000)->args[1] = 9000;
}

static void never_asks_how_it_went(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_selects(1, 0, HAND_SET(4));
    hand_call(SYS_close, 4, 0, 0);
    hand_ends(HAND_EXIT(0));
}

static void asks_by_sending(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_selects(1, 0, HAND_SET(4));
    hand_call(SYS_sendto, 4, 10, 10);
    hand_ends(HAND_EXIT(0));
}

// accept() fails so often, where it should be reported.
static void accepts_in_vain(int times)
{
    hand_server();
    for (int i = 0; i < times; i++)
        hand_call(SYS_accept, 3, 0, -EMFILE);
    hand.failure.wait = WAIT_HANGS;
    hand.failure.awaits = AWAITS_PROGRAM_END;
}

static void tries_for_ever(void)
{
    accepts_in_vain(3);
}

static void tries_twice(void)
{
    accepts_in_vain(2);
}

const struct hand_case unasked_cases[] = {
    SPEAKS(tries_for_ever, "never_gives_up",
           "failed with EMFILE, and your program tried again, and again."),
    SILENT(tries_twice, "never_gives_up", "blocked", "should have ended"),
    SPEAKS(finds_more_and_closes, "closed_unasked",
           "found descriptor 4 ready to be read, and your program closed it"),
    SILENT(finds_nothing_and_closes, "closed_unasked", "last_call", "close(4)"),
    SILENT(looks_and_closes, "closed_unasked", "last_call", "close(4)"),
    SILENT(has_all_and_closes, "closed_unasked", "last_call", "close(4)"),
    SPEAKS(finds_a_reset_and_closes, "closed_unasked", "that all was received"),
    SPEAKS(receives_into_a_literal, "bad_buffer",
           "no memory of your program, or none that may be written, or less"),
    SPEAKS(sends_from_nowhere, "bad_buffer",
           "no memory of your program, or less of it than"),
    SILENT(writes_a_bad_buffer_elsewhere, "bad_buffer", "last_call", "EFAULT"),
    SPEAKS(asks_for_all_again, "receive_restarted",
           "the 400 that had come are forgotten"),
    SILENT(asks_for_the_rest_again, "receive_restarted", "last_call",
           "recv(4, 600) = 600"),
    SILENT(asks_for_something_else, "receive_restarted", "last_call",
           "recv(4, 1000) = 600"),
    SPEAKS(never_asks_how_it_went, "outcome_missed",
           "ended without having asked how that went"),
    SILENT(asks_by_sending, "outcome_missed", "last_call", "send(4, 10)"),
    {.happened = NULL},
};
