// Failed checks on which two detectors speak, of which one must come first:
// the reasons stand in detectors.c.

#include "hand_cases.h"
#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void cuts_a_send_and_ends(int status)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, 500);
    hand_ends(status);
}

static void is_stopped_behind_a_short_send(void)
{
    cuts_a_send_and_ends(HAND_EXIT(1));
    hand_complains("==7==ERROR: AddressSanitizer: SEGV\n");
}

static void is_killed_behind_a_short_send(void)
{
    cuts_a_send_and_ends(SIGPIPE);
}

static void is_killed_by_a_line_for_stdout(void)
{
    hand_client();
    hand_call(SYS_socket, -1, 0, 1);
    hand_call(SYS_write, 1, 5, -EPIPE)->on_socket = true;
    hand_ends(SIGPIPE);
}

static void is_a_skeleton_behind_a_failed_call(void)
{
    hand_call(SYS_bind, 3, 16, -EADDRNOTAVAIL);
    hand_complains("Function not implemented\n");
    hand_ends(HAND_EXIT(1));
}

static void lacks_a_line_and_closes_wrongly(void)
{
    hand_server();
    hand_call(SYS_sendto, 4, 5, -EBADF);
    hand.failure.means = "A line is missing.";
    hand.failure.is_sure = true;
}

static void receives_from_a_socket_for_udp(void)
{
    struct call *call = hand_call(SYS_socket, -1, 0, 3);
    call->args[0] = AF_INET;
    call->args[1] = SOCK_DGRAM;
    hand_call(SYS_recvfrom, 3, 4096, -ENOTCONN);
}

static void listens_at_half_an_address(void)
{
    hand_call(SYS_bind, 3, 8, -EINVAL);
    hand_call(SYS_listen, 3, 1, 0);
}

static void refuses(void)
{
    struct peer *peer = hand_server();
    peer->connected = false;
    peer->saw_error = ECONNREFUSED;
}

static void binds_in_vain_and_is_not_there(void)
{
    refuses();
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand_call(SYS_bind, 3, 16, -EADDRINUSE);
}

static void announces_oddly_and_is_not_there(void)
{
    refuses();
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand_complains("listening on 127.0.0.1:1\n");
}

static void shares_and_is_not_there(void)
{
    refuses();
    hand.failure.awaits = AWAITS_PROGRAM_END;
    struct call *call = hand_call(SYS_setsockopt, 3, 0, 0);
    call->args[1] = SOL_SOCKET;
    call->args[2] = SO_REUSEPORT;
}

static void waits_unheard(void)
{
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_listen, 3, 1, 0);
    hand_blocks(SYS_accept, 3, 0);
}

static void uses_what_is_closed_and_ends(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -EBADF);
    hand_ends(HAND_EXIT(0));
}

static void peeks_and_sends_nothing(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 10)->args[3] = MSG_PEEK;
    hand_ends(HAND_EXIT(0));
}

static void has_no_room_for_the_reply(void)
{
    hand_gets(hand_client(), 1000);
    hand_call(SYS_recvfrom, 4, 0, 0);
    hand_ends(HAND_EXIT(0));
}

static void closes_a_full_socket_with_debts(void)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, -EAGAIN);
    hand_call(SYS_close, 4, 0, 0);
}

static void ends_for_a_loss(void)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_ends(HAND_EXIT(1));
}

static void receives_and_gives_up_for_nothing_yet(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_ends(HAND_EXIT(0));
}

static void sends_the_error_of_a_receive(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -EINTR);
    hand_call(SYS_sendto, 4, UINT64_MAX, -EFAULT);
}

static void sends_a_part_of_the_whole_buffer(void)
{
    hand_server();
    hand_differs("ab", 2, "ac", 2);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 4096, 500);
    hand_call(SYS_close, 4, 0, 0);
}

