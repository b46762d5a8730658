// Cases of the detectors for counted bytes, for buffers that are filled once,
// and for servers that serve one client after another.

#include "hand_cases.h"

#include "stage/peer.h"
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

// Of a longer stream, this much has been echoed.
static void fills(uint64_t room, uint64_t first, uint64_t second)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 400000);
    hand_gets(peer, first + second);
    hand_call(SYS_recvfrom, 4, room, (int64_t)first);
    hand_call(SYS_sendto, 4, first, (int64_t)first);
    hand_call(SYS_recvfrom, 4, room - first, (int64_t)second);
    hand_call(SYS_sendto, 4, second, (int64_t)second);
}

static void fills_its_buffer(void)
{
    fills(200000, 65483, 200000 - 65483);
    hand_complains("full\n");
    hand_ends(HAND_EXIT(1));
}

static void leaves_room(void)
{
    fills(200000, 65483, 200000 - 65483 - 1);
    hand_ends(HAND_EXIT(1));
}

static void waits_to_send_what_it_has(void)
{
    fills(200000, 65483, 200000 - 65483);
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_sendto, 4, 10);
}

static void sends_a_power_of_two(void)
{
    enum { SENT = 128 * 1024, LAST = 72 };
    struct peer *peer = hand_server();
    hand_sends(peer, 400000);
    hand_call(SYS_recvfrom, 4, 100000, 100000);
    hand_call(SYS_sendto, 4, 100000, 100000);
    hand_call(SYS_recvfrom, 4, 100000, SENT - 100000 + LAST);
    hand_call(SYS_sendto, 4, SENT - 100000, SENT - 100000);
    hand_gets(peer, SENT);
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 100000);
}

const struct hand_case counts_cases[] = {
    SPEAKS(goes_on_with_what_came, "short_receive",
           "brought 3 of the 8 bytes it was asked for"),
    SILENT(asks_for_the_rest, "short_receive", "last_call", "send(4, 16) = 16"),
    SILENT(asks_for_more_than_a_count, "short_receive", "last_call",
           "send(4, 16) = 16"),
    SILENT(leaves_one_for_the_next, "blocked_by_one", "blocked",
           "It waits for the next client, and the one that was here"),
    SPEAKS(fills_its_buffer, "buffer_filled",
           "sent back 200000 bytes of this stream, and then no more"),
    SPEAKS(sends_a_power_of_two, "buffer_filled",
           "as if a buffer of that size were full"),
    SILENT(leaves_room, "buffer_filled", "last_call", "exit status 1"),
    SILENT(waits_to_send_what_it_has, "buffer_filled", "blocked",
           "blocked in send()"),
    {.happened = NULL},
};
