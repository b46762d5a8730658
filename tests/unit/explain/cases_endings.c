// Cases of the detectors for how a conversation ended, where its bytes were
// right as far as they went.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// A client, for which a peer waits.
static void makes_a_socket(void)
{
    struct peer *peer = hand_client();
    peer->connected = false;
    peer->listening = true;
    hand_call(SYS_socket, -1, 0, 4);
}

static void never_connects(void)
{
    makes_a_socket();
}

static void connects(void)
{
    makes_a_socket();
    hand_call(SYS_connect, 4, 16, -ECONNREFUSED);
}

static void connects_unseen(void)
{
    makes_a_socket();
    stage_current()->traced = false;
}

static void does_not_even_make_a_socket(void)
{
    makes_a_socket();
    stage_current()->trace->count = 0;
}

// The client has sent a thousand bytes, and this much of the echo arrives.
static void receives_of_a_thousand(int64_t received)
{
    struct peer *peer = hand_client();
    hand_sends(peer, 1000);
    hand_gets(peer, 1000);
    hand_call(SYS_sendto, 4, 1000, 1000);
    hand_call(SYS_recvfrom, 4, 4096, received);
}

static void asks_for_no_more(void)
{
    receives_of_a_thousand(400);
    hand_ends(HAND_EXIT(0));
}

static void takes_a_part_for_success(void)
{
    receives_of_a_thousand(400);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_ends(HAND_EXIT(0));
}

static void calls_a_part_a_failure(void)
{
    receives_of_a_thousand(400);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_ends(HAND_EXIT(1));
}

static void receives_all(void)
{
    receives_of_a_thousand(1000);
    hand_ends(HAND_EXIT(0));
}

static void has_not_ended_yet(void)
{
    receives_of_a_thousand(400);
}

static void goes_on_without_address(void)
{
    hand_call(SYS_bind, 3, 16, -EADDRNOTAVAIL);
    hand_call(SYS_listen, 3, 1, 0);
}

static void gives_up_without_address(void)
{
    hand_call(SYS_bind, 3, 16, -EADDRNOTAVAIL);
    hand_call(SYS_close, 3, 0, 0);
}

static void tries_again_for_an_address(void)
{
    hand_call(SYS_bind, 3, 16, -EADDRNOTAVAIL);
    hand_call(SYS_bind, 3, 16, 0);
}

static void goes_on_while_it_connects(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_call(SYS_getsockopt, 4, 0, 0);
}

// A client that sends without receiving, and what has come back for it.
static void is_blocked_in_send(size_t unread)
{
    struct peer *peer = hand_client();
    int fd = hand_connects(peer);
    peer->echoes = true;
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_sendto, 4, 1 << 20);
    if (unread == 0)
        return;
    char bytes[256] = "";
    ck_assert_int_eq(send(peer->socket.fd, bytes, unread, 0), (ssize_t)unread);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&readable, 1, -1), 1);
}

static void both_wait_for_room(void)
{
    is_blocked_in_send(123);
}

static void only_one_waits_for_room(void)
{
    is_blocked_in_send(0);
}

static void the_other_is_no_echo(void)
{
    is_blocked_in_send(123);
    hand.failure.peer->echoes = false;
}

// A client sent a thousand bytes; the server has received this much of it.
static void is_left_after(int64_t received)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 1000);
    hand_gets(peer, 400);
    peer->saw_end = true;
    hand_call(SYS_recvfrom, 4, 4096, received);
    hand_call(SYS_sendto, 4, (uint64_t)received, received);
    hand_call(SYS_close, 4, 0, 0);
}

static void leaves_early(void)
{
    is_left_after(400);
}

static void leaves_by_a_reset(void)
{
    is_left_after(400);
    hand.failure.peer->saw_end = false;
    hand.failure.peer->saw_error = ECONNRESET;
}

static void leaves_in_time(void)
{
    is_left_after(1000);
}

static void has_not_left(void)
{
    is_left_after(400);
    hand.failure.peer->saw_end = false;
}

