// Cases of the detectors for what lies there and is not received.

#include "hand_cases.h"
#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// So the peer does, with as many bytes.
static void acts(const struct peer *peer, enum peer_action action, size_t size)
{
    struct event event = {.kind = EVENT_PEER};
    event.deed.peer = peer->number;
    event.deed.action = action;
    event.deed.bytes = size;
    trace_add(stage_current()->trace, &event);
}

// Client 1 has sent so many bytes.
static void comes(size_t size)
{
    acts(hand.failure.peer, PEER_SENDS, size);
}

static void takes_a_part(size_t size)
{
    hand_server();
    comes(10);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, (int64_t)size);
    hand_call(SYS_sendto, 4, size, (int64_t)size);
}

static void closes_behind_a_part(void)
{
    takes_a_part(9);
    hand_selects(0, 0, 0); // silence
    hand_call(SYS_close, 4, 0, 0);
    hand_waits(HAND_SET(3), 0);
}

static void closes_behind_it_all(void)
{
    takes_a_part(10);
    hand_selects(0, 0, 0);
    hand_call(SYS_close, 4, 0, 0);
    hand_waits(HAND_SET(3), 0);
}

static void closes_behind_it_all_and_eagain(void)
{
    hand_server();
    comes(100);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_sendto, 4, 100, 100);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_selects(0, 0, 0);
    hand_call(SYS_close, 4, 0, 0);
    hand_waits(HAND_SET(3), 0);
}

static void closes_what_was_reset(void)
{
    takes_a_part(9);
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_call(SYS_close, 4, 0, 0);
    hand_waits(HAND_SET(3), 0);
}

// A client's connection 1 has its echo, and perhaps its end, and is closed when
// so much of it is received. The exit status should be 0.
static void loses_its_echo(int64_t received, bool finishes, int status)
{
    static const int well = 0;
    struct peer *peer = hand_crowd();
    hand.failure.peer = NULL;
    hand.failure.wanted_status = &well;
    peer->program = &hand.program;
    hand_sends(peer, 44);
    hand_gets(peer, 44);
    acts(peer, PEER_SENDS, 44);
    if (finishes)
        acts(peer, PEER_FINISHES, 0);
    hand_selects(1, HAND_SET(4), 0);
    if (received > 0)
        hand_call(SYS_recvfrom, 4, 44, received);
    hand_call(SYS_close, 4, 0, 0);
    hand_ends(HAND_EXIT(status));
}

static void takes_the_end_for_a_failure(void)
{
    loses_its_echo(22, true, 1);
}

static void has_received_it(void)
{
    loses_its_echo(44, true, 1);
}

static void is_content_without_it(void)
{
    loses_its_echo(22, true, 0);
}

static void has_this_one_closed(bool finishes)
{
    loses_its_echo(22, finishes, 1);
    hand.failure.peer = stage_current()->peers;
    hand.failure.wanted_status = NULL;
}

static void closes_behind_the_end(void)
{
    has_this_one_closed(true);
}

static void closes_before_the_end(void)
{
    has_this_one_closed(false);
}

// A byte of client 1 lies there.
static void lies_there(void)
{
    struct peer *peer = hand_server();
    int fd = hand_connects(peer);
    ck_assert_int_eq(send(peer->socket.fd, "a", 1, 0), 1);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&readable, 1, -1), 1);
    hand.failure.wait = WAIT_HANGS;
}

static void waits_for_an_edge_of(void (*happens)(void))
{
    happens();
    if (fcntl(4, F_GETFD) == -1)
        ck_assert_int_eq(dup2(hand.failure.peer->socket.fd, 4), 4);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, 4, &event), 0);
    hand_call(SYS_accept, 3, 0, 4);
    hand_blocks(SYS_epoll_pwait, -1, 0);
}

static void waits_for_an_edge(void)
{
    waits_for_an_edge_of(lies_there);
}

static void waits_for_an_edge_of_any(void)
{
    waits_for_an_edge();
    hand.failure.peer = NULL;
}

static void waits_for_an_edge_of_none(void)
{
    waits_for_an_edge();
    hand.failure.peer->program = NULL;
    hand.failure.peer = NULL;
}

static void nothing_lies_there(void)
{
    hand_connects(hand_server());
    hand.failure.wait = WAIT_HANGS;
}

static void waits_for_more(void)
{
    waits_for_an_edge_of(nothing_lies_there);
}

static void waits_for_an_edge_of_its_listener(unsigned events)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
    struct epoll_event event = {.events = events};
    hand_server();
    hand.failure.wait = WAIT_HANGS;
    hand.failure.peer->connected = true;
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), 0);
    hand_call(SYS_listen, listener, 1, 0);
    hand_call(SYS_accept, listener, 0, 5);
    hand_blocks(SYS_epoll_pwait, -1, 0);
}

static void accepts_one_for_an_edge(void)
{
    waits_for_an_edge_of_its_listener(EPOLLIN | EPOLLET);
}

static void accepts_one_and_is_told_of_the_next(void)
{
    waits_for_an_edge_of_its_listener(EPOLLIN);
}

// It has accepted client 2, and then closes client 1 as soon as that has come,
// or behind one more call of that number there.
static void turns_away(long between)
{
    struct peer *peer = hand_server();
    hand_speaks(PROTOCOL_MESSAGES);
    hand_peer();
    hand_call(SYS_accept, 3, 0, 5);
    hand_selects(1, HAND_SET(3), 0);
    hand_call(SYS_accept, 3, 0, 4);
    if (between != 0)
        hand_call(between, 4, 4096, 0);
    hand_call(SYS_close, 4, 0, 0);
    peer->saw_end = true;
}

