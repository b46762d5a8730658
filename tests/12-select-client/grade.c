// Grading tests for lesson 12: what multiconn_client promises, check by check.
// How it learns of readiness is its own affair, and how many connections it
// has in flight, if only it is more than one.

#include "grader/grade.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LESSON("12-select-client", "Many connections from one loop", PROTOCOL_ECHO)

#define MESSAGE_1 "Message 1 from client."
#define MESSAGE_2 "Message 2 from client."

enum {
    SIZE = sizeof MESSAGE_1 MESSAGE_2 - 1, // of what is sent on a connection
    MANY = 1000,
    TOO_MANY = 1100, // for select(), whose FD_SETSIZE is 1,024
};

// The grader's server, at an address that no other program uses.
static struct peer *serve(void)
{
    return peer_serve(peer_own_host());
}

// Its next connection, which echoes.
static struct peer *echoing(struct peer *server)
{
    struct peer *connection = peer_await(server);
    peer_echo(connection);
    return connection;
}

static struct program *run(const char *host, const char *port,
                           const char *count)
{
    return start_program(
        "multiconn_client",
        &(struct program_options){.arguments = {host, port, count}});
}

static struct program *start_with(const struct peer *server, int count,
                                  struct program_options options)
{
    char host[INET_ADDRSTRLEN], port[8], number[12];
    inet_ntop(AF_INET, &server->local.sin_addr, host, sizeof host);
    snprintf(port, sizeof port, "%u", ntohs(server->local.sin_port));
    snprintf(number, sizeof number, "%d", count);
    options.arguments[0] = host;
    options.arguments[1] = port;
    options.arguments[2] = number;
    return start_program("multiconn_client", &options);
}

static struct program *start(const struct peer *server, int count)
{
    return start_with(server, count, (struct program_options){.input = NULL});
}

// Both messages have come, and nothing else.
static void expect_messages(struct program *client, struct peer *connection)
{
    expect_connection(client, connection);
    expect_received(client, connection, MESSAGE_1 MESSAGE_2, SIZE);
}

// The connection has been served to its end, and closed.
static void expect_served(struct program *client, struct peer *connection)
{
    expect_messages(client, connection);
    expect_end_from(client, connection);
}

// COUNT connections to a server that echoes; all end well.
static void exchange(int count)
{
    struct peer *server = serve();
    struct peer *connections[8];
    for (int i = 0; i < count; i++)
        connections[i] = echoing(server);
    struct program *client = start(server, count);
    for (int i = 0; i < count; i++)
        expect_served(client, connections[i]);
    expect_exit_status(client, 0);
    expect_accepted(client, server, (unsigned)count);
}

GRADED(reports_a_refusal, 1,
       "ends with status 1 and the reason when nobody listens",
       "A socket whose attempt has failed is writable too. How do you find "
       "out which it was?")
{
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    struct program *client = run(peer_own_host(), port, "3");
    expect_reason(client, 1, ECONNREFUSED);
}

GRADED(exchanges_both_messages, 2,
       "sends both messages on its connection, and ends well",
       "connect() has returned -1 with EINPROGRESS. When is the socket ready "
       "to send, and how does select() say so?")
{
    exchange(1);
}

GRADED(opens_as_many_as_told, 2,
       "opens five connections for 5, each with both messages",
       "What does each connection have to remember for itself?")
{
    exchange(5);
}

GRADED(connects_all_at_once, 2,
       "does not wait for one connection's echo before it opens the next",
       "Which of your calls waits until one connection is through?")
{
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct program *client = start(server, 2);
    expect_connection(client, first);
    expect_connection(client, second);
    peer_echo(second);
    peer_echo(first);
    expect_served(client, first);
    expect_served(client, second);
    expect_exit_status(client, 0);
}

GRADED(receives_in_any_pieces, 2,
       "puts the echo together, in whatever pieces it comes",
       "One message may come in two pieces, or two in one. What do you count, "
       "and for which connection?")
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    peer_send_in_pieces(first, 1, false);
    peer_send_in_pieces(second, 7, true);
    struct program *client = start(server, 2);
    expect_served(client, first);
    expect_served(client, second);
    expect_exit_status(client, 0);
}

GRADED(closes_each_when_it_is_done, 1,
       "closes a connection when its echo is complete, while another waits",
       "Who closes, and when? Need anybody wait for anybody?")
{
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct peer *third = echoing(server);
    struct program *client = start(server, 3);
    expect_some(client, first, 1);
    expect_some(client, second, 1);
    struct level before = level_of(client);
    peer_echo(second);
    expect_served(client, second);
    expect_served(client, third);
    expect_idle(client);
    expect_fewer_open(client, &before, 1);
    peer_echo(first);
    expect_served(client, first);
    expect_exit_status(client, 0);
}

