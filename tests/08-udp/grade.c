// Grading tests for lesson 08: what udp_echo_server promises, check by check,
// in the order in which the TODOs make them pass. Its addresses are in
// grade_addresses.c, what it survives in grade_survives.c; udp_echo_client's
// are in grade_client.c and grade_tries.c.

#include "grader/grade.h"

#include "udp.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

LESSON("08-udp", "Datagrams", PROTOCOL_DATAGRAMS)

static const char *port_text(const struct peer *peer)
{
    return formatted("%u", ntohs(peer->local.v4.sin_port));
}

GRADED(reports_a_busy_port, 1,
       "reports on stderr, with status 1, that another program has the port",
       "Which call tells that the port is taken, and is errno still that "
       "call's when you say so?")
{
    struct peer *other = come();
    expect_error(
        start_with_arguments(SERVER, peer_own_host(), port_text(other)), 1,
        EADDRINUSE);
}

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" once datagrams can be sent to it",
       "Which call tells the port that the kernel chose? And where does "
       "printf() put the line when stdout is a pipe?")
{
    struct program *server = serve_here();
    expect_line(server, "listening on 127.0.0.1:%u",
                ntohs(server->address.v4.sin_port));
}

GRADED(sends_back_a_datagram, 3, "sends a datagram back to where it came from",
       "Who has sent it? Which call tells that, and which one takes it?")
{
    struct program *server = serve_here();
    struct peer *client = come();
    ask_text(client, server, HELLO);
    expect_answer_text(server, client, HELLO);
    // And the next one, of any bytes; and the same once more.
    const void *bytes = random_bytes("any bytes", 300);
    expect_echoed(server, client, bytes, 300);
    expect_echoed(server, client, bytes, 300);
    expect_echoed(server, client, "a", 1);
    expect_nothing_else(server, client,
                        "Each datagram is answered by one, and by no more.");
}

GRADED(answers_each_client, 2,
       "answers each client, though their datagrams come in between each other",
       "For which of them is the address that you have kept?")
{
    enum { CLIENTS = 3, ROUNDS = 3 };
    struct program *server = serve_here();
    struct peer *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = come();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CLIENTS; i++)
            ask_text(clients[i], server,
                     formatted("%d of client %d", round, i));
        for (int i = 0; i < CLIENTS; i++)
            expect_answer_text(server, clients[i],
                               formatted("%d of client %d", round, i));
    }
    for (int i = 0; i < CLIENTS; i++)
        expect_nothing_else(
            server, clients[i],
            "It was another client's: each datagram goes back to "
            "where it came from.");
}

GRADED(sends_back_an_empty_one, 2,
       "sends back an empty datagram, and goes on after it",
       "recvfrom() returned 0. Who has finished, with whom?")
{
    struct program *server = serve_here();
    struct peer *client = come();
    expect_echoed(server, client, "", 0);
    expect_echoed(server, client, HELLO, strlen(HELLO));
    expect_echoed(server, client, "", 0);
}

GRADED(sends_back_the_longest, 2,
       "sends back a datagram of any length, up to 65,507 bytes, whole",
       "What becomes of the part of a datagram that your buffer has no room "
       "for?")
{
    static const size_t sizes[] = {1472,  1473,  2000,         8192,
                                   16384, 65000, LONGEST_IPV4, 3};
    struct program *server = serve_here();
    struct peer *client = come();
    const void *bytes = random_bytes("the longest", LONGEST_IPV4);
    for (size_t i = 0; i < COUNT(sizes); i++)
        expect_echoed(server, client, bytes, sizes[i]);
}

// Each "datagram N" comes back once: in their order, but for who has several
// threads.
static void expect_answers_in_any_order(struct program *server,
                                        struct peer *client, int count)
{
    bool seen[count];
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < count; i++) {
        int which = 0;
        expect_quiet(server);
        // One that is none of them, or comes twice, is not what is expected.
        for (int j = 0; j < count; j++)
            if (!seen[j] && is_next_answer(client, formatted("datagram %d", j)))
                which = j;
        while (seen[which])
            which = (which + 1) % count;
        seen[which] = true;
        expect_answer_text(server, client, formatted("datagram %d", which));
    }
}

GRADED(keeps_two_datagrams_apart, 1,
       "sends back each of several that wait to be received, one by one",
       "How many datagrams does one call receive, however many there are?")
{
    enum { DATAGRAMS = 20 };
    hold(CALLS_RECEIVE | CALLS_WAIT);
    struct program *server = serve_here();
    struct peer *client = come();
    for (int i = 0; i < DATAGRAMS; i++)
        ask_text(client, server, formatted("datagram %d", i));
    comes_to_be_held(server);
    program_release(server);
    expect_answers_in_any_order(server, client, DATAGRAMS);
}

GRADED(shares_its_port_with_nobody, 2,
       "does not start where another of its kind has the port",
       "Which option was right for TCP, and what does it do to UDP?")
{
    const char *host = peer_own_host(), *port = free_port_text();
    struct program *first = start_server(SERVER, host, port);
    struct program *second = start_with_arguments(SERVER, host, port);
    expect_quiet(second);
    const struct failure failure = {
        .program = second,
        .is_sure = true,
        .awaits = AWAITS_PROGRAM_END,
        .means = "Two programs have the same port now, and the second gets all "
                 "that is sent to it: the first never hears of anybody again. "
                 "SO_REUSEADDR does that to UDP, and SO_REUSEPORT shares it. A "
                 "TCP server needs the first of them, as its old connections "
                 "outlive it; UDP has none. Leave it out. Read: man 7 socket, "
                 "SO_REUSEADDR.",
    };
    if (!second->ended)
        expect_fail(&failure, "an end, with \"Address already in use\"",
                    "a second server");
    expect_error(second, 1, EADDRINUSE);
    expect_service(first);
}

static void stops_at(int signal)
{
    begin_timeline_anew();
    struct program *server = serve_here();
    expect_service(server);
    stop_server(server, signal);
}

GRADED(stops_on_a_signal, 1, "ends with status 0 at SIGINT and SIGTERM",
       "What does a signal do to a program that has no handler for it?")
{
    stops_at(SIGTERM);
    stops_at(SIGINT);
    begin_timeline_anew();
    struct program *server = serve_here();
    stop_server(server, SIGINT); // nobody has ever come
}

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument is missing",
       "How many elements must argv have before you may read argv[2]?")
{
    asks_for_host_and_port(SERVER);
    expect_usage_error_because(
        start_program(
            SERVER,
            &(struct program_options){.arguments = {"127.0.0.1", "0", "more"}}),
        "There is one argument too many.");
}

GRADED(reports_no_socket, 1,
       "ends with status 1 and the reason when it can't have a socket",
       "socket() and bind() may fail, too. What is -1 to the calls behind it?")
{
    fail_only(SYS_socket, EMFILE);
    expect_error(start_with_arguments(SERVER, "127.0.0.1", "0"), 1, EMFILE);
    begin_timeline_anew();
    end_weather();
    fail_only(SYS_bind, EADDRNOTAVAIL);
    expect_error(start_with_arguments(SERVER, "127.0.0.1", "0"), 1,
                 EADDRNOTAVAIL);
}
