// Cases of the detectors for who asks once more: a server whether a next
// request has come, a client for SO_ERROR.

#include "hand_cases.h"

#include "stage/peer.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// A server answers a request of 100 bytes, and looks for a next one: by a call
// for this many bytes, with these flags. Of the 50 that come it receives the
// rest, waits for more, and gets none.
static void answers_and_looks(uint64_t asked, unsigned flags)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 150);
    hand.failure.wait = WAIT_HANGS;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_sendto, 4, 90, 90);
    struct call *looks = hand_call(SYS_recvfrom, 4, asked, (int64_t)asked);
    looks->args[3] = flags;
    looks->only_looks = flags == MSG_PEEK;
    hand_call(SYS_recvfrom, 4, 4096,
              flags == MSG_PEEK ? 50 : 50 - (int64_t)asked);
    hand_waits(HAND_SET(4), 0);
    hand_gets(peer, 90);
}

static void looks_and_takes(void)
{
    answers_and_looks(1, 0);
}

static void looks_and_leaves(void)
{
    answers_and_looks(1, MSG_PEEK);
}

static void takes_two_bytes(void)
{
    answers_and_looks(2, 0);
}

// By one byte it reads all lengths.
static void reads_by_one_byte(void)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 150);
    hand.failure.wait = WAIT_HANGS;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 1, 1);
    hand_call(SYS_recvfrom, 4, 99, 99);
    hand_call(SYS_sendto, 4, 90, 90);
    hand_call(SYS_recvfrom, 4, 1, 1);
    hand_call(SYS_recvfrom, 4, 49, 49);
    hand_waits(HAND_SET(4), 0);
}

// A client sends its request, waits for the response, and asks for an option.
// The server has sent 200 bytes; the client receives that much, and ends.
static void asks_an_option(int option, int64_t received)
{
    struct peer *peer = hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 200);
    hand_call(SYS_getsockopt, 4, 0, 0)->args[2] = SO_ERROR;
    hand_call(SYS_sendto, 4, 100, 100);
    hand_call(SYS_getsockopt, 4, 0, 0)->args[2] = (uint64_t)option;
    if (received > 0)
        hand_call(SYS_recvfrom, 4, 4096, received);
    hand_ends(HAND_EXIT(1));
}

static void asks_again_and_gives_up(void)
{
    asks_an_option(SO_ERROR, 0);
}

static void asks_for_a_buffer(void)
{
    asks_an_option(SO_RCVBUF, 0);
}

static void asks_again_and_receives(void)
{
    asks_an_option(SO_ERROR, 100);
}

static void goes_on_without_a_way(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -ENETUNREACH);
    hand_call(SYS_getsockopt, 4, 0, 0)->args[2] = SO_ERROR;
    hand_call(SYS_sendto, 4, 5, -EPIPE);
}

static void library_asks_a_path(void)
{
    hand_client();
    hand_call(SYS_connect, 5, 110, -ENOENT)->local = true;
    hand_call(SYS_sendto, 5, 5, -EPIPE);
}

// Makes all that a peer sends a request of SIZE bytes with a content-length of
// five digits; its header ends at byte 27.
static void asks(struct peer *peer, int content_length, size_t size)
{
    char text[32];
    hand_sends(peer, size);
    snprintf(text, sizeof text, "%c%c{\"content-length\": %05d}", 0, 25,
             content_length);
    memcpy(peer->out.at, text, 27);
}

// A client's request of that content-length; so many bytes have come.
static struct peer *is_asked(int content_length, int64_t received)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    asks(peer, content_length, (size_t)content_length + 27);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 99999, received);
    return peer;
}

static void closes(struct peer *peer)
{
    peer->saw_end = true;
    hand_call(SYS_close, 4, 0, 0);
}

static void keeps_a_length_in_16_bits(void)
{
    closes(is_asked(70000, 30000));
}

static void goes_by_half_a_header(void)
{
    closes(is_asked(70000, 9));
}

static void waits_by_another_header(void)
{
    is_asked(100, 127);
    asks(hand_peer(), 200, 60);
    hand_waits(HAND_SET(4), 0);
    hand.failure.wait = WAIT_HANGS;
}

static void closes_behind_a_look(void)
{
    struct peer *peer = is_asked(100, 50);
    hand_call(SYS_recvfrom, 4, 1, -EAGAIN)->only_looks = true;
    closes(peer);
}

const struct hand_case next_cases[] = {
    SPEAKS(keeps_a_length_in_16_bits, "message_refused",
           "29973 of 70000 bytes of its content had come. (In 16 bits that "
           "length would be 4464"),
    SPEAKS(goes_by_half_a_header, "message_refused",
           "9 bytes of it had come, and the length and the header alone are "
           "27."),
    SPEAKS(waits_by_another_header, "message_waited_for",
           "That request was there in whole: 100 of 100 bytes of its content "
           "had come. (With the content-length of client 2's request, 200, "
           "more would be missing"),
    SILENT(closes_behind_a_look, "fatal_answer", "message_refused",
           "23 of 100 bytes of its content had come"),
    SPEAKS(looks_and_takes, "look_that_takes",
           "recv() took one byte of what stands behind the request that had "
           "been answered, and recv() brought the 49 that follow it."),
    SILENT(looks_and_leaves, "look_that_takes", "message_waited_for",
           "has received 150 of the 150"),
    SILENT(takes_two_bytes, "look_that_takes", "message_waited_for",
           "has received 150 of the 150"),
    SILENT(reads_by_one_byte, "look_that_takes", "message_waited_for",
           "has received 150 of the 150"),
    SPEAKS(
        asks_again_and_gives_up, "asked_again",
        "getsockopt() asked for SO_ERROR again, long after the attempt to "
        "connect had ended well, and nothing was received after that, though "
        "the server had sent 200 bytes."),
    SILENT(asks_for_a_buffer, "asked_again", "last_call", "exit status 1"),
    SILENT(asks_again_and_receives, "asked_again", "message_left",
           "which makes 100 of the 200"),
    SILENT(goes_on_without_a_way, "outcome_missed", "error_ignored",
           "connect() failed with ENETUNREACH"),
    SILENT(library_asks_a_path, "error_ignored", "last_call", "send("),
    {.happened = NULL},
};
