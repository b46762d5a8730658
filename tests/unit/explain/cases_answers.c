// Cases of the detectors for answers that are taken for what they are not.

#include "hand_cases.h"

#include "stage/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void gives_up_what_has_begun(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_call(SYS_close, 4, 0, 0);
}

static void asks_so_error(void)
{
    hand_call(SYS_getsockopt, 4, 0, 0)->args[2] = SO_ERROR;
}

static void asks_before_it_gives_up(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_selects(1, 0, HAND_SET(4));
    asks_so_error();
    hand_call(SYS_close, 4, 0, 0);
}

static void reports_what_has_begun(void)
{
    hand_client();
    hand_complains("connection 1: Operation now in progress\n");
}

static void asks_and_sends_all_the_same(void)
{
    hand_client();
    asks_so_error();
    hand_call(SYS_sendto, 4, 5, -EPIPE);
}

static void asks_and_sends(void)
{
    hand_client();
    asks_so_error();
    hand_call(SYS_sendto, 4, 5, 5);
}

static void asks_how_much_room_there_is(void)
{
    hand_client();
    hand_call(SYS_getsockopt, 4, 0, 0)->args[2] = SO_SNDBUF;
    hand_call(SYS_sendto, 4, 5, -EPIPE);
}

// A loop in which a call gets that error; then one more thing happens.
static void gets(long number, int fd, int error)
{
    hand_server();
    hand_selects(1, HAND_SET(3), 0);
    hand_call(number, fd, 4096, -error);
}

static void closes_for_nothing_yet(void)
{
    gets(SYS_recvfrom, 4, EAGAIN);
    hand_call(SYS_close, 4, 0, 0);
}

static void closes_another_one(void)
{
    gets(SYS_recvfrom, 4, EAGAIN);
    hand_call(SYS_close, 5, 0, 0);
}

static void waits_for_more(void)
{
    gets(SYS_recvfrom, 4, EAGAIN);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void ends_for_a_signal(void)
{
    hand_server();
    hand_selects(-EINTR, HAND_SET(3), 0);
    hand_ends(HAND_EXIT(1));
}

static void ends_as_it_was_told(void)
{
    ends_for_a_signal();
    hand.program.was_told_to_stop = true;
}

static void ends_for_an_aborted_connection(void)
{
    gets(SYS_accept, 3, ECONNABORTED);
    hand_ends(HAND_EXIT(1));
}

static void ends_for_what_happened_on_the_way(void)
{
    gets(SYS_accept, 3, EPROTO);
    hand_ends(HAND_EXIT(1));
}

static void ends_without_memory(void)
{
    gets(SYS_accept, 3, ENOBUFS);
    hand_ends(HAND_EXIT(1));
}

static void ends_without_descriptors(void)
{
    gets(SYS_accept4, 3, EMFILE);
    hand_ends(HAND_EXIT(1));
}

static void closes_for_a_signal(void)
{
    gets(SYS_sendto, 4, EINTR);
    hand_call(SYS_close, 4, 0, 0);
}

// It has answered that client, and looks whether there is more.
static void looks_once_more(void)
{
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 50);
    hand_call(SYS_sendto, 4, 60, 60);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_call(SYS_close, 4, 0, 0);
}

static void looks_before_it_has_answered(void)
{
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 50);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_call(SYS_close, 4, 0, 0);
}

static void believes_old_sets(void)
{
    hand_server();
    hand_selects(-EINTR, HAND_SET(3), 0);
    hand_blocks(SYS_accept, 3, 0);
}

static void waits_again(void)
{
    hand_server();
    hand_selects(-EINTR, HAND_SET(3), 0);
    hand_selects(1, HAND_SET(3), 0);
    hand_call(SYS_accept, 3, 0, 4);
}

static void ends_for_one_loss(void)
{
    gets(SYS_recvfrom, 4, ECONNRESET);
    hand_ends(HAND_EXIT(1));
}

static void closes_for_one_loss(void)
{
    gets(SYS_recvfrom, 4, ECONNRESET);
    hand_call(SYS_close, 4, 0, 0);
}

static void turns_once(int64_t sent)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, sent);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_close, 4, 0, 0);
}

static void closes_with_debts(void)
{
    turns_once(400);
}

static void closes_without_debts(void)
{
    turns_once(1000);
}

static void takes_much(size_t size)
{
    struct peer *peer = hand_server();
    hand_connects(peer);
    peer->stopped = true;
    peer->sent = size;
    hand_call(SYS_recvfrom, 4, 4096, 4096);
}

static void takes_more_than_it_should(void)
{
    takes_much(KIB(1025));
}

static void takes_as_much_as_it_may(void)
{
    takes_much(KIB(1024));
}

static void takes_it_from_a_reader(void)
{
    takes_much(KIB(1025));
    hand.failure.peer->stopped = false;
}

static void gives_up_for_nothing_yet(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_ends(HAND_EXIT(1));
}

static void asks_on_for_nothing_yet(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
}

static void another_thread_closes(void)
{
    gets(SYS_recvfrom, 4, EAGAIN);
    hand_call(SYS_close, 4, 0, 0)->tid = getppid();
    hand_selects(1, HAND_SET(4), 0);
}

static void another_thread_accepts(void)
{
    hand_server();
    hand_selects(-EINTR, HAND_SET(3), 0);
    hand_call(SYS_accept, 3, 0, 4)->tid = getppid();
}

static void no_wait_is_interrupted(void)
{
    gets(SYS_accept, 3, EINTR);
    hand_call(SYS_recvfrom, 4, 4096, 10);
}

static void client_ends_for_its_loss(void)
{
    hand_client();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_ends(HAND_EXIT(1));
}