static void closes_who_has_just_come(void)
{
    turns_away(0);
}

static void closes_who_has_finished(void)
{
    turns_away(SYS_recvfrom);
}

static void closes_without_a_descriptor_left(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 0, -EMFILE);
    turns_away(0);
}

// Two threads are in a receive: at descriptor 5, and at this one.
static void waits_in_threads(int fd)
{
    lies_there();
    hand_peer();
    hand_call(SYS_accept, 3, 0, 4);
    hand_call(SYS_accept, 3, 0, 5);
    hand_blocks(SYS_recvfrom, 5, 4096);
    hand_blocks(SYS_recvfrom, fd, 4096)->tid = getpid() + 1;
}

static void threads_have_one(void)
{
    waits_in_threads(5);
}

static void threads_have_each_one(void)
{
    waits_in_threads(6);
}

// It is given that message on its standard input, and ends.
static void ends_with_input(const char *command, int sent)
{
    static const char message[] = "Hello, world";
    struct peer *peer = hand_client();
    strcpy(hand.program.command, command);
    hand_call(SYS_connect, 4, 0, 0);
    if (sent > 0)
        hand_call(SYS_sendto, 4, 12, sent);
    hand_differs(message, 12, peer->in.at, 0);
    hand_ends(HAND_EXIT(0));
}

static void sends_no_input(void)
{
    ends_with_input("echo_client 127.0.0.1 7 -", 0);
}

static void sends_no_argument(void)
{
    ends_with_input("echo_client 127.0.0.1 7 x-", 0);
}

// What one of them had in its buffer at fork() comes out of both.
static void prints_from_two_processes(int processes)
{
    static const char line[] = "received: Hello\n",
                      got[] = "received: received: Hello\n";
    hand_client();
    hand_call(SYS_recvfrom, 4, 4096, 5);
    hand_call(SYS_write, 1, 10, 10)->pid += processes - 1;
    hand_call(SYS_write, 1, 16, 16);
    hand_prints(got);
    hand_differs(line, sizeof line - 1, hand.program.out.bytes,
                 hand.program.out.size);
    hand_ends(HAND_EXIT(0));
}

static void two_print_a_label(void)
{
    prints_from_two_processes(2);
}

static void one_prints_two_labels(void)
{
    prints_from_two_processes(1);
}

const struct hand_case unread_cases[] = {
    SPEAKS(sends_no_input, "input_left",
           "and 12 bytes stood in its standard input"),
    SILENT(sends_no_argument, "input_left", "last_call", "connect(4"),
    SPEAKS(two_print_a_label, "printed",
           "Two processes have printed \"received: \": what stands in"),
    SILENT(one_prints_two_labels, "printed", "last_call", "recv(4"),
    SPEAKS(closes_behind_a_part, "closed_unread",
           "close() ended the connection to client 1, of whose 10 bytes 1 had "
           "not been received."),
    SILENT(closes_behind_it_all, "closed_unread", "last_call", "select(r3)"),
    SILENT(closes_behind_it_all_and_eagain, "closed_unread", "last_call",
           "select(r3)"),
    SILENT(closes_what_was_reset, "closed_unread", "last_call", "select(r3)"),
    SPEAKS(takes_the_end_for_a_failure, "closed_unread",
           "the connection to connection 1, of whose 44 bytes 22 had not been "
           "received."),
    SILENT(has_received_it, "closed_unread", "wrong_status",
           "none has failed, and your program ended with exit status 1"),
    SILENT(is_content_without_it, "closed_unread", "wrong_status",
           "ended with exit status 0"),
    SPEAKS(closes_behind_the_end, "closed_unread",
           "of whose 44 bytes 22 had not been received."),
    SILENT(closes_behind_the_end, "echo_left", "closed_unread",
           "recv() does, when it returns 0."),
    SPEAKS(closes_before_the_end, "echo_left",
           "when 22 of the 44 bytes that it has sent have come back."),
    SPEAKS(waits_for_an_edge, "edge_missed",
           "epoll_pwait() waits, and at descriptor 4 something of client 1 is "
           "there"),
    SPEAKS(waits_for_an_edge_of_any, "edge_missed",
           "epoll_pwait() waits, and at descriptor 4 something of client 1 is "
           "there"),
    SILENT(waits_for_an_edge_of_none, "edge_missed", "blocked",
           "Your program is blocked in epoll_pwait()"),
    SILENT(waits_for_more, "edge_missed", "blocked",
           "Your program is blocked in epoll_pwait()"),
    SPEAKS(threads_have_one, "threads_share",
           "Two threads are in recv() for the same descriptor, 5, and none is "
           "for 4, where something of client 1 waits."),
    SILENT(threads_have_each_one, "threads_share", "blocked_by_one",
           "Your program is blocked in"),
    SPEAKS(accepts_one_for_an_edge, "edge_missed",
           "client 1 waits to be accepted. With EPOLLET it tells of each"),
    SILENT(accepts_one_and_is_told_of_the_next, "edge_missed", "blocked",
           "Your program is blocked in epoll_pwait()"),
    SPEAKS(closes_who_has_just_come, "turned_away",
           "close() ended the connection of client 1 as soon as accept() had "
           "brought it, with 1 other open"),
    SILENT(closes_who_has_finished, "turned_away", "last_call", "close(4)"),
    SILENT(closes_without_a_descriptor_left, "turned_away", "last_call",
           "close(4)"),
    {.happened = NULL},
};