static void loop_asks_for_no_more(void)
{
    receives_of_a_thousand(400);
    hand_selects(1, HAND_SET(4), 0);
    hand_ends(HAND_EXIT(0));
}

static void gives_up_with_an_error(void)
{
    receives_of_a_thousand(400);
    hand_call(SYS_recvfrom, 4, 4096, -EIO);
    hand_ends(HAND_EXIT(1));
}

static void server_makes_a_socket(void)
{
    hand_server()->listening = true;
    hand_call(SYS_socket, -1, 0, 3);
}

// It has received five bytes, "Hello", and should print a line of them.
static void prints(const char *text)
{
    static const char line[] = "got: Hello\n";
    hand_gets(hand_client(), 5);
    hand_call(SYS_recvfrom, 4, 4096, 5);
    hand_prints(text);
    hand_differs(line, sizeof line - 1, hand.program.out.bytes,
                 hand.program.out.size);
    hand_ends(HAND_EXIT(0));
}

static void prints_nothing(void)
{
    prints("");
}

static void prints_no_label(void)
{
    prints("Hello\n");
}

static void prints_no_newline(void)
{
    prints("got: Hello");
}

static void prints_two_lines(void)
{
    prints("got:\nHello\n");
}

static void prints_line_after_line(void)
{
    prints("got: H\ngot: ello\n");
}

static void prints_an_empty_line(void)
{
    prints("got: \n");
}

static void prints_too_much(void)
{
    prints("got: Hello\nWorld");
}

static void prints_something_else(void)
{
    prints("got: Holla\n");
}

// A client has sent the first SIZE bytes of a message, which come back.
static void sends_of(const char *message, size_t all, size_t size)
{
    struct peer *peer = hand_client();
    peer->echoes = true;
    hand_sends(peer, size);
    hand_gets(peer, size);
    memcpy(peer->in.at, message, size);
    hand_differs(message, all, peer->in.at, size);
    hand_call(SYS_sendto, 4, size, (int64_t)size);
    hand_call(SYS_recvfrom, 4, 4096, (int64_t)size);
}

static void sends_a_line_of_two(void)
{
    sends_of("one\ntwo\n", 8, 4);
    hand_ends(HAND_EXIT(0));
}

static void stops_at_eof_in_a_char(void)
{
    sends_of("one\xff two", 8, 3);
    hand_ends(HAND_EXIT(0));
}

static void reads_once(void)
{
    hand_call(SYS_read, 0, 4096, 5)->on_socket = false;
    sends_of("Hello, world", 12, 5);
    hand_ends(HAND_EXIT(0));
}

static void reads_to_the_end(void)
{
    hand_call(SYS_read, 0, 4096, 5)->on_socket = false;
    hand_call(SYS_read, 0, 4096, 0)->on_socket = false;
    sends_of("Hello, world", 12, 5);
    hand_ends(HAND_EXIT(0));
}

