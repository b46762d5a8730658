// Cases of the detectors for servers of datagrams.

#include "hand_cases.h"
#include "hand_udp.h"
#include "stage/stage.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void makes_a_stream_socket(void)
{
    hand_udp_client();
    hand_call(SYS_socket, -1, 0, 4)->args[1] = SOCK_STREAM | SOCK_CLOEXEC;
}

static void listens(void)
{
    hand_udp_server();
    hand_call(SYS_listen, 3, 0, -EOPNOTSUPP);
    hand_ends(HAND_EXIT(1));
}

static void has_a_socket_of_its_own(void)
{
    hand_udp_server();
    struct call *call = hand_call(SYS_socket, -1, 0, 4);
    call->args[1] = SOCK_STREAM;
    call->local = true;
    hand_udp_waits();
}

static void is_bound_elsewhere(void)
{
    hand_udp_server();
    hand_note(hand_call(SYS_bind, 3, 0, 0), "127.0.0.2:40000");
    trace_event(stage_current()->trace, stage_current()->trace->count - 1)
        ->call.on_datagrams = true;
    hand_udp_waits();
}

static void is_for_ipv6_only(void)
{
    is_bound_elsewhere();
    size_t at = stage_current()->trace->count;
    const struct call *call;
    while ((call = trace_last_call(stage_current()->trace, &at)) != NULL)
        if (call->info->number == SYS_bind)
            hand_note((struct call *)(uintptr_t)call, "[::]:0");
}

// Nobody has asked for every interface.
static void is_here_alone(void)
{
    is_bound_elsewhere();
    hand_note(hand_call(SYS_bind, 3, 0, 0), "[::1]:0");
    trace_event(stage_current()->trace, stage_current()->trace->count - 1)
        ->call.on_datagrams = true;
    snprintf(hand.program.command, sizeof hand.program.command,
             "server \"\" 0");
}

static void sets_an_option(uint64_t option, int64_t result)
{
    hand_udp_server();
    hand_call(SYS_socket, -1, 0, 5)->args[0] = AF_INET6;
    struct call *call = hand_call(SYS_setsockopt, 5, 0, result);
    call->args[1] = IPPROTO_IPV6;
    call->args[2] = option;
    hand_ends(HAND_EXIT(1));
}

static void sets_the_message(void)
{
    sets_an_option(IPV6_PKTINFO, -EINVAL);
}

static void sets_what_is_refused(void)
{
    sets_an_option(IPV6_RECVPKTINFO, -EINVAL);
}

static void is_bound_to_any_port(void)
{
    hand_udp_server();
    struct call *bound = hand_call(SYS_bind, 3, 0, 0);
    bound->on_datagrams = true;
    hand_note(bound, "0.0.0.0:0");
    hand_udp_waits();
}

static void cuts(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_sends(one, 2000);
    hand_udp_moves(SYS_recvfrom, one, 1500, 1500);
    hand_udp_answers(one, 1500);
    hand_differs("aa", 2, "a", 1);
}

static void has_just_room(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_sends(one, 1500);
    hand_udp_moves(SYS_recvfrom, one, 1500, 1500);
    hand_udp_waits();
}

static void answers_the_first(void)
{
    const struct peer *one = hand_udp_server(), *two = hand_udp_peer();
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand_udp_gets(two, 5);
    hand_udp_answers(one, 5);
    hand_udp_waits();
}

static void answers_each(void)
{
    const struct peer *one = hand_udp_server(), *two = hand_udp_peer();
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand_udp_gets(two, 5);
    hand_udp_answers(two, 5);
    hand_udp_waits();
}

// Two threads have received, and both answer the second one's.
static void threads_share_a_place(void)
{
    const struct peer *one = hand_udp_server(), *two = hand_udp_peer();
    hand_udp_gets(one, 5);
    hand_udp_gets(two, 5)->tid++;
    hand_udp_answers(two, 5);
    hand_udp_answers(two, 5);
    hand_udp_waits();
}

