// Cases of the detectors for how a conversation ended, where its bytes were
// right as far as they went.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
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

const struct hand_case endings_cases[] = {
    SPEAKS(never_connects, "no_connect", "but never calls connect()."),
    SILENT(connects, "no_connect", "last_call", "connect(4, "),
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
    SILENT(tries_again_for_an_address, "error_ignored", "last_call",
           "bind(3, )"),
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
    {NULL},
};
