// Cases of the detectors for clients that ask by datagrams.

#include "hand_cases.h"
#include "hand_udp.h"

#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void goes_on_without_sending(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_moves(SYS_sendto, one, 70000, -EMSGSIZE);
    hand_udp_waits();
}

static void takes_nothing_for_an_end(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 0);
    hand_udp_gets(one, 0);
    hand_ends(HAND_EXIT(1));
}

static void asks_once(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand.failure.awaits = AWAITS_DATAGRAM;
    hand_complains("no answer after 5 tries\n");
    hand_ends(HAND_EXIT(1));
}

static void was_refused(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand_udp_moves(SYS_recvfrom, one, 65536, -ECONNREFUSED);
    hand.failure.awaits = AWAITS_DATAGRAM;
    hand_ends(HAND_EXIT(1));
}

static void makes_another_socket(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand_call(SYS_socket, -1, 0, 4)->args[1] = SOCK_DGRAM;
    hand_udp_answers(one, 5);
    hand.failure.awaits = AWAITS_PROGRAM_END;
    hand_udp_waits();
}

static void keeps_its_socket(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand_udp_answers(one, 5);
    hand.failure.awaits = AWAITS_PROGRAM_END;
    hand_udp_waits();
}

// A server that has not announced itself.
static void waits_for_clients(void)
{
    hand_udp_client();
    struct call *bound = hand_call(SYS_bind, 3, 0, 0);
    bound->on_datagrams = true;
    hand_note(bound, "127.0.0.1:0");
    hand_prints("listening\n");
    hand_udp_waits();
}

// Nor has this one, which has no port to do so.
static void waits_without_a_port(void)
{
    hand_udp_client();
    struct call *bound = hand_call(SYS_bind, 3, 0, -EADDRINUSE);
    bound->on_datagrams = true;
    hand_udp_waits();
}

// Stopped in the midst of a turn.
static void turns(int64_t result, uint64_t readable, uint64_t writable)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand_udp_moves(SYS_recvfrom, one, 65536, result);
    hand_selects(1, readable, writable);
    struct call *call = hand_blocks(SYS_recvfrom, 3, 65536);
    call->on_datagrams = true;
    call->args[3] = MSG_DONTWAIT;
    hand.failure.wait = WAIT_SPINS;
}

static void waits_to_write(void)
{
    turns(-EAGAIN, 0, HAND_SET(3));
}

static void looks_without_waiting(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    for (int i = 0; i < 20; i++)
        hand_udp_moves(SYS_recvfrom, one, 65536, -EAGAIN)->args[3] =
            MSG_DONTWAIT;
    hand.failure.wait = WAIT_SPINS;
}

static void gets_rubbish(void)
{
    turns(0, HAND_SET(3), 0);
}

static void was_alarmed(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand_selects(1, HAND_SET(3), 0)->effect = ALARMED;
    hand_udp_waits();
}

// It is about what the kernel has said, and not about HOST, which is a name.
static void looks_up(const char *reason, const char *command)
{
    char *text;
    hand_speaks(PROTOCOL_DATAGRAMS);
    hand.failure.wants_reason = true;
    snprintf(hand.program.command, sizeof hand.program.command, "%s", command);
    ck_assert_int_ne(asprintf(&text, "client: %s\n", reason), -1);
    hand_complains(text);
    free(text);
    hand_ends(HAND_EXIT(1));
}

static void looks_up_one_family(void)
{
    looks_up(gai_strerror(EAI_ADDRFAMILY), "client 127.0.0.1 7");
}

static void looks_up_nobody(void)
{
    looks_up(gai_strerror(EAI_NONAME), "client no.such.name 7");
}

static void asks_on_and_tells(const char *what)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand_udp_moves(SYS_recvfrom, one, 65536, -ECONNREFUSED);
    hand_complains(what);
    hand_ends(HAND_EXIT(1));
}

static void tells_of_silence(void)
{
    asks_on_and_tells("no answer after 3 tries\n");
}

static void tells_of_nothing(void)
{
    asks_on_and_tells("that did not work\n");
}

static void does_not_say_where_to(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_moves(SYS_sendto, one, 5, -EDESTADDRREQ);
    hand_complains("client: Destination address required\n");
    hand_ends(HAND_EXIT(1));
}

static void gives_up_as_it_should(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand.failure.awaits = AWAITS_PROGRAM_END;
    hand_ends(HAND_EXIT(1));
}

const struct hand_case asking_cases[] = {
    SPEAKS(goes_on_without_sending, "nothing_left", "EMSGSIZE"),
    SPEAKS(takes_nothing_for_an_end, "unanswered", "your program gave up"),
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
    SILENT(waits_without_a_port, "waits_for_the_lost", "error_ignored",
           "bind() failed with EADDRINUSE"),
    SILENT(waits_to_write, "waits_for_the_lost", "idle_turns",
           "What comes is told by another bit, or set"),
    SPEAKS(looks_without_waiting, "spin", "poll() waits until there is"),
    SILENT(gets_rubbish, "idle_turns", "spin", "in circles"),
    SPEAKS(looks_up_one_family, "resolver_refused", "AF_UNSPEC asks for both"),
    SILENT(looks_up_nobody, "resolver_refused", "wrong_status",
           "is not the reason"),
    SPEAKS(tells_of_silence, "status", "tells of silence, and that was none"),
    SPEAKS(tells_of_nothing, "status", "does not give that reason"),
    SPEAKS(does_not_say_where_to, "status", "does not say where to"),
    SPEAKS(was_alarmed, "waits_for_the_lost", "whose checksum is wrong"),
    {NULL, NULL, NULL, NULL, NULL},
};
