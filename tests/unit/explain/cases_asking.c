// Cases of the detectors for clients that ask by datagrams.

#include "hand_cases.h"
#include "hand_udp.h"

#include <errno.h>
#include <stddef.h>
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

static void was_alarmed(void)
{
    const struct peer *one = hand_udp_client();
    hand_udp_answers(one, 5);
    hand_selects(1, HAND_SET(3), 0)->effect = ALARMED;
    hand_udp_waits();
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
    SPEAKS(was_alarmed, "waits_for_the_lost", "whose checksum is wrong"),
    {NULL, NULL, NULL, NULL, NULL},
};
