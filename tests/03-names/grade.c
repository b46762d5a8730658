// Grading tests for lesson 03: what dual_server promises, check by check, in
// the order in which the TODOs make them pass. dual_client's are in
// grade_client.c.

#include "grader/grade.h"

#include "dual.h"
#include "words/content.h"
#include "words/echoes.h"
#include "words/naming.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>

LESSON("03-names", "Names, two families of addresses, one client after another",
       PROTOCOL_ECHO | PROTOCOL_IN_TURN)

static const char *const nothing[] = {NULL};

GRADED(says_why_an_unknown_name_is_none, 1,
       "ends with status 1 and the resolver's reason for an unknown name",
       "getaddrinfo() doesn't set errno, but for one of its errors. Where does "
       "it say what went wrong, and who has words for that? And what stands in "
       "the members of hints that you have not set?")
{
    name_addresses(nothing, 0);
    expect_resolver_reason(start_with_arguments(SERVER, "no.such.name", "0"),
                           EAI_NONAME);
    begin_timeline_anew();
    expect_resolver_reason(start_with_arguments(CLIENT, "no.such.name", "7"),
                           EAI_NONAME);
}

GRADED(reports_a_busy_port, 1,
       "ends with status 1 and the reason when another has its port",
       "Which call fails if the port is taken, and is errno still that call's "
       "when you say so?")
{
    struct peer *other = peer_listen(peer_own_host());
    expect_error(
        start_with_arguments(SERVER, peer_own_host(), port_text(other)), 1,
        EADDRINUSE);
}

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "Which call tells the port that the kernel chose? And where does "
       "printf() put the line when stdout is a pipe?")
{
    struct program *server = start_here();
    connect_to(server);
    expect_listening_on(server);
}

GRADED(listens_where_it_is_told, 1,
       "listens on the HOST and PORT it was given, and nowhere else",
       "Which member of what getaddrinfo() gives is the address, and how long "
       "is it?")
{
    server_listens_where_told(SERVER, expect_served_client);
}

GRADED(serves_one_after_another, 3,
       "serves one client after another, and says who has connected",
       "Which of your calls stand inside the loop, and which before it? Which "
       "bytes of whose address are those that accept() has filled in?")
{
    struct program *server = start_here();
    expect_quiet(server);
    struct peer *first = connect_from_telling_port(server);
    struct peer *second = connect_from_telling_port(server);
    talk(first, "first");
    expect_quiet(server);
    talk(first, "still first");
    finish(first);
    talk(second, "second");
    finish(second);
    expect_connected_by(server, first);
    expect_connected_by(server, second);
    expect_announced_client(server);
}

GRADED(shares_its_port_with_nobody, 1,
       "does not start where another of its kind has the port",
       "SO_REUSEADDR and SO_REUSEPORT: which lets a server start again, and "
       "which lets two of them run?")
{
    server_reports_a_busy_port(SERVER);
}

GRADED(announces_ipv6_in_brackets, 1,
       "listens on an IPv6 address, which stands in brackets in its lines",
       "[::1]:80: which of the colons is the port's? And which family has the "
       "socket that you bind?")
{
    need_ipv6();
    struct program *server = start_at("::1", "0", "::1");
    expect_listening_on(server);
    expect_announced_client(server);
    expect_announced_client(server);
}

GRADED(listens_everywhere, 2,
       "listens on every interface if HOST is \"\", and names IPv4 as IPv4",
       "What does getaddrinfo() take in place of a name, and with which flag? "
       "What does accept() fill in for an IPv4 client of an IPv6 socket?")
{
    struct program *server = start_at("", "0", "127.0.0.1");
    expect_announced_client(server);
    reach_at(server, peer_own_host(), NULL);
    expect_announced_client(server);
}

GRADED(listens_everywhere_in_both_families, 2,
       "serves IPv4 and IPv6 clients if HOST is \"\"",
       "The list has 0.0.0.0 and ::. What does each of them serve, and what "
       "does IPV6_V6ONLY say?")
{
    need_ipv6();
    const char *port = free_port_text();
    struct program *server = start_at("", port, "::1");
    expect_announced_client(server);
    reach_at(server, "127.0.0.1", NULL);
    expect_announced_client(server);
    reach_at(server, "::1", NULL);
    expect_announced_client(server);
}

