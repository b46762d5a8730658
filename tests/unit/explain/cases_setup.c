// Cases of the detectors for the set-up: what goes wrong before any byte.

#include "hand_cases.h"

#include "stage/peer.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void address_buffer_has_no_length(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 0xbebebebe, -EINVAL);
}

static void address_buffer_has_a_length(void)
{
    hand_server();
    hand_call(SYS_accept, 3, 16, -EINVAL);
}

static void makes_socket(int domain, int type)
{
    struct call *call = hand_call(SYS_socket, -1, 0, 3);
    call->args[0] = (uint64_t)domain;
    call->args[1] = (uint64_t)type;
}

static void socket_is_for_udp(void)
{
    makes_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC);
}

static void socket_is_raw(void)
{
    makes_socket(AF_INET, SOCK_RAW);
}

static void socket_is_for_tcp(void)
{
    makes_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
}

static void datagrams_stay_at_home(void)
{
    makes_socket(AF_UNIX, SOCK_DGRAM);
}

static void binds_with_size_of_pointer(void)
{
    hand_call(SYS_bind, 3, 8, -EINVAL);
}

static void binds_twice(void)
{
    hand_call(SYS_bind, 3, 16, -EINVAL);
}

static void connects_without_family(void)
{
    hand_call(SYS_connect, 3, 16, -EAFNOSUPPORT);
}

static void socket_has_no_family(void)
{
    hand_call(SYS_socket, -1, 0, -EAFNOSUPPORT);
}

static void announces(const char *text)
{
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand_call(SYS_listen, 3, 0, 0);
    hand_prints(text);
}

static void announces_on_stderr(void)
{
    announces("");
    hand_complains("listening on 127.0.0.1:1\n");
}

static void announces_without_newline(void)
{
    announces("listening on 127.0.0.1:1");
}

static void announces_port_0(void)
{
    announces("listening on 127.0.0.1:0\n");
}

static void announces_in_a_sentence(void)
{
    announces("I am listening on 127.0.0.1:1\n");
}

static void announces_nothing(void)
{
    announces("Hello\n");
}

static void announces_by_the_way(void)
{
    announces_on_stderr();
    hand.failure.awaits = AWAITS_PROGRAM_END;
}

static void finds_port_taken(void)
{
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand_call(SYS_bind, 3, 16, -EADDRINUSE);
    hand_complains("bind: Address already in use\n");
    hand_ends(HAND_EXIT(1));
}

// Here it was meant to be taken.
static void finds_port_busy(void)
{
    finds_port_taken();
    hand.failure.awaits = AWAITS_NOTHING;
}

static void sets_option(int option)
{
    struct call *call = hand_call(SYS_setsockopt, 3, 0, 0);
    call->args[1] = SOL_SOCKET;
    call->args[2] = (uint64_t)option;
    hand_call(SYS_bind, 3, 16, 0);
    hand.failure.awaits = AWAITS_PROGRAM_END;
}

static void shares_its_port(void)
{
    sets_option(SO_REUSEPORT);
}

static void reuses_its_port(void)
{
    sets_option(SO_REUSEADDR);
}

static void shares_its_port_and_ends(void)
{
    sets_option(SO_REUSEPORT);
    hand_ends(HAND_EXIT(0));
}

static void writes_announcement(void)
{
    hand_note(hand_call(SYS_write, 1, 30, 30), "listening on 127.0.0.1:1\n");
}

static void listens_after_the_announcement(void)
{
    writes_announcement();
    hand_call(SYS_listen, 3, 0, 0);
}

static void listens_before_the_announcement(void)
{
    hand_call(SYS_listen, 3, 0, 0);
    writes_announcement();
}

static int listener = -1;

static void stops_listening(void)
{
    if (listener != -1)
        close(listener);
    listener = -1;
}

