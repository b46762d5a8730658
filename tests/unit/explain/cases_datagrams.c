// Cases of the detectors for programs that speak datagrams. A server has one
// socket for all, descriptor 3; so has a client.

#include "hand_cases.h"
#include "stage/datagrams.h"
#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// A peer that sends and receives datagrams, the first of which the failure is
// about.
static struct peer *peer(void)
{
    struct peer *one = hand_peer();
    one->connected = false;
    one->datagrams = calloc(1, sizeof *one->datagrams);
    ck_assert_ptr_nonnull(one->datagrams);
    one->local.v4.sin_port = htons((uint16_t)(50000 + one->number));
    if (hand.failure.peer == NULL)
        hand.failure.peer = one;
    return one;
}

static struct peer *server(void)
{
    hand_speaks(PROTOCOL_DATAGRAMS);
    endpoint_make("127.0.0.1", htons(40000), &hand.program.address);
    hand.failure.awaits = AWAITS_DATAGRAM;
    hand_call(SYS_socket, -1, 0, 3)->args[1] = SOCK_DGRAM;
    struct call *bound = hand_call(SYS_bind, 3, 0, 0);
    bound->on_datagrams = true;
    hand_note(bound, "127.0.0.1:40000");
    return peer();
}

static struct peer *client(void)
{
    hand_speaks(PROTOCOL_DATAGRAMS);
    hand_call(SYS_socket, -1, 0, 3)->args[1] = SOCK_DGRAM;
    return peer();
}

static void sends(const struct peer *by, size_t size)
{
    struct event event = {.kind = EVENT_PEER};
    event.deed.peer = by->number;
    event.deed.action = PEER_SENDS;
    event.deed.bytes = size;
    trace_add(stage_current()->trace, &event);
}

static struct call *moves(long number, const struct peer *with, uint64_t asked,
                          int64_t result)
{
    struct call *call = hand_call(number, 3, asked, result);
    call->on_datagrams = true;
    call->port = with->local.v4.sin_port;
    return call;
}

static struct call *gets(const struct peer *from, int64_t size)
{
    sends(from, (size_t)size);
    return moves(SYS_recvfrom, from, 65536, size);
}

static void answers(const struct peer *to, int64_t size)
{
    moves(SYS_sendto, to, (uint64_t)size, size);
}

static void waits(void)
{
    struct call *call = hand_blocks(SYS_recvfrom, 3, 65536);
    call->on_datagrams = true;
}

static void makes_a_stream_socket(void)
{
    client();
    hand_call(SYS_socket, -1, 0, 4)->args[1] = SOCK_STREAM | SOCK_CLOEXEC;
}

static void listens(void)
{
    server();
    hand_call(SYS_listen, 3, 0, -EOPNOTSUPP);
    hand_ends(HAND_EXIT(1));
}

static void has_a_socket_of_its_own(void)
{
    server();
    struct call *call = hand_call(SYS_socket, -1, 0, 4);
    call->args[1] = SOCK_STREAM;
    call->local = true;
    waits();
}

