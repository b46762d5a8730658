// Cases of the detectors for loops that turn, and nothing comes of it.

#include "hand_cases.h"

#include "stage/peer.h"

#include <errno.h>
#include <sys/syscall.h>

static void spins(void)
{
    hand_server();
    hand.failure.wait = WAIT_SPINS;
}

// It spins, and each select() says that descriptor 4 is readable.
static void is_readable_after(long number, int fd, int64_t result)
{
    spins();
    hand_call(number, fd, 4096, result);
    hand_selects(1, HAND_SET(4), 0);
}

static void keeps_a_closed_one(void)
{
    spins();
    hand_call(SYS_close, 4, 0, -EBADF);
    hand_selects(-EBADF, HAND_SET(4), 0);
}

static void polls_a_closed_one(void)
{
    spins();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_ppoll, -1, 0, 1)->found.closed = HAND_SET(4);
}

static void gives_bad_sets(void)
{
    spins();
    hand_selects(-EINVAL, HAND_SET(4), 0);
}

static void uses_its_time_up(void)
{
    spins();
    hand_selects(0, HAND_SET(4), 0);
}

static void sleeps_between_its_looks(void)
{
    spins();
    hand_call(SYS_nanosleep, -1, 0, 0);
    hand_selects(0, HAND_SET(4), 0);
}

static void wants_to_write_nothing(void)
{
    spins();
    hand_call(SYS_sendto, 4, 1000, 1000);
    hand_selects(1, 0, HAND_SET(4));
}

static void wants_to_write_to_a_stranger(void)
{
    spins();
    hand_call(SYS_sendto, 4, 1000, 1000);
    hand_selects(1, 0, HAND_SET(7));
}

static void wants_to_write_to_the_lost(void)
{
    spins();
    hand_call(SYS_sendto, 4, 1000, -EPIPE);
    hand_selects(1, 0, HAND_SET(4));
}

static void has_no_descriptor_to_accept(void)
{
    spins();
    hand_call(SYS_accept, 3, 0, -EMFILE);
    hand_selects(1, HAND_SET(3), 0);
}

static void waits_behind_the_end(void)
{
    is_readable_after(SYS_recvfrom, 4, 0);
}

static void judges_the_end_by_an_old_errno(void)
{
    spins();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_selects(1, HAND_SET(4), 0);
    hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand_selects(1, HAND_SET(4), 0);
}

// Shutting down what is gone fails as well, and is not what went wrong.
static void shuts_down_what_is_gone(void)
{
    hand_client();
    hand_call(SYS_sendto, 4, 100, -EPIPE);
    hand_call(SYS_shutdown, 4, 0, -ENOTCONN);
    hand_call(SYS_recvfrom, 4, 100, 0);
    hand_complains("client: the end\n");
    hand_ends(HAND_EXIT(1));
}

static void wants_to_write_to_a_new_client(void)
{
    spins();
    hand_call(SYS_accept, 3, 0, 7);
    hand_selects(1, 0, HAND_SET(7));
}

static void waits_for_the_lost(void)
{
    is_readable_after(SYS_recvfrom, 4, -ECONNRESET);
}

static void receives_from_another_one(void)
{
    is_readable_after(SYS_recvfrom, 5, -EAGAIN);
}

static void asks_about_another_one(void)
{
    is_readable_after(SYS_recvfrom, 5, 10);
}

// What epoll_wait() found is not known.
static void epoll_returns_after(long number, int64_t result)
{
    spins();
    hand_call(SYS_epoll_pwait, -1, 0, 1);
    if (number != 0)
        hand_call(number, 4, 4096, result);
    hand_call(SYS_epoll_pwait, -1, 0, 1);
}

static void epoll_returns_for_nothing(void)
{
    epoll_returns_after(0, 0);
}

static void epoll_returns_for_the_end(void)
{
    epoll_returns_after(SYS_recvfrom, 0);
}

static void epoll_returns_for_a_full_socket(void)
{
    epoll_returns_after(SYS_sendto, -EAGAIN);
}