// What another client is owed is not what failed.
static void owes_another_one(void)
{
    hand_server();
    hand_peer();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 5, 4096, 1000);
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_close, 5, 0, 0);
}

static void client_closes_with_debts(void)
{
    hand_client();
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_close, 4, 0, 0);
}

// It had answered, and then something new came.
static void looks_after_a_new_request(void)
{
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_sendto, 4, 60, 60);
    hand_call(SYS_recvfrom, 4, 4096, 50);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_call(SYS_close, 4, 0, 0);
}

static void looks_after_a_part_of_its_answer(void)
{
    hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_sendto, 4, 60, 20);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_call(SYS_close, 4, 0, 0);
}

static void looks_after_an_answer_to_another(void)
{
    hand_server();
    hand_peer();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_sendto, 5, 60, 60);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_call(SYS_close, 4, 0, 0);
}

static void echoes_and_looks_once_more(void)
{
    looks_once_more();
    hand_speaks(PROTOCOL_ECHO);
}

const struct hand_case answers_cases[] = {
    SPEAKS(gives_up_what_has_begun, "connect_given_up",
           "connect() failed with EINPROGRESS: the attempt has begun, and goes "
           "on without you. close() ends it."),
    SILENT(asks_before_it_gives_up, "connect_given_up", "last_call",
           "close(4)"),
    SPEAKS(reports_what_has_begun, "outcome_missed",
           "gives EINPROGRESS as the reason"),
    SPEAKS(
        asks_and_sends_all_the_same, "outcome_missed",
        "getsockopt() asked for SO_ERROR, which says why the attempt failed, "
        "and your program went on with send() as if"),
    SILENT(asks_how_much_room_there_is, "outcome_missed", "last_call",
           "send(4, 5) = -1 EPIPE"),
    SILENT(asks_and_sends, "outcome_missed", "last_call", "send(4, 5) = 5"),
    SPEAKS(
        closes_for_nothing_yet, "fatal_answer",
        "recv() failed with EAGAIN: there is nothing to be done at the "
        "moment, whatever was said to be ready. That is no end and no error: try "
        "again when it is ready. Your program closed the connection."),
    SILENT(closes_another_one, "fatal_answer", "last_call", "close(5)"),
    SILENT(waits_for_more, "fatal_answer", "last_call", "close(4)"),
    SPEAKS(ends_for_a_signal, "fatal_answer",
           "select() failed with EINTR: a signal came while it waited. Nothing "
           "has failed: the sets hold nothing of use now, so go round again. "
           "Your program ended. Read: man 2 select, EINTR."),
    SILENT(ends_as_it_was_told, "fatal_answer", "last_call",
           "It ended with exit status 1."),
    SPEAKS(ends_for_what_happened_on_the_way, "fatal_answer",
           "what happened to that connection on its way here"),
    SPEAKS(ends_without_memory, "fatal_answer", "no memory for it"),
    SPEAKS(ends_for_an_aborted_connection, "fatal_answer",
           "that connection was gone before it was accepted"),
    SPEAKS(ends_without_descriptors, "fatal_answer",
           "accept4() failed with EMFILE: there is no descriptor left"),
    SPEAKS(closes_for_a_signal, "fatal_answer",
           "send() failed with EINTR: a signal came"),
    SILENT(looks_once_more, "fatal_answer", "last_call", "close(4)"),
    SPEAKS(looks_before_it_has_answered, "fatal_answer",
           "recv() failed with EAGAIN"),
    SPEAKS(believes_old_sets, "stale_sets",
           "select() failed with EINTR, and accept() followed"),
    SILENT(waits_again, "stale_sets", "last_call", "accept(3) = 4"),
    SPEAKS(ends_for_one_loss, "stale_sets",
           "recv() failed with ECONNRESET: one client is gone. Your program "
           "ended, and everybody else lost"),
    SILENT(closes_for_one_loss, "stale_sets", "last_call", "close(4)"),
    SPEAKS(closes_with_debts, "closed_early",
           "closes the connection while 600 bytes that were received"),
    SILENT(closes_without_debts, "closed_early", "last_call", "close(4)"),
    SPEAKS(takes_more_than_it_should, "backlog", "keeps 1049600 bytes for it"),
    SILENT(takes_as_much_as_it_may, "backlog", "last_call", "recv(4, 4096)"),
    SILENT(takes_it_from_a_reader, "backlog", "last_call", "recv(4, 4096)"),
    SPEAKS(gives_up_for_nothing_yet, "nothing_yet",
           "recv() failed with EAGAIN: the socket does not wait"),
    SILENT(asks_on_for_nothing_yet, "nothing_yet", "last_call",
           "recv(4, 4096) = -1 EAGAIN"),
    SILENT(another_thread_closes, "fatal_answer", "last_call", "select(r4)"),
    SILENT(another_thread_accepts, "stale_sets", "last_call", "accept(3) = 4"),
    SILENT(no_wait_is_interrupted, "stale_sets", "last_call", "recv(4, "),
    SILENT(client_ends_for_its_loss, "stale_sets", "status",
           "recv() failed with ECONNRESET"),
    SILENT(owes_another_one, "closed_early", "last_call", "close(5)"),
    SILENT(client_closes_with_debts, "closed_early", "last_call", "close(4)"),
    SPEAKS(looks_after_a_new_request, "fatal_answer", "failed with EAGAIN"),
    SPEAKS(looks_after_a_part_of_its_answer, "fatal_answer",
           "failed with EAGAIN"),
    SPEAKS(looks_after_an_answer_to_another, "fatal_answer",
           "failed with EAGAIN"),
    SPEAKS(echoes_and_looks_once_more, "fatal_answer", "failed with EAGAIN"),
    {.happened = NULL},
};
