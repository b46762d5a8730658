// Cases of the detector for an option that is not as it should be.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// Descriptor 3 listens, and 4 is the connection to the only client.
static void wants(int level, int option, int value)
{
    static struct wanted_option wanted;
    wanted = (struct wanted_option){
        .level = level, .option = option, .value = value};
    hand_server();
    hand.failure.wanted_option = &wanted;
    hand.failure.means = "It is of use.";
}

static void wants_of_listener(int option)
{
    static struct wanted_option wanted;
    wanted = (struct wanted_option){.level = SOL_SOCKET,
                                    .option = option,
                                    .any = true,
                                    .of_listener = true};
    hand_server();
    hand.failure.wanted_option = &wanted;
    hand.failure.means = "It is of use.";
}

static struct call *sets(int fd, int level, int option, int value, int result)
{
    struct call *call = hand_call(SYS_setsockopt, fd, 0, result);
    call->args[1] = (uint64_t)level;
    call->args[2] = (uint64_t)option;
    call->args[4] = sizeof value;
    memcpy(call->note, &value, sizeof value);
    call->note_size = sizeof value;
    return call;
}

static void accepts(void)
{
    hand_call(SYS_listen, 3, 0, 0);
    hand_call(SYS_accept, 3, 0, 4);
}

static void nothing_sets_it(void)
{
    wants(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    accepts();
    sets(4, SOL_SOCKET, SO_KEEPALIVE, 1, 0);
}

static void another_level(void)
{
    wants(IPPROTO_TCP, TCP_NODELAY, 1);
    accepts();
    sets(4, SOL_SOCKET, TCP_NODELAY, 1, -EACCES);
}

static void levels_are_put_together(void)
{
    wants(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    accepts();
    sets(4, IPPROTO_TCP, TCP_KEEPINTVL | TCP_KEEPCNT, 5, 0);
}

static void buffers_are_put_together(void)
{
    wants_of_listener(SO_SNDBUF);
    sets(3, SOL_SOCKET, SO_SNDBUF | SO_RCVBUF, 65536, 0);
    accepts();
}

// It is that option, and not what comes of others.
static void shares_and_sets_no_buffer(void)
{
    wants_of_listener(SO_SNDBUF);
    sets(3, SOL_SOCKET, SO_REUSEPORT, 1, 0);
    accepts();
}

static void one_byte_of_value(void)
{
    wants(IPPROTO_TCP, TCP_NODELAY, 1);
    accepts();
    sets(4, IPPROTO_TCP, TCP_NODELAY, 1, -EINVAL)->args[4] = 1;
}

static void value_as_address(void)
{
    wants(IPPROTO_TCP, TCP_NODELAY, 1);
    accepts();
    sets(4, IPPROTO_TCP, TCP_NODELAY, 1, -EFAULT)->note_size = 0;
}

static void milliseconds(void)
{
    wants(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    accepts();
    sets(4, IPPROTO_TCP, TCP_KEEPIDLE, 30000, 0);
}

static void seconds(void)
{
    wants(IPPROTO_TCP, TCP_USER_TIMEOUT, 20000);
    accepts();
    sets(4, IPPROTO_TCP, TCP_USER_TIMEOUT, 20, 0);
}

static void another_value(void)
{
    wants(IPPROTO_TCP, TCP_KEEPCNT, 3);
    accepts();
    sets(4, IPPROTO_TCP, TCP_KEEPCNT, 5, 0);
}

static void on_the_listener_too_late(void)
{
    wants(IPPROTO_TCP, TCP_KEEPCNT, 3);
    accepts();
    sets(3, IPPROTO_TCP, TCP_KEEPCNT, 3, 0)->ended_us = 1000;
}

static void on_another_socket(void)
{
    wants(IPPROTO_TCP, TCP_KEEPCNT, 3);
    accepts();
    sets(9, IPPROTO_TCP, TCP_KEEPCNT, 3, 0);
}

static void on_the_connection(void)
{
    wants(IPPROTO_TCP, TCP_KEEPCNT, 3);
    accepts();
    sets(4, IPPROTO_TCP, TCP_KEEPCNT, 3, 0)->port =
        hand.failure.peer->local.v4.sin_port;
}

static void on_the_wrong_one_of_two(void)
{
    wants_of_listener(SO_REUSEADDR);
    accepts();
    sets(4, SOL_SOCKET, SO_REUSEADDR, 1, 0);
}

static void one_for_another(void)
{
    wants_of_listener(SO_REUSEADDR);
    sets(3, SOL_SOCKET, SO_REUSEPORT, 1, 0);
    accepts();
}

// It's about something else.
static void no_option_is_wanted(void)
{
    hand_server();
    accepts();
    sets(4, SOL_SOCKET, TCP_NODELAY, 1, 0);
}

// The connection is a real one: there lies what its client has sent.
static void waits_with_low_water(int level)
{
    struct peer *peer = hand_server();
    const int fd = hand_connects(peer);
    hand_sends(peer, 36);
    ck_assert_int_eq(send(peer->socket.fd, peer->out.at, 36, 0), 36);
    peer->sent = 36;
    accepts();
    sets(fd, level, SO_RCVLOWAT, 20000, 0);
    hand_blocks(SYS_recvfrom, fd, 4)->port = peer->local.v4.sin_port;
    hand.failure.wait = WAIT_HANGS;
}

static void waits_for_20000(void)
{
    waits_with_low_water(SOL_SOCKET);
}

static void waits_with_a_timeout(void)
{
    waits_with_low_water(IPPROTO_TCP);
}

// The port that the first server has, which goes on, was to be shared.
static void finds_the_first_there(long late_us)
{
    static struct program first;
    hand_server();
    first = (struct program){.address = hand.program.address};
    stage_current()->programs = &first;
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    struct call *bound = hand_call(SYS_bind, 3, 16, -EADDRINUSE);
    hand_note(bound, "127.0.0.1:40000");
    bound->ended_us = 1000;
    if (late_us != 0)
        sets(3, SOL_SOCKET, SO_REUSEPORT, 1, 0)->ended_us =
            (uint64_t)(1000 + late_us);
    hand_ends(HAND_EXIT(1));
}

static void shares_too_late(void)
{
    finds_the_first_there(1);
}

static void shares_nothing(void)
{
    finds_the_first_there(0);
}

const struct hand_case options_cases[] = {
    SPEAKS(nothing_sets_it, "option_missed",
           "No call of your program sets TCP_KEEPIDLE. It is of use."),
    SPEAKS(another_level, "option_missed",
           "asks for it at level SOL_SOCKET (1). There it is SO_DEBUG: each "
           "level counts"),
    SPEAKS(levels_are_put_together, "option_missed",
           "asks for option 7. That is what comes of several options"),
    SPEAKS(buffers_are_put_together, "option_missed",
           "it is none of them but SO_REUSEPORT."),
    SPEAKS(shares_and_sets_no_buffer, "option_missed",
           "No call of your program sets SO_SNDBUF."),
    SPEAKS(one_byte_of_value, "option_missed",
           "told that the value has 1 byte, and it is an int"),
    SPEAKS(value_as_address, "option_missed", "has to point to the value"),
    SPEAKS(milliseconds, "option_missed",
           "a thousand times what was wanted, 30. It is counted in seconds"),
    SPEAKS(seconds, "option_missed",
           "the thousandth part of what was wanted, 20000."),
    SPEAKS(another_value, "option_missed", "to 5, and it is to be 3."),
    SPEAKS(on_the_listener_too_late, "option_missed",
           "on the listening socket, but not before listen()"),
    SPEAKS(on_another_socket, "option_missed",
           "on descriptor 9, and that is another socket."),
    SILENT(on_the_connection, "option_missed", "meaning", "It is of use."),
    SPEAKS(on_the_wrong_one_of_two, "option_missed",
           "on descriptor 4, which does not listen."),
    SPEAKS(one_for_another, "option_missed", "nothing sets SO_REUSEADDR."),
    SILENT(no_option_is_wanted, "option_missed", "last_call", "setsockopt(4, "),
    SPEAKS(waits_for_20000, "low_water",
           "has set SO_RCVLOWAT to 20000: it waits for so many"),
    SILENT(waits_with_a_timeout, "low_water", "blocked",
           "Your program is blocked in recv()"),
    SPEAKS(shares_too_late, "port_in_use", "sets it behind bind()."),
    SPEAKS(shares_nothing, "port_in_use",
           "your first server listens at that port, and goes on."),
    {.happened = NULL},
};
