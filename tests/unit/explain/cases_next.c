// Cases of the detectors for who asks once more: a server whether a next
// request has come, a client for SO_ERROR.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
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

// The same with a header of SIZE bytes, most of them spaces.
static void waits_by_a_long_header(size_t size)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 2 + size);
    memset(peer->out.at, ' ', 2 + size);
    memcpy(peer->out.at + 2, "{\"content-length\": 0", 20);
    peer->out.at[0] = (unsigned char)(size >> 8);
    peer->out.at[1] = (unsigned char)size;
    peer->out.at[1 + size] = '}';
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 99999, (int64_t)(2 + size));
    hand_waits(HAND_SET(4), 0);
    hand.failure.wait = WAIT_HANGS;
}

static void waits_by_a_negative_length(void)
{
    waits_by_a_long_header(128);
}

static void waits_by_a_short_header(void)
{
    waits_by_a_long_header(127);
}

// A client has received a response with no content, and waits on.
static void waits_behind_nothing(void)
{
    struct peer *peer = hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    asks(peer, 0, 27);
    hand_call(SYS_recvfrom, 4, 99999, 27);
    hand_waits(HAND_SET(4), 0);
    hand.failure.wait = WAIT_HANGS;
}

// A client has received so much of a response of 27 bytes, and asks for more:
// none is there. It closes; what it prints is lost, and it ends with 0.
static void is_told_of_no_more(int64_t received)
{
    struct peer *peer = hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    asks(peer, 0, 27);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 27, received);
    hand_call(SYS_recvfrom, 4, 1, -EAGAIN)->only_looks = true;
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_write, 1, 20, -ENOSPC)->on_socket = false;
    hand_ends(HAND_EXIT(0));
}

static void looks_behind_its_response(void)
{
    is_told_of_no_more(27);
}

static void looks_within_its_response(void)
{
    is_told_of_no_more(26);
}

// It has all of it, and waits for a second for what may come behind.
static void waits_for_more_than_all(void)
{
    const struct event passes = {.kind = EVENT_TIME, .passed_ms = 1000};
    struct peer *peer = hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    asks(peer, 0, 27);
    hand_call(SYS_recvfrom, 4, 27, 27);
    trace_add(stage_current()->trace, &passes);
    struct call *waits = hand_selects(0, HAND_SET(4), 0);
    waits->effect = TIMED_OUT;
    waits->waited_ms = 1000;
    hand_call(SYS_close, 4, 0, 0);
    hand.failure.is_sure = true;
    hand.failure.means = "It had all.";
}

static void closes_behind_a_look(void)
{
    struct peer *peer = is_asked(100, 50);
    hand_call(SYS_recvfrom, 4, 1, -EAGAIN)->only_looks = true;
    closes(peer);
}

// It closes with bytes unread; it had looked for some before it answered the
// first request, or behind that.
static void closes_unread(bool looks_first)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    peer->saw_error = ECONNRESET;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 50);
    if (!looks_first)
        hand_call(SYS_sendto, 4, 40, 40);
    hand_call(SYS_recvfrom, 4, 1, -EAGAIN)->only_looks = true;
    if (looks_first)
        hand_call(SYS_sendto, 4, 40, 40);
    hand_call(SYS_close, 4, 0, 0);
    hand_gets(peer, 40);
    peer->taken = 40;
}

static void looks_before_its_answer(void)
{
    closes_unread(true);
}

static void looks_behind_its_answer(void)
{
    closes_unread(false);
}

// Of two connections, the second gets no socket; the first goes on.
static void gets_no_second_socket(void)
{
    hand_crowd();
    hand_call(SYS_socket, -1, 0, 4);
    hand_call(SYS_socket, -1, 0, -EMFILE);
    hand_selects(1, HAND_SET(4), 0);
    hand_ends(HAND_EXIT(0));
}

static void tells_stdout_of_no_socket(void)
{
    gets_no_second_socket();
    hand_prints("connection 2: socket: Too many open files\n");
}

static void tells_nobody_of_no_socket(void)
{
    gets_no_second_socket();
}

// All of its echo is there, and it closes a number that is not its own.
static void closes_another_number(int number)
{
    struct peer *peer = hand_crowd();
    hand_connects(peer);
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_connect, 4, 16, 0);
    hand_sends(peer, 44);
    hand_gets(peer, 44);
    hand_call(SYS_recvfrom, 4, 44, 44);
    if (number != -1)
        hand_call(SYS_close, number, 0, -EBADF);
    hand_waits(HAND_SET(4), 0);
}

static void closes_number_0(void)
{
    closes_another_number(0);
}

static void closes_no_number(void)
{
    closes_another_number(-1);
}

const struct hand_case next_cases[] = {
    SPEAKS(closes_number_0, "client_waits",
           "close() was given descriptor 0, and failed with EBADF, where 4 is "
           "its own."),
    SPEAKS(closes_no_number, "client_waits", "close() it when it is done"),
    SPEAKS(tells_stdout_of_no_socket, "error_ignored",
           "Your program said so on stdout, and went on with the others"),
    SPEAKS(tells_nobody_of_no_socket, "error_ignored",
           "and your program went on with select() as if it had not"),
    SPEAKS(looks_before_its_answer, "message_refused",
           "recv() looked for more, and that was before the response was sent"),
    SPEAKS(looks_behind_its_answer, "message_refused",
           "Look for more before you close (MSG_PEEK, FIONREAD)."),
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
    SPEAKS(waits_by_a_negative_length, "message_waited_for",
           "(Its header has 128 bytes, which the two say as 0x00 0x80. Where "
           "char has a sign"),
    SPEAKS(waits_by_a_short_header, "message_waited_for",
           "It came in one piece"),
    SPEAKS(waits_behind_nothing, "message_waited_for",
           "Its content-length is 0: with its header it is complete"),
    SILENT(looks_behind_its_response, "fatal_answer", "output_lost",
           "write() on stdout failed with ENOSPC"),
    SPEAKS(looks_within_its_response, "fatal_answer", "failed with EAGAIN"),
    SILENT(waits_for_more_than_all, "time_limit", "sure_meaning",
           "It had all."),
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
