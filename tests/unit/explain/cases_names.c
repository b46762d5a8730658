// Cases for detect_names.c, and for what others say where there are names.

#include "hand_cases.h"

#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// The program was told of a name, and has ended; it said that on stderr.
static void resolver_says(const char *command, const char *reason)
{
    char *text;
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    snprintf(hand.program.command, sizeof hand.program.command, "%s", command);
    ck_assert_int_ne(asprintf(&text, "server: %s\n", reason), -1);
    hand_complains(text);
    hand_ends(HAND_EXIT(1));
}

static void asks_for_another_family(void)
{
    resolver_says("server ::1 0", "Address family for hostname not supported");
}

static void looks_up_nothing(void)
{
    resolver_says("server \"\" 0", "Name or service not known");
}

static void allows_numbers_only(void)
{
    resolver_says("server made.up 0", "Name or service not known");
}

static void has_odd_hints(void)
{
    resolver_says("server 127.0.0.1 0", "Bad value for ai_flags");
}

static void has_no_memory(void)
{
    resolver_says("server 127.0.0.1 0", "Cannot allocate memory");
}

static void makes_socket_for(int family)
{
    struct call *call = hand_call(SYS_socket, -1, 0, 5);
    call->args[0] = (uint64_t)family;
    call->args[1] = SOCK_STREAM;
}

static void connects(const char *address, uint64_t size, int64_t result)
{
    struct call *call = hand_call(SYS_connect, 5, 0, result);
    call->args[2] = size;
    hand_note(call, address);
}

static void has_ipv4_socket_for_ipv6(void)
{
    makes_socket_for(AF_INET);
    connects("[::1]:7", 28, -EAFNOSUPPORT);
}

static void sets_ipv6_option_for_ipv4(void)
{
    makes_socket_for(AF_INET);
    struct call *call = hand_call(SYS_setsockopt, 5, 0, -ENOPROTOOPT);
    call->args[1] = IPPROTO_IPV6;
}

static void is_refused_by_ipv6(void)
{
    makes_socket_for(AF_INET6);
    connects("[::1]:7", 28, -ECONNREFUSED);
}

static void cuts_ipv6_address(void)
{
    makes_socket_for(AF_INET6);
    connects("", 16, -EINVAL);
}

static void cuts_nothing(void)
{
    makes_socket_for(AF_INET6);
    connects("[::1]:7", 28, -EINVAL);
}

static void uses_socket_again(void)
{
    is_refused_by_ipv6();
    connects("127.0.0.1:7", 16, -EINVAL);
}

static void tries_the_same_again(void)
{
    is_refused_by_ipv6();
    connects("[::1]:7", 28, -ECONNREFUSED);
}

static void makes_another_socket(void)
{
    is_refused_by_ipv6();
    hand_call(SYS_close, 5, 0, 0);
    is_refused_by_ipv6();
}

// bind() has failed for the only address that the server has tried.
static void binds_in_vain(bool names_are_made)
{
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    stage_current()->tracer.resolver.is_made = names_are_made;
    hand_note(hand_call(SYS_bind, 3, 16, -EADDRNOTAVAIL), "127.0.0.1:7");
    hand_ends(HAND_EXIT(1));
}

static void has_a_name_to_bind(void)
{
    binds_in_vain(true);
}

static void has_an_address_to_bind(void)
{
    binds_in_vain(false);
}

static void makes_any_socket(void)
{
    is_refused_by_ipv6();
    hand_call(SYS_close, 5, 0, 0);
    makes_socket_for(AF_INET6);
    struct call *call = hand_call(SYS_socket, -1, 0, 6);
    call->args[0] = AF_INET;
    call->args[1] = SOCK_DGRAM;
}

// Another client is there when the first has gone, and the server with it.
static void ends_after_one(bool was_told)
{
    struct peer *first = hand_server();
    hand_call(SYS_accept, 3, 0, 3 + first->number);
    hand_call(SYS_close, 3 + first->number, 0, 0);
    hand_server();
    hand.program.was_told_to_stop = was_told;
    hand_ends(0);
}

static void ends_after_its_first(void)
{
    ends_after_one(false);
}

static void ends_when_told(void)
{
    ends_after_one(true);
}