// Listens in the program's name, and nowhere else, at a port that is another
// one with its bytes exchanged. Returns the address.
static union endpoint listens_for_it(void)
{
    union endpoint is;
    do {
        endpoint_make("127.0.0.1", 0, &is);
        stops_listening();
        listener = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(bind(listener, &is.any, endpoint_size(&is)), 0);
        ck_assert_int_eq(listen(listener, 1), 0);
        is = local_of(listener);
    } while (is.v4.sin_port == ntohs(is.v4.sin_port));
    return is;
}

// A client is refused at the address that the server has announced.
static void refuses_at(union endpoint address)
{
    struct peer *peer = hand_server();
    peer->connected = false;
    peer->saw_error = ECONNREFUSED;
    hand.program.address = address;
}

static void never_listens(void)
{
    stops_listening();
    refuses_at((union endpoint){.v4 = {AF_INET, htons(1), {0}, {0}}});
    hand_call(SYS_bind, 3, 16, 0);
}

static void listens_no_more(void)
{
    stops_listening();
    refuses_at((union endpoint){.v4 = {AF_INET, htons(1), {0}, {0}}});
    hand_call(SYS_listen, 3, 0, 0);
}

static void listens_unbound(void)
{
    union endpoint is = listens_for_it();
    is.v4.sin_port ^= htons(1);
    refuses_at(is);
}

static void listens_at_another_port(void)
{
    listens_unbound();
    hand_note(hand_call(SYS_bind, 3, 16, 0), "127.0.0.1:7");
}

static void exchanges_bytes(const char *bound)
{
    union endpoint is = listens_for_it();
    is.v4.sin_port = ntohs(is.v4.sin_port);
    refuses_at(is);
    hand_note(hand_call(SYS_bind, 3, 16, 0), bound);
}

static void binds_exchanged_port(void)
{
    exchanges_bytes("127.0.0.1:7");
}

static void announces_exchanged_port(void)
{
    exchanges_bytes("127.0.0.1:0");
}

// It was told 127.0.0.1, and it has let somebody in at 127.0.0.2.
static void listens_everywhere(void)
{
    union endpoint is = listens_for_it();
    struct peer *peer = hand_server();
    hand.program.address = is;
    peer->remote.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    hand_call(SYS_bind, 3, 16, 0);
}

static void listens_where_told(void)
{
    listens_everywhere();
    hand.failure.peer->remote = hand.program.address;
}

static void announcement_is_kept(void)
{
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand.failure.wait = WAIT_HANGS;
    hand_call(SYS_listen, 3, 0, 0);
    hand_blocks(SYS_accept, 3, 0);
}

static void some_line_comes_out(void)
{
    announcement_is_kept();
    hand_prints("Hello\n");
}

// A client that tries to connect to that address, and should to port 5000.
static void connects_to(const char *address)
{
    struct peer *peer = hand_client();
    peer->connected = false;
    peer->listening = true;
    peer->local.v4.sin_port = htons(5000);
    hand_note(hand_call(SYS_connect, 4, 16, -ECONNREFUSED), address);
}

static void connects_elsewhere(void)
{
    connects_to("127.0.0.2:5000");
}

// 5000 is 0x1388, and 34835 is 0x8813.
static void connects_to_exchanged_port(void)
{
    connects_to("127.0.0.1:34835");
}

static void connects_where_told(void)
{
    connects_to("127.0.0.1:5000");
}

static void another_process_connects_elsewhere(void)
{
    connects_to("127.0.0.2:5000");
    hand.program.pid++;
}

static void binds_behind_listen(void)
{
    hand_call(SYS_listen, 3, 1, 0);
    hand_call(SYS_bind, 3, 16, -EINVAL)->args[2] = 16;
}

static void binds_again_behind_listen(void)
{
    hand_call(SYS_bind, 3, 16, 0)->args[2] = 16;
    binds_behind_listen();
}

static void binds_twice_in_vain(void)
{
    hand_call(SYS_bind, 3, 16, -EINVAL)->args[2] = 16;
    hand_call(SYS_listen, 3, 1, 0);
}