static void epoll_returns_for_a_client(void)
{
    epoll_returns_after(SYS_accept, -EMFILE);
}

// Stopped in the midst of a turn that has many calls, as those before.
static void tries_often_in_each_turn(void)
{
    enum { TRIES = 64, STOPPED = 58 };
    spins();
    for (int turn = 0; turn < 2; turn++) {
        hand_call(SYS_epoll_pwait, -1, 0, 1);
        for (int i = 0; i < (turn == 0 ? TRIES : STOPPED); i++)
            hand_call(SYS_accept, 3, 0, -ENOBUFS);
    }
}

static void spins_without_waiting(void)
{
    spins();
    for (int i = 0; i < 10; i++)
        hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
}

static void spins_over_the_end(void)
{
    spins();
    hand_speaks(PROTOCOL_MESSAGES);
    for (int i = 0; i < 10; i++)
        hand_call(SYS_recvfrom, 4, 4096, 0);
}

static void spins_without_calls(void)
{
    spins();
    for (int i = 0; i < 9; i++)
        hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
}

static void asks_often_and_hangs(void)
{
    spins_without_waiting();
    hand.failure.wait = WAIT_HANGS;
    hand_blocks(SYS_recvfrom, 4, 4096);
}

static void makes_nothing_of_an_attempt(void)
{
    hand_crowd();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_selects(1, 0, HAND_SET(4));
    hand.failure.wait = WAIT_SPINS;
}

static void makes_nothing_of_a_refusal(void)
{
    hand_crowd();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_selects(1, HAND_SET(4), 0);
    hand.failure.wait = WAIT_SPINS;
}

static void receives_in_a_loop(void)
{
    hand_server();
    hand_selects(1, HAND_SET(4), 0);
    for (int i = 0; i < 60; i++)
        hand_call(SYS_recvfrom, 4, 4096, -EAGAIN);
    hand.failure.wait = WAIT_SPINS;
}

static void asks_how_it_ended_again(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 0, -EINPROGRESS);
    for (int i = 0; i < 3; i++) {
        hand_selects(1, 0, HAND_SET(4));
        hand_call(SYS_getsockopt, 4, 0, 0)->args[2] = SO_ERROR;
    }
    hand.failure.wait = WAIT_SPINS;
}

static void owes_its_message(void)
{
    hand_client();
    hand.failure.expected_size = 44;
    hand_call(SYS_sendto, 4, 44, 6);
    hand_selects(1, 0, HAND_SET(4));
    hand.failure.wait = WAIT_SPINS;
}

static void tries_with(size_t naps, size_t tries)
{
    hand_client();
    for (size_t i = 0; i < naps; i++) {
        hand_call(SYS_recvfrom, 4, 44, -EAGAIN);
        hand_call(SYS_nanosleep, -1, 0, 0);
    }
    for (size_t i = 0; i < tries; i++)
        hand_call(SYS_recvfrom, 4, 44, -EAGAIN);
    hand.failure.wait = WAIT_SPINS;
}

static void tries_and_sleeps(void)
{
    tries_with(20, 1);
}

static void sleeps_and_hangs(void)
{
    tries_with(20, 1);
    hand_blocks(SYS_recvfrom, 4, 44);
    hand.failure.wait = WAIT_HANGS;
}

static void sleeps_once(void)
{
    tries_with(1, 20);
}

