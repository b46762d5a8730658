// Cases of the detectors for counted bytes, and for servers that serve one
// client after another.

#include "hand_cases.h"

#include "unit.h"

#include <sys/syscall.h>

static void brings_three_of_eight(void)
{
    hand_speaks(PROTOCOL_COUNTS);
    hand_server();
    hand_call(SYS_recvfrom, 4, 8, 3);
}

static void goes_on_with_what_came(void)
{
    brings_three_of_eight();
    hand_call(SYS_sendto, 4, 16, 16);
}

static void asks_for_the_rest(void)
{
    brings_three_of_eight();
    hand_call(SYS_recvfrom, 4, 5, 5);
    hand_call(SYS_sendto, 4, 16, 16);
}

static void asks_for_more_than_a_count(void)
{
    hand_speaks(PROTOCOL_COUNTS);
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 8);
    hand_call(SYS_sendto, 4, 16, 16);
}

// It waits for another client, and this one has not had all.
static void leaves_one_for_the_next(void)
{
    brings_three_of_eight();
    hand_call(SYS_recvfrom, 4, 5, 0);
    hand_call(SYS_close, 4, 0, 0);
    hand_speaks(PROTOCOL_COUNTS | PROTOCOL_IN_TURN);
    hand.failure.wait = WAIT_HANGS;
    hand_peer();
    hand_blocks(SYS_accept, 3, 0);
}

const struct hand_case counts_cases[] = {
    SPEAKS(goes_on_with_what_came, "short_receive",
           "brought 3 of the 8 bytes it was asked for"),
    SILENT(asks_for_the_rest, "short_receive", "last_call", "send(4, 16) = 16"),
    SILENT(asks_for_more_than_a_count, "short_receive", "last_call",
           "send(4, 16) = 16"),
    SILENT(leaves_one_for_the_next, "blocked_by_one", "blocked",
           "It waits for the next client, and the one that was here"),
    {.happened = NULL},
};