GRADED(says_itself_whom_ipv6_serves, 1,
       "serves both families also where IPv6 sockets serve only IPv6",
       "ip-sysctl: net.ipv6.bindv6only is 0 on most machines, not on all. "
       "Which option says it for one socket?")
{
    need_ipv6();
    make_ipv6_only();
    struct program *server = start_at("", "0", "::1");
    expect_announced_client(server);
    reach_at(server, "127.0.0.1", NULL);
    expect_announced_client(server);
}

GRADED(
    does_without_ipv6, 1,
    "serves and connects by IPv4 where the machine has no IPv6",
    "socket() fails with EAFNOSUPPORT for one of the addresses. How many are "
    "left?")
{
    make_no_ipv6();
    struct program *server = start_at("", "0", "127.0.0.1");
    expect_announced_client(server);
    begin_timeline_anew();
    struct peer *other = serve();
    name_addresses((const char *const[]){"::1", peer_own_host(), NULL}, 0);
    expect_exchange_with(other, start_client_at(NAME, other, NULL));
}

GRADED(listens_by_name, 1, "listens on the address that a name stands for",
       "What does getaddrinfo() make of a name, and what of an address?")
{
    name_addresses((const char *const[]){peer_own_host(), NULL}, 0);
    expect_announced_client(start_at(NAME, "0", peer_own_host()));
    if (!peer_has_ipv6())
        return;
    name_addresses((const char *const[]){"::1", NULL}, 0);
    begin_timeline_anew();
    expect_announced_client(start_at(NAME, "0", "::1"));
}

GRADED(listens_by_service, 1, "takes the name of a service for PORT",
       "Who knows that \"http\" is 80, and do you have to ask them yourself?")
{
    const char *port = free_port_text();
    name_addresses(nothing, (unsigned)strtoul(port, NULL, 10));
    struct program *server = start_at(peer_own_host(), SERVICE, NULL);
    reach_at(server, peer_own_host(), port);
    expect_announced_client(server);
}

// What a server has open there that has served a client.
static struct level level_at(const char *host, const char *port)
{
    struct program *server = start_at(host, port, peer_own_host());
    expect_announced_client(server);
    expect_quiet(server);
    return level_of(server);
}

GRADED(listens_on_the_first_it_can_have, 2,
       "listens on the first address of a name that can be had",
       "bind() failed for one of them. How many are left?")
{
    struct peer *other = peer_listen(dead_address(1));
    const char *const addresses[] = {"127.2.7.101", peer_own_host(), NULL};
    const char *port = port_text(other);
    name_addresses(&addresses[1], 0);
    struct level before = level_at(NAME, "0");
    name_addresses(addresses, 0);
    begin_timeline_anew();
    struct program *server = start_at(NAME, port, peer_own_host());
    expect_announced_client(server);
    // It has closed the socket that could not have the first.
    expect_quiet(server);
    expect_no_more_open(server, &before);
    // And if none can be had, it is over.
    begin_timeline_anew();
    name_addresses((const char *const[]){"127.2.7.101", NULL}, 0);
    expect_error(start_with_arguments(SERVER, NAME, port_text(other)), 1,
                 EADDRINUSE);
}

GRADED(
    refuses_a_bad_port, 1, "refuses a PORT that is no port and no service",
    "What does getaddrinfo() make of 65616? Of \"\", and of \" 80\"? Try it.")
{
    static const char *const bad[] = {
        "65536", "4294967376",      "",    "-1",
        " 80",   "no-such-service", "+80", "18446744073709551623"};
    name_addresses(nothing, 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        begin_timeline_anew();
        expect_port_refused(start_with_arguments(SERVER, "127.0.0.1", bad[i]),
                            bad[i]);
        begin_timeline_anew();
        expect_port_refused(start_with_arguments(CLIENT, "127.0.0.1", bad[i]),
                            bad[i]);
    }
}

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument is missing",
       "How many elements must argv have before you may read argv[2]?")
{
    asks_for_host_and_port(SERVER);
    asks_for_host_and_port(CLIENT);
}

static void stops_at(int signal)
{
    begin_timeline_anew();
    struct program *server = start_here();
    expect_announced_client(server);
    stop_server(server, signal);
}

GRADED(stops_on_a_signal, 1, "ends with status 0 at SIGINT and SIGTERM",
       "What does a signal do to a program that has no handler for it?")
{
    stops_at(SIGTERM);
    stops_at(SIGINT);
    // Also while it has a client: whether it finishes with that, or not.
    begin_timeline_anew();
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    stop_server(server, SIGTERM);
}