// A client prints what begins behind a zero.
static void overwrites_a_zero(void)
{
    hand_client();
    hand_prints("cd");
    hand_differs("\0cd", 3, hand.program.out.bytes, 2);
    hand_call(SYS_recvfrom, 4, 4096, 1);
    hand_call(SYS_recvfrom, 4, 4096, 2);
}

static void listens_nowhere_and_ends(void)
{
    hand_call(SYS_bind, 3, 16, -EADDRNOTAVAIL);
    hand_call(SYS_listen, 3, 1, 0);
    hand_ends(HAND_EXIT(1));
}

// It spins, was told to stop, and is in select() at the moment.
static void spins_and_was_told_to_stop(void)
{
    hand_server();
    hand.failure.wait = WAIT_SPINS;
    hand.program.was_told_to_stop = true;
    hand_waits(HAND_SET(4), 0);
}

static void turns_and_was_told_to_stop(void)
{
    spins_and_was_told_to_stop();
    hand_selects(1, HAND_SET(4), 0);
}

static void waits_for_nothing_and_was_told_to_stop(void)
{
    hand_crowd();
    hand.failure.wait = WAIT_HANGS;
    hand.program.was_told_to_stop = true;
    hand_waits(0, 0);
}

static void gives_all_up_with_only_one_open(void)
{
    struct peer *peer = hand_crowd();
    peer->connected = false;
    peer->server->accepted = 1;
    hand_peer()->farewell = FAREWELL_RESET;
    hand_ends(HAND_EXIT(0));
}

// It has received a request, and does not wait for the listener, where another
// client waits for it.
static void forgets_the_listener_and_a_message(void)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_listen, 3, 1, 0);
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_waits(HAND_SET(4), 0);
    // Its descriptor is not known.
    struct peer *another = hand_peer();
    hand.failure.peer = another;
    hand_sends(another, 50);
    hand_call(SYS_recvfrom, 5, 4096, 50);
    hand_call(SYS_close, 5, 0, 0);
}

static void looks_for_more_and_takes_it(void)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 150);
    hand.failure.wait = WAIT_HANGS;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_sendto, 4, 90, 90);
    hand_call(SYS_recvfrom, 4, 1, 1);
    hand_call(SYS_recvfrom, 4, 4096, 49);
    hand_waits(HAND_SET(4), 0);
}

static void sends_a_part_and_waits(void)
{
    hand_sends(hand_client(), 20);
    hand_speaks(PROTOCOL_MESSAGES);
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_recvfrom, 4, 4096, 20);
    hand_call(SYS_sendto, 4, 100, 50);
    hand_selects(1, HAND_SET(4), 0);
    hand_waits(HAND_SET(4), 0);
}

static void answers_a_part_and_closes(void)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    peer->saw_end = true;
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_sendto, 4, 100, 50);
    hand_call(SYS_close, 4, 0, 0);
}

static void gives_up_who_reads(void)
{
    const struct event passes = {.kind = EVENT_TIME, .passed_ms = 4000};
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_sends(peer, 100);
    hand_selects(1, 0, HAND_SET(4));
    hand_call(SYS_sendto, 4, 100, 50);
    trace_add(stage_current()->trace, &passes);
    hand_call(SYS_sendto, 4, 50, 20)->args[1] += 50;
    trace_add(stage_current()->trace, &passes);
    hand_call(SYS_close, 4, 0, 0);
}

static void closes_who_has_just_come(void)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_complains("There is no room.\n");
    peer->saw_end = true;
    hand_peer();
    hand_selects(1, HAND_SET(3), 0);
    hand_call(SYS_accept, 3, 0, 5);
    hand_call(SYS_accept, 3, 0, 4);
    hand_call(SYS_close, 4, 0, 0);
}