static void threads_answer_each(void)
{
    const struct peer *one = hand_udp_server(), *two = hand_udp_peer();
    hand_udp_gets(one, 5);
    hand_udp_gets(two, 5)->tid++;
    hand_udp_answers(two, 5);
    hand_udp_waits();
}

static void connects_to_a_client(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_call(SYS_connect, 3, 16, 0)->on_datagrams = true;
    hand_udp_answers(one, 5);
    hand_udp_waits();
}

static void connects_another_socket(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_call(SYS_connect, 4, 16, 0)->on_datagrams = true;
    hand_udp_waits();
}

static void answers_twice(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand_udp_answers(one, 5);
    hand_differs("aa", 2, "a", 1);
}

static void sends_a_text(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 300);
    hand_udp_answers(one, 31);
    hand_differs("aa", 2, "a", 1);
}

static void sends_its_buffer(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 1);
    hand_udp_answers(one, 1024);
    hand_differs("a", 1, "aa", 2);
}

static void joins_two(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 10);
    hand_udp_gets(one, 11);
    hand_udp_answers(one, 21);
    hand_differs("a", 1, "aa", 2);
}

static void sends_what_came(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 10);
    hand_udp_gets(one, 11);
    hand_udp_answers(one, 10);
    hand_udp_answers(one, 11);
    hand.failure.awaits = AWAITS_NOTHING;
    hand_differs("b", 1, "a", 1);
}

static void ends_with_one(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_moves(SYS_sendto, one, 5, -EPERM);
    hand_ends(HAND_EXIT(1));
}

static void ends_with_an_earlier_one(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_moves(SYS_recvfrom, one, 65536, -ECONNREFUSED);
    hand_ends(HAND_EXIT(1));
}

static void ends_with_an_interrupted_one(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_moves(SYS_recvfrom, one, 65536, -EINTR);
    hand_ends(HAND_EXIT(1));
}

static void ends_at_a_signal(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand.program.was_told_to_stop = true;
    hand_ends(HAND_EXIT(1));
}

static void ends_after_an_answer(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_moves(SYS_recvfrom, one, 65536, -EINTR);
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand_ends(HAND_EXIT(0));
}

static void offers_its_buffer(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 12);
    hand_udp_moves(SYS_sendmsg, one, 65527, -EMSGSIZE);
    hand_complains("send: Message too long\n");
    hand_udp_waits();
}

// An answer over IPv4 to what came over IPv6.
static void offers_what_came(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 65527);
    hand_udp_moves(SYS_sendmsg, one, 65527, -EMSGSIZE);
    hand_udp_waits();
}

static void gives_no_address(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_moves(SYS_sendmsg, one, 5, -EDESTADDRREQ)->port = 0;
    hand_udp_waits();
}

static void waits_for_the_next(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand.failure.wait = WAIT_HANGS;
    hand_udp_waits();
}

static void drops_an_answer(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_moves(SYS_sendto, one, 5, -EINTR);
    hand_udp_waits();
}

static void repeats_an_answer(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_moves(SYS_sendto, one, 5, -EINTR);
    hand_udp_answers(one, 5);
    hand_udp_waits();
}

static void passes_over_an_empty_one(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 0);
    hand_udp_waits();
}

static void passes_over_a_double(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand_udp_gets(one, 5);
    hand_udp_waits();
}

static void has_answered(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_gets(one, 5);
    hand_udp_answers(one, 5);
    hand_udp_waits();
}

static void gives_no_length(void)
{
    const struct peer *one = hand_udp_server();
    hand_udp_moves(SYS_recvfrom, one, 65536, -EINVAL)->address_room =
        0xfefefefe;
    hand_ends(HAND_EXIT(1));
}