// bind() has succeeded before at that address, and fails for port 7.
static void binds_after(const char *address, bool closes)
{
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand_note(hand_call(SYS_bind, 3, 16, 0), address);
    hand_call(SYS_listen, 3, 0, 0);
    if (closes)
        hand_call(SYS_close, 3, 0, 0);
    hand_note(hand_call(SYS_bind, 4, 16, -EADDRINUSE), "0.0.0.0:7");
    hand_ends(HAND_EXIT(1));
}

static void has_the_port_itself(void)
{
    binds_after("[::]:7", false);
}

static void has_had_the_port(void)
{
    binds_after("[::]:7", true);
}

static void has_another_port(void)
{
    binds_after("[::]:77", false);
}

// The second of two addresses can be had; what comes behind that is not
// written.
static void listens_on_the_second(void)
{
    has_a_name_to_bind();
    hand_note(hand_call(SYS_bind, 4, 16, 0), "127.0.0.2:7");
    hand_call(SYS_listen, 4, 0, 0);
    hand_complains("names: TODO 3.4, names_text: Function not implemented\n");
}

static void says_success_without_a_socket(void)
{
    hand_complains("client: connect: Success\n");
    hand_ends(HAND_EXIT(1));
    hand.failure.wants_reason = true;
}

// A server that goes on though it can't have its port, beside the grader's.
static void listens_all_the_same(void)
{
    struct peer *other = hand_client();
    other->listening = true;
    makes_socket_for(AF_INET);
    hand_note(hand_call(SYS_bind, 5, 16, -EADDRINUSE), "127.0.0.1:7");
    hand_call(SYS_listen, 5, 0, 0);
}

static void announces_an_error(const char *text)
{
    char *line;
    ck_assert_int_ne(asprintf(&line, "listening on %s\n", text), -1);
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand_prints(line);
    free(line);
}

static void has_no_room_for_the_port(void)
{
    announces_an_error(gai_strerror(EAI_OVERFLOW));
}

static void has_no_family(void)
{
    announces_an_error(gai_strerror(EAI_FAMILY));
}

static void announces_another_error(void)
{
    announces_an_error("Unknown error 5");
}

static void sets_v6only(int level, int64_t result)
{
    struct call *call = hand_call(SYS_setsockopt, 5, 0, result);
    call->args[1] = (uint64_t)level;
    call->args[2] = IPV6_V6ONLY;
}

static void sets_v6only_after_bind(void)
{
    makes_socket_for(AF_INET6);
    hand_note(hand_call(SYS_bind, 5, 28, 0), "[::1]:7");
    sets_v6only(IPPROTO_IPV6, -EINVAL);
}

static void sets_v6only_for_all_sockets(void)
{
    makes_socket_for(AF_INET6);
    sets_v6only(SOL_SOCKET, -EINVAL);
}

// That is for another reason, as its length.
static void sets_v6only_before_bind(void)
{
    makes_socket_for(AF_INET6);
    sets_v6only(IPPROTO_IPV6, -EINVAL);
}

// An attempt was interrupted; after a wait for it, or without one, the socket
// is asked, and closed.
static void closes_what_was_told(bool waits, int error)
{
    hand_client();
    connects("127.0.0.1:7", 16, -EINTR);
    if (waits)
        hand_call(SYS_poll, -1, 0, 1)->on_socket = true;
    struct call *asked = hand_call(SYS_getsockopt, 5, 0, 0);
    asked->args[1] = SOL_SOCKET;
    asked->args[2] = SO_ERROR;
    memcpy(asked->note, &error, sizeof error);
    asked->note_size = sizeof error;
    hand_call(SYS_close, 5, 0, 0);
    hand_ends(HAND_EXIT(1));
}

static void closes_what_has_succeeded(void)
{
    closes_what_was_told(true, 0);
}

static void asks_too_early(void)
{
    closes_what_was_told(false, 0);
}

static void closes_what_has_failed(void)
{
    closes_what_was_told(true, ECONNREFUSED);
}

static void tries_another_after_success(void)
{
    hand_client();
    connects("127.0.0.1:7", 16, 0);
    hand_note(hand_call(SYS_connect, 6, 16, -ECONNREFUSED), "127.0.0.2:7");
    hand_ends(HAND_EXIT(1));
}

static void connects_often(bool changes)
{
    stage_current()->tracer.resolver.is_made = true;
    hand_client();
    hand.failure.wait = WAIT_SPINS;
    for (int i = 0; i < 20; i++)
        connects(changes && i % 2 == 0 ? "127.0.0.2:7" : "127.0.0.1:7", 16,
                 -ECONNREFUSED);
}