static void hangs_and_means_something(void)
{
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand.failure.means = "It is too late.";
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void fails(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_ends(HAND_EXIT(0));
}

static void fails_and_means_something(void)
{
    fails();
    hand.failure.means = "It is too late.";
}

static const struct {
    void (*happens)(void);
    const char *first, *then;
} pairs[] = {
    // What is said of itself, before any reading of the calls.
    {is_stopped_behind_a_short_send, "sanitizer", "short_send"},
    {is_killed_behind_a_short_send, "signal", "short_send"},
    {is_killed_by_a_line_for_stdout, "socket_as_stdout", "signal"},
    {is_a_skeleton_behind_a_failed_call, "open_todo", "status"},
    {lacks_a_line_and_closes_wrongly, "sure_meaning", "wrong_descriptor"},
    // The set-up, before what follows from it.
    {receives_from_a_socket_for_udp, "wrong_socket_type", "wrong_descriptor"},
    {listens_at_half_an_address, "bad_address", "error_ignored"},
    {binds_in_vain_and_is_not_there, "port_in_use", "no_listener"},
    {announces_oddly_and_is_not_there, "odd_announcement", "no_listener"},
    {shares_and_is_not_there, "shared_port", "no_listener"},
    {waits_unheard, "no_flush", "blocked"},
    // Calls on the wrong thing, before those whom they deceive.
    {uses_what_is_closed_and_ends, "wrong_descriptor", "status"},
    {peeks_and_sends_nothing, "peek", "nothing_sent"},
    {has_no_room_for_the_reply, "no_room", "reply_left"},
    // Answers taken for what they are not, before the counts.
    {closes_a_full_socket_with_debts, "fatal_answer", "closed_early"},
    {ends_for_a_loss, "stale_sets", "status"},
    {receives_and_gives_up_for_nothing_yet, "nothing_yet", "nothing_sent"},
    // Bytes: an error taken for a length first, what only differs last.
    {sends_the_error_of_a_receive, "minus_one_as_length", "interrupted"},
    {sends_a_part_of_the_whole_buffer, "wrong_amount", "short_send"},
    {overwrites_a_zero, "overwritten", "bytes"},
    // How a conversation ended, before how the program did.
    {listens_nowhere_and_ends, "error_ignored", "status"},
    // Spinning, before waiting.
    {turns_and_was_told_to_stop, "idle_turns", "spin"},
    {spins_and_was_told_to_stop, "spin", "stop_ignored"},
    // The loop, before the crowd and the protocol.
    {waits_for_nothing_and_was_told_to_stop, "stop_ignored", "client_waits"},
    {gives_all_up_with_only_one_open, "all_given_up", "too_few"},
    {forgets_the_listener_and_a_message, "unwatched", "message_waited_for"},
    {sends_a_part_and_waits, "rest_unsent", "message_waited_for"},
    {looks_for_more_and_takes_it, "look_that_takes", "message_waited_for"},
    {gives_up_who_reads, "reader_given_up", "message_cut"},
    {closes_who_has_just_come, "turned_away", "message_refused"},
    {answers_a_part_and_closes, "message_cut", "message_refused"},
    // What the expectation means, before where the program stands.
    {hangs_and_means_something, "meaning", "blocked"},
    {fails_and_means_something, "meaning", "status"},
    {fails, "status", "last_call"},
};

enum { PAIRS = sizeof pairs / sizeof *pairs };

START_TEST(lets_the_cause_speak_first)
{
    hand_begin();
    pairs[_i].happens();
    ck_assert_msg(hand_speaks_alone(pairs[_i].first), "%s is silent",
                  pairs[_i].first);
    ck_assert_msg(hand_speaks_alone(pairs[_i].then), "%s is silent",
                  pairs[_i].then);
    ck_assert_str_eq(hand_explain()->detector, pairs[_i].first);
}
END_TEST

Suite *detector_order_suite(void)
{
    Suite *suite = suite_create("detector_order");
    TCase *tcase = tcase_create("detector_order");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, lets_the_cause_speak_first, 0, PAIRS);
    suite_add_tcase(suite, tcase);
    return suite;
}