static void sends_too_little_and_waits(void)
{
    sends_of("Hello, world", 12, 11);
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void sends_all_and_waits(void)
{
    sends_of("Hello, world", 12, 12);
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void still_sends(void)
{
    sends_of("Hello, world", 12, 5);
}

static void counts_otherwise(void)
{
    sends_of("Hello, world", 12, 5);
    hand_complains("client: too little\n");
    hand_ends(HAND_EXIT(1));
}

static void ends_with_another_status(void)
{
    static const int failure = 1;
    receives_of_a_thousand(1000);
    hand.failure.wanted_status = &failure;
    hand_ends(HAND_EXIT(3));
}

const struct hand_case endings_cases[] = {
    SPEAKS(never_connects, "no_connect", "but never calls connect()."),
    SILENT(connects, "no_connect", "last_call", "connect(4"),
    SILENT(connects_unseen, "no_connect", "last_call", "socket() = 4"),
    SILENT(does_not_even_make_a_socket, "no_connect", "last_call",
           "made no socket call at all"),
    SPEAKS(asks_for_no_more, "reply_left",
           "recv() returned 400 bytes, which makes 400 of 1000, and was not "
           "called again"),
    SPEAKS(takes_a_part_for_success, "reply_left",
           "recv() returned 0: the server has finished, but only 400 of 1000 "
           "bytes have come back. That is no success: your program ended with "
           "exit status 0."),
    SILENT(calls_a_part_a_failure, "reply_left", "last_call",
           "It ended with exit status 1."),
    SILENT(receives_all, "reply_left", "last_call", "recv(4, 4096) = 1000"),
    SILENT(has_not_ended_yet, "reply_left", "last_call", "recv(4, 4096) = 400"),
    SPEAKS(goes_on_without_address, "error_ignored",
           "bind() failed with EADDRNOTAVAIL (Cannot assign requested "
           "address), and your program went on with listen() as if"),
    SILENT(gives_up_without_address, "error_ignored", "last_call", "close(3)"),
    SILENT(tries_again_for_an_address, "error_ignored", "last_call", "bind(3)"),
    SILENT(goes_on_while_it_connects, "error_ignored", "last_call",
           "getsockopt(4, "),
    SPEAKS(both_wait_for_room, "deadlock",
           "Deadlock: your program is blocked in send(), because the server "
           "takes no more until its echo is taken; and 123 bytes of that echo "
           "lie unread"),
    SILENT(only_one_waits_for_room, "deadlock", "blocked",
           "Your program is blocked in send()"),
    SILENT(the_other_is_no_echo, "deadlock", "blocked",
           "Your program is blocked in send()"),
    SPEAKS(leaves_early, "left_early",
           "recv() returned 400 bytes, and your program did not ask for more"),
    SPEAKS(leaves_by_a_reset, "left_early",
           "(Closing with bytes unread makes the kernel send a reset"),
    SILENT(leaves_in_time, "left_early", "last_call", "close(4)"),
    SILENT(has_not_left, "left_early", "last_call", "close(4)"),
    SILENT(loop_asks_for_no_more, "reply_left", "last_call", "select(r4)"),
    SILENT(gives_up_with_an_error, "reply_left", "status",
           "recv() failed with EIO"),
    SILENT(server_makes_a_socket, "no_connect", "last_call", "socket() = 3"),
    SPEAKS(prints_nothing, "printed",
           "has received 5 bytes, and nothing has come out of its stdout"),
    SPEAKS(prints_no_label, "printed",
           "The beginning of the line is missing: \"got: \"."),
    SPEAKS(prints_no_newline, "printed", "The newline that ends the line"),
    SPEAKS(prints_two_lines, "printed",
           "a newline in the middle of the line, behind \"got:\""),
    SPEAKS(prints_line_after_line, "printed",
           "ends after 6 bytes, and another one is begun"),
    SPEAKS(prints_an_empty_line, "printed",
           "ends after 5 bytes, and your program has received 5"),
    SPEAKS(prints_too_much, "printed", "and 5 bytes more follow"),
    SILENT(prints_something_else, "printed", "last_call", "recv(4, 4096) = 5"),
    SPEAKS(sends_a_line_of_two, "part_sent",
           "only the first 4 of 8 bytes. That is up to the first newline"),
    SPEAKS(stops_at_eof_in_a_char, "part_sent",
           "The next is 255, which in a char is -1"),
    SPEAKS(reads_once, "part_sent", "read() returned 5, and was not called"),
    SPEAKS(reads_to_the_end, "part_sent", "Does the array hold all of them"),
    SPEAKS(sends_too_little_and_waits, "part_sent", "the first 11 of 12 bytes"),
    SILENT(sends_all_and_waits, "part_sent", "blocked",
           "All 12 bytes that it has sent have come back"),
    SILENT(still_sends, "part_sent", "last_call", "recv(4, 4096) = 5"),
    SPEAKS(counts_otherwise, "miscounted",
           "All 5 bytes that your program has sent have come back, and it "
           "ended with exit status 1: it counts otherwise."),
    SILENT(ends_with_another_status, "miscounted", "wrong_status",
           "What went wrong is told by exit status 1."),
    {.happened = NULL},
};
