// Cases of the detectors for calls on the wrong thing, or with arguments that
// make their answers say what they don't mean.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void receives_from_stdin(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 0, 4096, -ENOTSOCK)->on_socket = true;
}

static void receives_from_a_file(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 5, 4096, -ENOTSOCK);
}

static void sends_where_it_has_closed(void)
{
    hand_server();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_sendto, 4, 4096, -EBADF);
}

static void receives_from_the_listener(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 3, 4096, -ENOTCONN);
}

static void receives_where_connect_failed(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -ECONNREFUSED);
    hand_call(SYS_recvfrom, 4, 4096, -ENOTCONN);
}

static void asks_whether_it_is_connected(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_call(SYS_getpeername, 4, 0, -ENOTCONN);
}

static void selects_what_it_has_closed(void)
{
    hand_server();
    hand_selects(-EBADF, HAND_SET(4), 0);
}

static void closes_twice(void)
{
    hand_server();
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_close, 4, 0, -EBADF);
}

static void peeks_only(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 5)->args[3] = MSG_PEEK;
    hand_call(SYS_recvfrom, 4, 4096, 5)->args[3] = MSG_PEEK | MSG_DONTWAIT;
}

static void peeks_and_takes(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 5)->args[3] = MSG_PEEK;
    hand_call(SYS_recvfrom, 4, 4096, 5)->args[3] = MSG_DONTWAIT;
}

static void reads_only(void)
{
    hand_server();
    hand_call(SYS_read, 4, 4096, 5)->args[3] = MSG_PEEK;
}

static void has_no_room(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 0, 0);
}

static void has_room_for_one(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 1, 0);
}

// How many bytes a recvmsg() asks for is not always known.
static void asks_by_a_vector(void)
{
    hand_server();
    hand_call(SYS_recvmsg, 4, 0, 0);
}

static void shuts(int how)
{
    hand_sends(hand_server(), 1000);
    hand_call(SYS_recvfrom, 4, 4096, 500);
    hand_call(SYS_sendto, 4, 500, 500);
    hand_call(SYS_shutdown, 4, 0, 0)->args[1] = (uint64_t)how;
}

static void sends_behind_its_end(void)
{
    shuts(SHUT_WR);
    hand_call(SYS_sendto, 4, 500, -EPIPE);
}

static void receives_behind_its_end(void)
{
    shuts(SHUT_RDWR);
    hand_call(SYS_recvfrom, 4, 4096, 0);
}

// The client has finished: 0 is the truth.
static void receives_the_end(void)
{
    shuts(SHUT_WR);
    hand.failure.peer->finished = true;
    hand_call(SYS_recvfrom, 4, 4096, 0);
}

static void closes_behind_its_end(void)
{
    shuts(SHUT_WR);
    hand_call(SYS_close, 4, 0, 0);
}

static void lingers(int seconds)
{
    struct linger value = {.l_onoff = 1, .l_linger = seconds};
    hand_server()->saw_error = ECONNRESET;
    struct call *call = hand_call(SYS_setsockopt, 4, 0, 0);
    call->args[1] = SOL_SOCKET;
    call->args[2] = SO_LINGER;
    memcpy(call->note, &value, call->note_size = sizeof value);
}

static void lingers_for_no_time(void)
{
    lingers(0);
}

static void lingers_for_a_second(void)
{
    lingers(1);
}

static void lingers_and_resets_nobody(void)
{
    lingers(0);
    hand.failure.peer->saw_error = 0;
}

// What fails because of that says what came of that, and not why.
static void shuts_down_what_was_reset(const char *reason)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_call(SYS_shutdown, 4, SHUT_WR, -ENOTCONN);
    hand_complains(reason);
    hand_ends(HAND_EXIT(1));
}

static void tells_of_the_shutdown(void)
{
    shuts_down_what_was_reset("Transport endpoint is not connected\n");
}

static void tells_of_neither(void)
{
    shuts_down_what_was_reset("Success\n");
}

const struct hand_case calls_cases[] = {
    SPEAKS(tells_of_the_shutdown, "status",
           "the reason for which shutdown() failed behind that, ENOTCONN"),
    SPEAKS(tells_of_neither, "status", "gives another reason"),
    SPEAKS(receives_from_stdin, "wrong_descriptor",
           "descriptor 0, which is standard input, output or error, and no "
           "socket."),
    SPEAKS(receives_from_a_file, "wrong_descriptor",
           "descriptor 5, which is no socket."),
    SPEAKS(sends_where_it_has_closed, "wrong_descriptor",
           "send() was called on descriptor 4, which is not open (any more)."),
    SPEAKS(receives_from_the_listener, "wrong_descriptor",
           "was called on descriptor 3, which has no connection"),
    SPEAKS(receives_where_connect_failed, "wrong_descriptor",
           "connect() had failed with ECONNREFUSED. That is the reason"),
    SILENT(asks_whether_it_is_connected, "wrong_descriptor", "last_call",
           "ENOTCONN"),
    SPEAKS(selects_what_it_has_closed, "wrong_descriptor",
           "select() failed with EBADF: a descriptor that is closed"),
    SILENT(closes_twice, "wrong_descriptor", "last_call",
           "close(4) = -1 EBADF"),
    SPEAKS(peeks_only, "peek", "with MSG_PEEK, and never without it"),
    SILENT(peeks_and_takes, "peek", "last_call", "recv(4, 4096) = 5"),
    SILENT(reads_only, "peek", "last_call", "read(4, 4096) = 5"),
    SPEAKS(has_no_room, "no_room", "recv() was asked for 0 bytes"),
    SILENT(has_room_for_one, "no_room", "last_call", "recv(4, 1) = 0"),
    SILENT(asks_by_a_vector, "no_room", "last_call", "recvmsg(4, 0) = 0"),
    SPEAKS(sends_behind_its_end, "shut_early",
           "with SHUT_WR: the sending ends there. Then send() could only fail"),
    SPEAKS(receives_behind_its_end, "shut_early",
           "with SHUT_RDWR: the sending and the receiving end there. Then "
           "recv() could only return 0"),
    SILENT(receives_the_end, "shut_early", "last_call", "recv(4, 4096) = 0"),
    SILENT(closes_behind_its_end, "shut_early", "last_call", "close(4)"),
    SPEAKS(lingers_for_no_time, "linger", "SO_LINGER with a time of 0 seconds"),
    SILENT(lingers_for_a_second, "linger", "last_call", "SO_LINGER"),
    SILENT(lingers_and_resets_nobody, "linger", "last_call", "SO_LINGER"),
    {.happened = NULL},
};