static void is_bound_elsewhere(void)
{
    server();
    hand_note(hand_call(SYS_bind, 3, 0, 0), "127.0.0.2:40000");
    trace_event(stage_current()->trace, stage_current()->trace->count - 1)
        ->call.on_datagrams = true;
    waits();
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

static void is_bound_to_any_port(void)
{
    server();
    struct call *bound = hand_call(SYS_bind, 3, 0, 0);
    bound->on_datagrams = true;
    hand_note(bound, "0.0.0.0:0");
    waits();
}

static void cuts(void)
{
    const struct peer *one = server();
    sends(one, 2000);
    moves(SYS_recvfrom, one, 1500, 1500);
    answers(one, 1500);
    hand_differs("aa", 2, "a", 1);
}

static void has_just_room(void)
{
    const struct peer *one = server();
    sends(one, 1500);
    moves(SYS_recvfrom, one, 1500, 1500);
    waits();
}

static void answers_the_first(void)
{
    const struct peer *one = server(), *two = peer();
    gets(one, 5);
    answers(one, 5);
    gets(two, 5);
    answers(one, 5);
    waits();
}

static void answers_each(void)
{
    const struct peer *one = server(), *two = peer();
    gets(one, 5);
    answers(one, 5);
    gets(two, 5);
    answers(two, 5);
    waits();
}

static void connects_to_a_client(void)
{
    const struct peer *one = server();
    gets(one, 5);
    hand_call(SYS_connect, 3, 16, 0)->on_datagrams = true;
    answers(one, 5);
    waits();
}

static void connects_another_socket(void)
{
    const struct peer *one = server();
    gets(one, 5);
    hand_call(SYS_connect, 4, 16, 0)->on_datagrams = true;
    waits();
}

static void answers_twice(void)
{
    const struct peer *one = server();
    gets(one, 5);
    answers(one, 5);
    answers(one, 5);
    hand_differs("aa", 2, "a", 1);
}

static void sends_a_text(void)
{
    const struct peer *one = server();
    gets(one, 300);
    answers(one, 31);
    hand_differs("aa", 2, "a", 1);
}

static void sends_its_buffer(void)
{
    const struct peer *one = server();
    gets(one, 1);
    answers(one, 1024);
    hand_differs("a", 1, "aa", 2);
}

static void joins_two(void)
{
    const struct peer *one = server();
    gets(one, 10);
    gets(one, 11);
    answers(one, 21);
    hand_differs("a", 1, "aa", 2);
}

static void sends_what_came(void)
{
    const struct peer *one = server();
    gets(one, 10);
    gets(one, 11);
    answers(one, 10);
    answers(one, 11);
    hand.failure.awaits = AWAITS_NOTHING;
    hand_differs("b", 1, "a", 1);
}

static void ends_with_one(void)
{
    const struct peer *one = server();
    gets(one, 5);
    moves(SYS_sendto, one, 5, -EPERM);
    hand_ends(HAND_EXIT(1));
}

static void ends_with_an_earlier_one(void)
{
    const struct peer *one = server();
    moves(SYS_recvfrom, one, 65536, -ECONNREFUSED);
    hand_ends(HAND_EXIT(1));
}

static void goes_on_without_sending(void)
{
    const struct peer *one = client();
    moves(SYS_sendto, one, 70000, -EMSGSIZE);
    waits();
}

static void takes_nothing_for_an_end(void)
{
    const struct peer *one = client();
    answers(one, 0);
    gets(one, 0);
    hand_ends(HAND_EXIT(1));
}

static void ends_at_a_signal(void)
{
    const struct peer *one = server();
    gets(one, 5);
    answers(one, 5);
    hand.program.was_told_to_stop = true;
    hand_ends(HAND_EXIT(1));
}

static void ends_after_an_answer(void)
{
    const struct peer *one = server();
    moves(SYS_recvfrom, one, 65536, -EINTR);
    gets(one, 5);
    answers(one, 5);
    hand_ends(HAND_EXIT(0));
}

static void drops_an_answer(void)
{
    const struct peer *one = server();
    gets(one, 5);
    moves(SYS_sendto, one, 5, -EINTR);
    waits();
}

static void repeats_an_answer(void)
{
    const struct peer *one = server();
    gets(one, 5);
    moves(SYS_sendto, one, 5, -EINTR);
    answers(one, 5);
    waits();
}

static void passes_over_an_empty_one(void)
{
    const struct peer *one = server();
    gets(one, 0);
    waits();
}

static void passes_over_a_double(void)
{
    const struct peer *one = server();
    gets(one, 5);
    answers(one, 5);
    gets(one, 5);
    waits();
}

static void has_answered(void)
{
    const struct peer *one = server();
    gets(one, 5);
    answers(one, 5);
    waits();
}

static void asks_once(void)
{
    const struct peer *one = client();
    answers(one, 5);
    hand.failure.awaits = AWAITS_DATAGRAM;
    hand_complains("no answer after 5 tries\n");
    hand_ends(HAND_EXIT(1));
}

static void was_refused(void)
{
    const struct peer *one = client();
    answers(one, 5);
    moves(SYS_recvfrom, one, 65536, -ECONNREFUSED);
    hand.failure.awaits = AWAITS_DATAGRAM;
    hand_ends(HAND_EXIT(1));
}

static void makes_another_socket(void)
{
    const struct peer *one = client();
    answers(one, 5);
    hand_call(SYS_socket, -1, 0, 4)->args[1] = SOCK_DGRAM;
    answers(one, 5);
    hand.failure.awaits = AWAITS_PROGRAM_END;
    waits();
}

static void keeps_its_socket(void)
{
    const struct peer *one = client();
    answers(one, 5);
    answers(one, 5);
    hand.failure.awaits = AWAITS_PROGRAM_END;
    waits();
}

// A server that has not announced itself.
static void waits_for_clients(void)
{
    client();
    struct call *bound = hand_call(SYS_bind, 3, 0, 0);
    bound->on_datagrams = true;
    hand_note(bound, "127.0.0.1:0");
    hand_prints("listening\n");
    waits();
}

static void was_alarmed(void)
{
    const struct peer *one = client();
    answers(one, 5);
    hand_selects(1, HAND_SET(3), 0)->effect = ALARMED;
    waits();
}

static void gives_up_as_it_should(void)
{
    const struct peer *one = client();
    answers(one, 5);
    hand.failure.awaits = AWAITS_PROGRAM_END;
    hand_ends(HAND_EXIT(1));
}

const struct hand_case datagrams_cases[] = {
    SPEAKS(makes_a_stream_socket, "no_datagrams", "UDP is SOCK_DGRAM"),
    SPEAKS(listens, "no_datagrams", "UDP has no connections that could wait"),
    SILENT(has_a_socket_of_its_own, "no_datagrams", "last_call", "recv("),
    SPEAKS(is_bound_elsewhere, "bound_elsewhere",
           "the client has asked 127.0.0.1:40000: that has never come"),
    SPEAKS(is_for_ipv6_only, "bound_elsewhere", "IPV6_V6ONLY is 0"),
    SILENT(is_bound_to_any_port, "bound_elsewhere", "last_call", "recv("),
    SPEAKS(cuts, "datagram_cut", "had room for 1500 bytes"),
    SILENT(has_just_room, "datagram_cut", "unanswered",
           "brought a datagram of 1500 bytes"),
    SPEAKS(answers_the_first, "answered_another",
           "a datagram from client 2, and send() sent to client 1"),
    SILENT(answers_each, "answered_another", "last_call", "recv("),
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
    SPEAKS(drops_an_answer, "nothing_left", "nothing has left"),
    SILENT(repeats_an_answer, "nothing_left", "last_call", "recv("),
    SPEAKS(goes_on_without_sending, "nothing_left", "EMSGSIZE"),
    SPEAKS(ends_after_an_answer, "ended_unasked", "by itself"),
    SILENT(ends_at_a_signal, "ended_unasked", "last_call", "exit status 1"),
    SPEAKS(takes_nothing_for_an_end, "unanswered", "your program gave up"),
    SPEAKS(passes_over_an_empty_one, "unanswered",
           "a datagram with no bytes in it"),
    SPEAKS(passes_over_a_double, "unanswered", "asks the same again"),
    SILENT(has_answered, "unanswered", "last_call", "recv("),
    SPEAKS(asks_once, "gave_up_asking", "has asked, once"),
    SILENT(was_refused, "gave_up_asking", "status", "ECONNREFUSED"),
    SILENT(gives_up_as_it_should, "gave_up_asking", "last_call",
           "exit status 1"),
    SPEAKS(makes_another_socket, "answer_to_old_socket",
           "makes another socket, for another try"),
    SILENT(keeps_its_socket, "answer_to_old_socket", "waits_for_the_lost",
           "waits without a limit for an answer"),
    SPEAKS(keeps_its_socket, "waits_for_the_lost",
           "waits without a limit for an answer"),
    SILENT(waits_for_clients, "waits_for_the_lost", "last_call", "recv("),
    SPEAKS(was_alarmed, "waits_for_the_lost", "whose checksum is wrong"),
    {NULL, NULL, NULL, NULL, NULL},
};