GRADED(is_idle_while_it_waits, 2,
       "takes no processor time while the server is silent",
       "When is a socket writable, and when do you want to know?")
{
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct program *client = start(server, 2);
    expect_some(client, first, 1);
    expect_some(client, second, 1);
    expect_idle(client);
    peer_echo(first);
    expect_served(client, first);
    expect_idle(client);
    peer_echo(second);
    expect_exit_status(client, 0);
}

// The third of four connections, BAD, goes wrong: that is reported, with its
// number, and the others end well, the last one after it. WHY says what the
// program should notice. BAD is NULL if it does not even come to exist.
static void expect_report(struct peer *server, struct peer *first,
                          struct peer *second, struct peer *bad,
                          const char *why)
{
    struct peer *last = peer_await(server);
    struct program *client = start(server, 4);
    expect_served(client, first);
    expect_served(client, second);
    if (bad != NULL)
        expect_connection_gone(client, bad);
    expect_some(client, last, 1);
    expect_quiet(client);
    peer_echo(last);
    expect_served(client, last);
    expect_failure(client, why);
    expect_connection_named(client, 3, 4);
}

GRADED(reports_one_refusal, 2,
       "reports that its third connection is refused; the others finish",
       "Each attempt ends by itself. Which call tells how, and which "
       "connections does that concern?")
{
    make_weather((struct weather){.kind = WEATHER_REFUSE,
                                  .calls = CALLS_CONNECT,
                                  .port = htons(peer_free_port()),
                                  .first = 3});
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    expect_report(server, first, second, NULL,
                  "Connection 3 was refused: once its socket is writable, "
                  "SO_ERROR tells that. Read: man 2 connect, EINPROGRESS.");
}

GRADED(reports_wrong_bytes, 2,
       "reports the connection on which other bytes come back",
       "As many bytes have come back as were sent. Are they the same?")
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    struct peer *bad = peer_await(server);
    peer_echo_wrongly(bad, SIZE - 2);
    expect_report(server, first, second, bad,
                  "On connection 3, one of the bytes that came back was not "
                  "the one that was sent: compare them (man 3 memcmp).");
}

GRADED(reports_swapped_messages, 1,
       "reports the connection on which the messages come back exchanged",
       "With what do you compare the bytes that come: with the message that "
       "they are part of?")
{
    struct peer *server = serve();
    struct peer *good = echoing(server), *bad = peer_await(server);
    struct peer *last = peer_await(server);
    struct program *client = start(server, 3);
    expect_some(client, bad, sizeof MESSAGE_1 - 1);
    peer_send_text(bad, MESSAGE_2 MESSAGE_1);
    expect_served(client, good);
    expect_connection_gone(client, bad);
    expect_some(client, last, 1);
    peer_echo(last);
    expect_served(client, last);
    expect_failure(client, "On connection 2 the messages came back exchanged: "
                           "as many bytes as were sent, but not the same.");
}

GRADED(reports_an_early_end, 2,
       "reports the connection that ends before all has come back",
       "recv() returned 0. Has all come back that was sent?")
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    struct peer *bad = peer_await(server);
    peer_echo_only(bad, 30, FAREWELL_FINISH);
    expect_report(server, first, second, bad,
                  "On connection 3, recv() returned 0 when 30 of 44 bytes had "
                  "come back: that is no success. Read: man 2 recv.");
}

GRADED(reports_an_end_without_a_word, 1,
       "reports the connection that ends before anything has come back",
       "What does recv() return first in this case?")
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    struct peer *bad = peer_await(server);
    peer_echo_only(bad, 0, FAREWELL_FINISH);
    expect_report(server, first, second, bad,
                  "On connection 3, recv() returned 0 before anything had come "
                  "back: that is no success. Read: man 2 recv.");
}

GRADED(reports_a_reset, 1, "reports the connection that the server resets",
       "Which result of recv() means that this connection has failed? Does it "
       "concern the others?")
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    struct peer *bad = peer_await(server);
    peer_echo_only(bad, 5, FAREWELL_RESET);
    expect_report(server, first, second, bad,
                  "Connection 3 was reset: recv() fails with ECONNRESET.");
}

GRADED(survives_surplus_bytes, 1,
       "copes with a server that sends more than it got",
       "How many bytes may recv() bring, and how many does your comparison "
       "expect?")
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = peer_await(server);
    struct program *client = start(server, 2);
    expect_some(client, second, 1);
    static const char surplus[2000] = MESSAGE_1 MESSAGE_2;
    peer_send(second, surplus, sizeof surplus);
    expect_served(client, first);
    // It may have complained, or not have looked at them.
    expect_end(client);
    if (!ended_with(client, 0))
        expect_complaint(client, 1);
}

static void fail_every_second(enum call_group calls, int error)
{
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = calls, .error = error, .every = 2});
}

GRADED(survives_signals_while_it_waits, 1,
       "goes on when a signal interrupts one of its calls",
       "A call returned -1 with EINTR. Did anything fail? And if it was "
       "select(): what is in the sets then?")
{
    fail_every_second(CALLS_WAIT, EINTR);
    fail_every_second(CALLS_RECEIVE, EINTR);
    fail_every_second(CALLS_SEND, EINTR);
    exchange(3);
}