static void tries_one_for_ever(void)
{
    connects_often(false);
}

// When it is judged, the next attempt has only begun.
static void is_in_one_for_ever(void)
{
    tries_one_for_ever();
    hand_blocks(SYS_connect, 3, 0);
}

static void tries_two_for_ever(void)
{
    connects_often(true);
}

const struct hand_case names_cases[] = {
    SPEAKS(sets_v6only_after_bind, "option_refused", "between socket() and"),
    SPEAKS(sets_v6only_for_all_sockets, "option_refused", "at level 1 it is"),
    SILENT(sets_v6only_before_bind, "option_refused", "last_call", "EINVAL"),
    SPEAKS(closes_what_has_succeeded, "success_left", "Go by that answer"),
    SILENT(asks_too_early, "success_left", "last_call", "close(5)"),
    SILENT(closes_what_has_failed, "success_left", "last_call", "close(5)"),
    SPEAKS(tries_another_after_success, "success_left",
           "then tried 127.0.0.2:7"),
    SPEAKS(tries_one_for_ever, "address_repeated", "beyond that address"),
    SPEAKS(is_in_one_for_ever, "address_repeated", "beyond that address"),
    SILENT(tries_two_for_ever, "address_repeated", "spin", "over and over"),
    SPEAKS(says_success_without_a_socket, "wrong_status",
           "has not even made a socket"),
    SILENT(listens_all_the_same, "no_connect", "error_ignored",
           "your program went on with listen() as if"),
    SPEAKS(has_no_room_for_the_port, "odd_announcement", "EAI_OVERFLOW"),
    SPEAKS(has_no_family, "odd_announcement", "AF_INET takes 16 bytes"),
    SPEAKS(announces_another_error, "odd_announcement", "a line of its own"),
    SPEAKS(has_the_port_itself, "own_port", "as your own program has that"),
    SILENT(has_had_the_port, "own_port", "port_in_use", "No other server has"),
    SPEAKS(has_had_the_port, "port_in_use", "No other server has that port"),
    SPEAKS(has_another_port, "port_in_use", "No other server has that port"),
    SILENT(listens_on_the_second, "address_passed_over", "open_todo",
           "TODO 3.4"),
    SPEAKS(makes_any_socket, "any_socket_type", "SOCK_DGRAM, for UDP"),
    SILENT(makes_another_socket, "any_socket_type", "last_call",
           "ECONNREFUSED"),
    SPEAKS(ends_after_its_first, "ended_after_one", "another client is there"),
    SILENT(ends_when_told, "ended_after_one", "last_call", "exit status 0"),
    SPEAKS(asks_for_another_family, "resolver_refused", "AF_UNSPEC"),
    SPEAKS(looks_up_nothing, "resolver_refused", "given NULL"),
    SPEAKS(allows_numbers_only, "resolver_refused", "AI_NUMERICHOST"),
    SPEAKS(has_odd_hints, "resolver_refused", "all members that you don't set"),
    SILENT(has_no_memory, "resolver_refused", "last_call",
           "Cannot allocate memory"),
    SPEAKS(has_ipv4_socket_for_ipv6, "other_family",
           "made a socket for IPv4 (AF_INET), and connect() uses it for IPv6"),
    SPEAKS(sets_ipv6_option_for_ipv4, "other_family",
           "sets an option of IPv6 on it"),
    SILENT(is_refused_by_ipv6, "other_family", "last_call", "ECONNREFUSED"),
    SPEAKS(cuts_ipv6_address, "address_cut", "an address of 16 bytes"),
    SILENT(cuts_nothing, "address_cut", "last_call", "EINVAL"),
    SPEAKS(uses_socket_again, "socket_reused", "whose attempt at [::1]:7"),
    SILENT(makes_another_socket, "socket_reused", "last_call", "ECONNREFUSED"),
    SILENT(tries_the_same_again, "socket_reused", "last_call", "ECONNREFUSED"),
    SPEAKS(has_a_name_to_bind, "address_passed_over",
           "failed with EADDRNOTAVAIL for 127.0.0.1:7"),
    SILENT(has_an_address_to_bind, "address_passed_over", "status",
           "EADDRNOTAVAIL"),
    {.happened = NULL},
};