const struct hand_case turns_cases[] = {
    SPEAKS(asks_how_it_ended_again, "idle_turns",
           "getsockopt() asks each time how the attempt to connect has ended"),
    SPEAKS(owes_its_message, "idle_turns",
           "bytes wait to be sent there, and no send() follows"),
    SPEAKS(keeps_a_closed_one, "idle_turns",
           "select() fails with EBADF each time: a descriptor that was closed"),
    SPEAKS(polls_a_closed_one, "idle_turns",
           "poll() says POLLNVAL of descriptor 4, at once and each time: it is "
           "not open"),
    SPEAKS(gives_bad_sets, "idle_turns", "select() fails with EINVAL each"),
    SPEAKS(uses_its_time_up, "idle_turns", "returns 0 again and again"),
    SPEAKS(sleeps_between_its_looks, "idle_turns",
           "wakes up again and again: select() does not wait, and nanosleep()"),
    SPEAKS(wants_to_write_nothing, "idle_turns",
           "select() says that descriptor 4 is writable, at once and each "
           "time, and there is nothing to send."),
    SPEAKS(wants_to_write_to_a_stranger, "idle_turns",
           "descriptor 7 is writable, at once and each time, and it is no "
           "socket of yours"),
    SPEAKS(wants_to_write_to_the_lost, "idle_turns",
           "descriptor 4 is writable, at once and each time: send() failed "
           "with EPIPE, so that connection is gone"),
    SPEAKS(has_no_descriptor_to_accept, "idle_turns",
           "descriptor 3 is readable, at once and each time: accept() fails "
           "with EMFILE, so the connection stays in the queue"),
    SPEAKS(judges_the_end_by_an_old_errno, "idle_turns",
           "And errno says nothing of a 0"),
    SPEAKS(wants_to_write_to_a_new_client, "idle_turns",
           "descriptor 7 is writable, at once and each time, and there is "
           "nothing to send."),
    SPEAKS(waits_behind_the_end, "idle_turns",
           "descriptor 4 is readable, at once and each time: recv() has "
           "returned 0 there, the end of the stream"),
    SPEAKS(waits_for_the_lost, "idle_turns",
           "recv() failed with ECONNRESET, so that connection is gone. Close"),
    SPEAKS(shuts_down_what_is_gone, "status", "send() failed with EPIPE"),
    SPEAKS(receives_from_another_one, "idle_turns",
           "Instead, recv() is called on descriptor 5, where nothing is"),
    SPEAKS(asks_about_another_one, "idle_turns",
           "and your program does not take what is there"),
    SPEAKS(makes_nothing_of_an_attempt, "idle_turns",
           "each time: what connect() has begun (EINPROGRESS) is over"),
    SPEAKS(makes_nothing_of_a_refusal, "idle_turns",
           "descriptor 4 is readable, at once and each time: what connect()"),
    SILENT(receives_in_a_loop, "idle_turns", "spin", "recv()"),
    SPEAKS(epoll_returns_for_nothing, "idle_turns",
           "epoll_pwait() returns at once each time, and nothing is done."),
    SPEAKS(epoll_returns_for_the_end, "idle_turns",
           "and then recv() returns 0. That is the end of the stream"),
    SPEAKS(epoll_returns_for_a_full_socket, "idle_turns",
           "and then send() fails with EAGAIN. So it is something else that "
           "is ready"),
    SPEAKS(epoll_returns_for_a_client, "idle_turns",
           "and then accept() fails with EMFILE. So the connection stays in "
           "the queue"),
    SPEAKS(tries_often_in_each_turn, "idle_turns",
           "and then accept() fails with ENOBUFS. So the connection stays in "
           "the queue"),
    SILENT(spins_without_waiting, "idle_turns", "spin",
           "it calls recv() over and over, and each time the answer is -1 "
           "EAGAIN. EAGAIN is no failure: there is nothing to do on"),
    SPEAKS(spins_without_waiting, "spin",
           "it calls recv() over and over, and each time the answer is -1 "
           "EAGAIN. EAGAIN is no failure: there is nothing to do on"),
    SPEAKS(spins_over_the_end, "spin", "answer is 0. Let it wait for"),
    SPEAKS(spins_without_calls, "spin",
           "runs in circles without waiting for anything; its last call on a "
           "socket was recv()."),
    SPEAKS(tries_and_sleeps, "spin",
           "wakes up again and again: it tries its sockets, nanosleep() lets "
           "time pass"),
    SILENT(sleeps_and_hangs, "spin", "blocked", "blocked in recv()"),
    SPEAKS(sleeps_once, "spin", "it calls recv() over and over"),
    SILENT(asks_often_and_hangs, "spin", "blocked",
           "Your program is blocked in recv()"),
    {.happened = NULL},
};