GRADED(survives_a_false_alarm, 1,
       "keeps a connection that said readable, and then EAGAIN",
       "recv() returned -1. Which values of errno do not mean that the "
       "connection is lost?")
{
    fail_every_second(CALLS_RECEIVE, EAGAIN);
    exchange(3);
}

GRADED(never_waits_for_one_connection, 2,
       "goes on when select() says readable, and nothing is there",
       "\"Readable\" was true when select() looked; it need not be any more "
       "(man 2 select, BUGS). Which of your calls would then wait, and how do "
       "you keep it from that?")
{
    make_weather((struct weather){
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .every = 2});
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = echoing(server);
    struct program *client = start(server, 2);
    expect_served(client, second);
    expect_some(client, first, 1);
    peer_echo(first);
    expect_served(client, first);
    expect_exit_status(client, 0);
}

GRADED(survives_short_counts, 2,
       "exchanges all, however few bytes each call moves",
       "send() may take a part. Where does the next one begin, on this "
       "connection?")
{
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = CALLS_SEND | CALLS_RECEIVE,
                                  .bytes = 9,
                                  .every = 1,
                                  .varies = true});
    exchange(3);
}

GRADED(survives_bad_weather, 2,
       "exchanges all in bad weather: signals, false alarms, short counts",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    unsigned moving = CALLS_RECEIVE | CALLS_SEND;
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .error = EINTR,
                                  .calls = moving | CALLS_WAIT,
                                  .percent = 25});
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .error = EAGAIN, .calls = moving, .percent = 25});
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = moving,
                                  .bytes = 20,
                                  .varies = true,
                                  .percent = 70});
    exchange(8);
}

GRADED(survives_a_vanished_server, 2,
       "is not killed by SIGPIPE when the server is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_SEND});
    struct peer *server = serve();
    struct peer *connection = echoing(server);
    struct program *client = start(server, 1);
    expect_connection(client, connection);
    expect_held(client);
    // First the end of the stream, then the reset: from then on the very
    // next send fails with EPIPE.
    peer_finish_sending(connection);
    peer_reset(connection);
    program_release(client);
    // Whichever call of its notices first: an error, or the early end.
    expect_complaint(client, 1);
}

// A client that can't have COUNT descriptors opens fewer at a time and ends
// well; or it serves those it could open, gives the reason, and ends with 1.
static void expect_all_or_complaint(int count, int limit)
{
    static struct peer *connections[TOO_MANY];
    struct peer *server = serve();
    for (int i = 0; i < count; i++)
        connections[i] = echoing(server);
    struct program *client = start_with(
        server, count, (struct program_options){.descriptors = limit});
    expect_end(client);
    expect_no_bad_descriptor(client);
    if (!ended_with(client, 0)) {
        expect_complaint(client, 1);
        return;
    }
    for (int i = 0; i < count; i++)
        expect_served(client, connections[i]);
}

GRADED(reports_too_few_descriptors, 2,
       "says so if it can't open as many, or opens fewer at a time",
       "socket() may fail. What do you do with a descriptor of -1?")
{
    enum { LIMIT = 20, COUNT = 50 };
    exchange(1);
    expect_all_or_complaint(COUNT, LIMIT);
}

GRADED(refuses_bad_arguments, 1,
       "refuses arguments that can't be right, with status 2 and its usage",
       "What does atoi() make of \"three\" and of \"3x\"?")
{
    static const char *const bad[][3] = {
        {NULL, NULL, NULL},          {"127.0.0.1", "7", NULL},
        {"300.0.0.1", "7", "1"},     {"127.0.0.1", "http", "1"},
        {"127.0.0.1", "65536", "1"}, {"127.0.0.1", "7", "three"},
        {"127.0.0.1", "7", "3x"},    {"127.0.0.1", "7", "-3"},
        {"127.0.0.1", "7", ""},      {"127.0.0.1", "7", "4294967297"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_usage_error(run(bad[i][0], bad[i][1], bad[i][2]));
}

GRADED_AT_SCALE(opens_1000_at_once, 2, "opens 1,000 connections",
                "What in your program is sized for fewer?")
{
    need_many_clients();
    without_tracer();
    struct peer *server = serve();
    static struct peer *connections[MANY];
    for (int i = 0; i < MANY; i++)
        connections[i] = echoing(server);
    struct program *client = start(server, MANY);
    expect_exit_status(client, 0);
    expect_accepted(client, server, MANY);
    for (int i = 0; i < MANY; i++)
        expect_served(client, connections[i]);
}

GRADED_AT_SCALE(survives_more_than_select_can_watch, 2,
                "for 1,100 connections: serves all, or says what it could not",
                "What does FD_SET() do with a descriptor of FD_SETSIZE or "
                "more? Look at the number before you use it. (Who uses poll() "
                "or epoll may just serve them all.)")
{
    need_many_clients();
    without_tracer();
    expect_all_or_complaint(TOO_MANY, 0);
}