const struct hand_case datagrams_cases[] = {
    SPEAKS(gives_no_length, "sender_length", "0xfefefefe"),
    SILENT(ends_with_an_earlier_one, "sender_length", "one_is_fatal",
           "was refused"),
    SPEAKS(makes_a_stream_socket, "no_datagrams", "UDP is SOCK_DGRAM"),
    SPEAKS(listens, "no_datagrams", "UDP has no connections that could wait"),
    SILENT(has_a_socket_of_its_own, "no_datagrams", "last_call", "recv("),
    SPEAKS(is_bound_elsewhere, "bound_elsewhere",
           "the client has asked 127.0.0.1:40000: that has never come"),
    SPEAKS(is_for_ipv6_only, "bound_elsewhere", "IPV6_V6ONLY is 0"),
    SPEAKS(is_here_alone, "bound_elsewhere", "AI_PASSIVE in ai_flags"),
    SPEAKS(sets_the_message, "option_refused",
           "the option that asks for it is IPV6_RECVPKTINFO"),
    SILENT(sets_what_is_refused, "option_refused", "status", "EINVAL"),
    SILENT(is_bound_to_any_port, "bound_elsewhere", "last_call", "recv("),
    SPEAKS(cuts, "datagram_cut", "had room for 1500 bytes"),
    SILENT(has_just_room, "datagram_cut", "unanswered",
           "brought a datagram of 1500 bytes"),
    SPEAKS(answers_the_first, "answered_another",
           "a datagram from client 2, and send() sent to client 1"),
    SILENT(answers_each, "answered_another", "last_call", "recv("),
    SPEAKS(threads_share_a_place, "answered_another", "do several threads use"),
    SILENT(threads_answer_each, "answered_another", "last_call", "recv("),
    SPEAKS(connects_to_a_client, "connected_to_one",
           "the kernel drops what comes from anybody else"),
    SILENT(connects_another_socket, "connected_to_one", "unanswered",
           "brought a datagram of 5 bytes"),
    SPEAKS(answers_twice, "answered_twice", "answers once more"),
    SILENT(sends_what_came, "answered_twice", "last_call", "send("),
    SILENT(sends_what_came, "datagram_amount", "last_call", "send("),
    SPEAKS(sends_a_text, "datagram_amount", "strlen() has no business"),
    SPEAKS(sends_its_buffer, "datagram_amount",
           "a datagram of 1 byte, and send() sent 1024 bytes"),
    SPEAKS(joins_two, "datagram_amount", "the first of 2"),
    SPEAKS(ends_with_one, "one_is_fatal", "EPERM, and your program ended"),
    SPEAKS(ends_with_an_earlier_one, "one_is_fatal",
           "a datagram which was sent before, and was refused"),
    SILENT(ends_after_an_answer, "one_is_fatal", "ended_unasked",
           "has ended after"),
    SILENT(ends_with_an_interrupted_one, "one_is_fatal", "interrupted",
           "nothing was received. Call it again"),
    SILENT(ends_with_an_interrupted_one, "ended_unasked", "interrupted",
           "nothing was received. Call it again"),
    SPEAKS(offers_its_buffer, "nothing_left",
           "It was offered 65527 bytes, and recv() had brought a datagram of "
           "12."),
    SPEAKS(offers_what_came, "nothing_left", "has 65,507 bytes at most"),
    SPEAKS(gives_no_address, "nothing_left", "does not say where to"),
    SPEAKS(waits_for_the_next, "blocked", "It waits for a datagram."),
    SPEAKS(drops_an_answer, "nothing_left", "nothing has left"),
    SILENT(repeats_an_answer, "nothing_left", "last_call", "recv("),
    SPEAKS(ends_after_an_answer, "ended_unasked", "by itself"),
    SILENT(ends_at_a_signal, "ended_unasked", "last_call", "exit status 1"),
    SPEAKS(passes_over_an_empty_one, "unanswered",
           "a datagram with no bytes in it"),
    SPEAKS(passes_over_a_double, "unanswered", "asks the same again"),
    SILENT(has_answered, "unanswered", "last_call", "recv("),
    {NULL, NULL, NULL, NULL, NULL},
};
