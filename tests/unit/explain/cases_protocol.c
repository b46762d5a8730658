// Cases of the detectors for messages that were not finished, answered or
// waited for, by calls that were right one by one.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

// A client sends a message, by one send() that returns RESULT, and waits.
static void waits_after_a_send(int64_t result)
{
    hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_sendto, 4, 100, result);
    hand_selects(1, HAND_SET(4), 0);
    hand_waits(HAND_SET(4), 0);
}

static void forgets_a_rest(void)
{
    waits_after_a_send(60);
}

static void forgets_what_must_wait(void)
{
    waits_after_a_send(-EAGAIN);
}

static void sends_a_whole_message(void)
{
    waits_after_a_send(100);
}

static void may_send_the_rest_yet(void)
{
    waits_after_a_send(60);
    hand.failure.wait = WAIT_MET;
}

// Of a message 10 bytes are taken, and then 30 more: those behind them, or its
// first ones again.
static void sends_in_two(bool begins_again)
{
    struct peer *peer = hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    hand.failure.is_sure = true;
    hand.failure.means = "What was sent is no message.";
    hand_call(SYS_sendto, 4, 40, 10);
    hand_call(SYS_sendto, 4, 30, 30);
    hand_gets(peer, 40);
    if (begins_again)
        memcpy(peer->in.at + 10, peer->in.at, 10);
}

static void sends_from_the_beginning_again(void)
{
    sends_in_two(true);
}

static void sends_the_rest(void)
{
    sends_in_two(false);
}

// The server sends a response of 200 bytes, of which the client receives this
// much.
static void receives_of_200(int64_t received)
{
    struct peer *peer = hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 200);
    hand_call(SYS_sendto, 4, 100, 100);
    hand_call(SYS_recvfrom, 4, 4096, received);
}

static void leaves_a_part(void)
{
    receives_of_200(50);
    hand_complains("not a message\n");
    hand_ends(HAND_EXIT(1));
}

static void leaves_nothing(void)
{
    receives_of_200(200);
    hand_ends(HAND_EXIT(1));
}

static void leaves_a_part_unseen(void)
{
    leaves_a_part();
    stage_current()->traced = false;
}

static void has_not_ended_yet(void)
{
    receives_of_200(50);
}

// A server answers, by one send() that returns RESULT, and closes.
static void answers(int64_t result)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_sendto, 4, 90, result);
}

static void closes_behind_a_part(void)
{
    answers(30);
    hand_call(SYS_close, 4, 0, 0);
}

static void closes_behind_all(void)
{
    answers(90);
    hand_call(SYS_close, 4, 0, 0);
}

static void keeps_the_rest(void)
{
    answers(30);
}

// A server closes; the client sees that, and had sent a request.
static void refuses(void)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    peer->saw_end = true;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 70);
    hand_call(SYS_close, 4, 0, 0);
}

static void refuses_without_a_word(void)
{
    refuses();
}

// 50001 is the port of client 1.
static void refuses_and_says_why(void)
{
    refuses();
    hand_complains("127.0.0.1:50001: no header\n127.0.0.1:50002: gone\n");
}

static void refuses_by_a_reset(void)
{
    refuses();
    hand.failure.peer->saw_end = false;
    hand.failure.peer->saw_error = ECONNRESET;
}

static void refuses_the_second(void)
{
    refuses();
    hand_gets(hand.failure.peer, 40);
    hand.failure.peer->taken = 40;
}

static void answers_something(void)
{
    refuses();
    hand_gets(hand.failure.peer, 40);
}

static void refuses_and_ends(void)
{
    refuses();
    hand_ends(HAND_EXIT(0));
}

// A server has received this much of the 100 bytes that its client has sent.
static void waits_after(int64_t received)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    hand.failure.wait = WAIT_HANGS;
    hand_selects(1, HAND_SET(4), 0);
    if (received > 0)
        hand_call(SYS_recvfrom, 4, 4096, received);
    hand_waits(HAND_SET(4), 0);
}

static void waits_though_it_has_all(void)
{
    waits_after(100);
}

static void waits_for_a_swapped_length(void)
{
    waits_after(100);
    memcpy(hand.failure.peer->out.at, "\x00\x5c", 2);
}

static void waits_though_there_is_more(void)
{
    waits_after(60);
}

static void waits_after_its_answer(void)
{
    waits_after(100);
    hand_gets(hand.failure.peer, 30);
}

static void client_waits_for_a_close(void)
{
    receives_of_200(200);
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void has_received_nothing(void)
{
    waits_after(0);
}

static void has_lost_the_client(void)
{
    waits_after(100);
    hand.failure.peer->closed = true;
}

static void stalls_after_all(void)
{
    waits_after(100);
    hand.failure.wait = WAIT_STALLED;
}

static void waits_unseen(void)
{
    waits_after(100);
    stage_current()->traced = false;
}

static void closes_unseen(void)
{
    closes_behind_a_part();
    stage_current()->traced = false;
}

static void refuses_unseen(void)
{
    refuses();
    stage_current()->traced = false;
}

static void client_closes_behind_a_part(void)
{
    hand_client();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_call(SYS_sendto, 4, 90, 30);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void send_fails_before_the_close(void)
{
    answers(-EPIPE);
    hand_call(SYS_close, 4, 0, 0);
}

static void another_one_is_cut(void)
{
    hand_server();
    hand_peer();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_sendto, 5, 90, 30);
    hand_call(SYS_close, 4, 0, 0);
}

static void leaves_the_connection_open(void)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    peer->saw_end = true;
    hand_call(SYS_recvfrom, 4, 4096, 70);
    hand_call(SYS_sendto, 4, 70, 70);
}