const struct hand_case setup_cases[] = {
    SPEAKS(address_buffer_has_no_length, "address_length",
           "points to was 0xbebebebe"),
    SILENT(address_buffer_has_a_length, "address_length", "last_call",
           "accept(3) = -1 EINVAL"),
    SPEAKS(socket_is_for_udp, "wrong_socket_type", "SOCK_DGRAM, for UDP"),
    SPEAKS(socket_is_raw, "wrong_socket_type", "of type raw"),
    SILENT(socket_is_for_tcp, "wrong_socket_type", "last_call", "socket()"),
    SILENT(datagrams_stay_at_home, "wrong_socket_type", "last_call",
           "socket()"),
    SPEAKS(binds_with_size_of_pointer, "bad_address",
           "bind() was given an address of 8 bytes"),
    SILENT(binds_twice, "bad_address", "last_call", "bind(3) = -1 EINVAL"),
    SPEAKS(connects_without_family, "bad_address",
           "connect() failed with EAFNOSUPPORT"),
    SILENT(socket_has_no_family, "bad_address", "last_call",
           "socket() = -1 EAFNOSUPPORT"),
    SPEAKS(announces_on_stderr, "odd_announcement", "announcement on stderr"),
    SPEAKS(announces_without_newline, "odd_announcement", "but no newline"),
    SPEAKS(announces_port_0, "odd_announcement", "told by getsockname()"),
    SPEAKS(announces_in_a_sentence, "odd_announcement", "a line of its own"),
    SILENT(announces_nothing, "odd_announcement", "last_call", "listen(3, "),
    SILENT(announces_by_the_way, "odd_announcement", "last_call", "listen(3, "),
    SPEAKS(finds_port_taken, "port_in_use", "bind() failed with EADDRINUSE"),
    SILENT(finds_port_busy, "port_in_use", "status",
           "bind() failed with EADDRINUSE (Address already in use)"),
    SPEAKS(shares_its_port, "shared_port", "sets SO_REUSEPORT"),
    SILENT(reuses_its_port, "shared_port", "last_call", "bind(3)"),
    SILENT(shares_its_port_and_ends, "shared_port", "last_call",
           "ended with exit status 0"),
    SPEAKS(listens_after_the_announcement, "early_announcement",
           "before it calls listen()"),
    SILENT(listens_before_the_announcement, "early_announcement", "last_call",
           "listen(3, "),
    SPEAKS(never_listens, "no_listener", "it never calls listen()"),
    SPEAKS(listens_unbound, "no_listener", "It never calls bind()"),
    SPEAKS(listens_at_another_port, "no_listener",
           "not the port it was to use"),
    SPEAKS(binds_exchanged_port, "no_listener", "so it needs htons()"),
    SPEAKS(announces_exchanged_port, "no_listener",
           "printing it needs ntohs()"),
    SPEAKS(listens_everywhere, "no_listener", "not the address it was given"),
    SILENT(listens_no_more, "no_listener", "last_call", "listen(3, "),
    SILENT(listens_where_told, "no_listener", "last_call", "bind(3)"),
    SPEAKS(announcement_is_kept, "no_flush",
           "accept() waits for a client, but "
           "nothing has come out of stdout"),
    SILENT(some_line_comes_out, "no_flush", "blocked",
           "Your program is blocked in accept()"),
    SPEAKS(connects_elsewhere, "wrong_target",
           "connects to 127.0.0.2:5000 instead of 127.0.0.1:5000."),
    SPEAKS(connects_to_exchanged_port, "wrong_target", "it needs htons()"),
    SILENT(connects_where_told, "wrong_target", "last_call",
           "connect(4, 127.0.0.1:5000) = -1 ECONNREFUSED"),
    SILENT(another_process_connects_elsewhere, "wrong_target", "last_call",
           "connect(4, 127.0.0.2:5000) = -1 ECONNREFUSED"),
    SPEAKS(binds_behind_listen, "listened_first",
           "bind() failed with EINVAL: the socket has an address already"),
    SILENT(binds_again_behind_listen, "listened_first", "last_call", "EINVAL"),
    SILENT(binds_twice_in_vain, "listened_first", "error_ignored",
           "your program went on with listen()"),
    {.happened = NULL},
};