static void server_forgets_a_rest(void)
{
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_sendto, 4, 100, 60);
    hand_selects(1, HAND_SET(4), 0);
    hand_waits(HAND_SET(4), 0);
}

static void forgets_what_a_signal_interrupted(void)
{
    waits_after_a_send(-EINTR);
}

static void serves_until_it_ends(void)
{
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, HAND_SET(4), 0);
    hand_complains("server: malformed\n");
    hand_ends(HAND_EXIT(1));
}

static void serves_until_it_is_told(void)
{
    serves_until_it_ends();
    hand.program.was_told_to_stop = true;
}

const struct hand_case protocol_cases[] = {
    SPEAKS(forgets_a_rest, "rest_unsent",
           "send() took 60 of the 100 bytes it was offered; the rest was never "
           "offered again."),
    SPEAKS(forgets_what_must_wait, "rest_unsent",
           "send() failed with EAGAIN, which means: not now."),
    SILENT(sends_a_whole_message, "rest_unsent", "blocked",
           "Your program is blocked in select()"),
    SILENT(may_send_the_rest_yet, "rest_unsent", "last_call", "select(r4)"),
    SPEAKS(sends_from_the_beginning_again, "begun_again",
           "send() took 10 of the 40 bytes it was offered, and what came next "
           "was not the rest: there a message begins"),
    SILENT(sends_the_rest, "begun_again", "sure_meaning",
           "What was sent is no message."),
    SPEAKS(leaves_a_part, "message_left",
           "recv() returned 50 bytes, which makes 50 of the 200 that the "
           "server sends, and your program did not ask for more."),
    SILENT(leaves_nothing, "message_left", "last_call", "recv(4, 4096) = 200"),
    SILENT(leaves_a_part_unseen, "message_left", "last_call",
           "recv(4, 4096) = 50"),
    SILENT(has_not_ended_yet, "message_left", "last_call",
           "recv(4, 4096) = 50"),
    SPEAKS(closes_behind_a_part, "message_cut",
           "send() took 30 of the 90 bytes it was offered, and close() "
           "followed"),
    SILENT(closes_behind_all, "message_cut", "last_call", "close(4)"),
    SILENT(keeps_the_rest, "message_cut", "last_call", "send(4, 90) = 30"),
    SPEAKS(refuses_without_a_word, "message_refused",
           "close() ended the connection, with 70 of the client's 100 bytes "
           "received and 0 sent back, and a response was due. What made your "
           "program close it?"),
    SPEAKS(refuses_and_says_why, "message_refused",
           "on stderr is \"127.0.0.1:50001: no header\"."),
    SPEAKS(refuses_by_a_reset, "message_refused",
           "Bytes that nobody has received make close() a reset"),
    SPEAKS(refuses_the_second, "message_refused",
           "What stands behind one request is the next one"),
    SILENT(answers_something, "message_refused", "last_call", "close(4)"),
    SILENT(refuses_and_ends, "message_refused", "server_ended",
           "and nobody had asked it to"),
    SPEAKS(waits_though_it_has_all, "message_waited_for",
           "has received 100 of the 100 bytes that the client has sent (the "
           "last 100 by recv()), and waits in select(). So it has all there "
           "is, and has sent nothing."),
    SPEAKS(waits_for_a_swapped_length, "message_waited_for",
           "length, 92. In the wrong byte order that is 23552:"),
    SPEAKS(waits_though_there_is_more, "message_waited_for",
           "40 bytes more lie at its socket and are not received."),
    SPEAKS(waits_after_its_answer, "message_waited_for",
           "What send() did not take must be offered again"),
    SPEAKS(client_waits_for_a_close, "message_waited_for",
           "the server has sent (the last 200 by recv()), and waits in recv(). "
           "That is all of it"),
    SILENT(has_received_nothing, "message_waited_for", "blocked",
           "Your program is blocked in select()"),
    SILENT(has_lost_the_client, "message_waited_for", "blocked",
           "Your program is blocked in select()"),
    SPEAKS(forgets_what_a_signal_interrupted, "rest_unsent",
           "send() failed with EINTR, which means: not now."),
    SILENT(server_forgets_a_rest, "rest_unsent", "blocked", "in select()"),
    SILENT(stalls_after_all, "message_waited_for", "blocked", "in select()"),
    SILENT(waits_unseen, "message_waited_for", "blocked", "in select()"),
    SILENT(closes_unseen, "message_cut", "last_call", "close(4)"),
    SILENT(client_closes_behind_a_part, "message_cut", "last_call", "close(4)"),
    SILENT(send_fails_before_the_close, "message_cut", "last_call", "close(4)"),
    SILENT(another_one_is_cut, "message_cut", "last_call", "close(4)"),
    SILENT(refuses_unseen, "message_refused", "last_call", "close(4)"),
    SILENT(leaves_the_connection_open, "message_refused", "last_call",
           "send(4, 70) = 70"),
    SPEAKS(serves_until_it_ends, "server_ended",
           "ended with exit status 1, and nobody had asked it to."),
    SILENT(serves_until_it_is_told, "server_ended", "last_call",
           "ended with exit status 1"),
    {.happened = NULL},
};
