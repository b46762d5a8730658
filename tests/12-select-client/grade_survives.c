// What multiconn_client survives, up to more connections than it can have.

#include "grader/grade.h"

#include "multiconn.h"
#include "stage/stage.h"
#include "words/expect_fail.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

PART(2)

enum {
    MANY = 1000,
    TOO_MANY = 1100, // for select(), whose FD_SETSIZE is 1,024
};

// Of these bytes, the first come alone.
static void send_surplus(size_t first_size, size_t size)
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = peer_await(server);
    struct program *client = start(server, 2);
    expect_some(client, second, 1);
    static const char surplus[2000] = MESSAGE_1 MESSAGE_2;
    peer_send(second, surplus, first_size);
    expect_quiet(client);
    peer_send(second, surplus + first_size, size - first_size);
    expect_served(client, first);
    // It may have complained, or not have looked at them.
    expect_end(client);
    if (!ended_with(client, 0))
        expect_complaint(client, 1);
}

GRADED(survives_surplus_bytes, 1,
       "copes with a server that sends more than it got",
       "How many bytes may recv() bring, and how many does your comparison "
       "expect?")
{
    send_surplus(0, 2000);
    begin_timeline_anew();
    send_surplus(0, SENT + 5); // few enough to come in one piece
    begin_timeline_anew();
    send_surplus(5, 2000); // more than there is room behind the first
}

GRADED(survives_signals_while_it_waits, 1,
       "goes on when a signal interrupts one of its calls",
       "A call returned -1 with EINTR. Did anything fail? And if it was "
       "select(): what is in the sets then?")
{
    fail_every_second(CALLS_WAIT | MOVING_CALLS, EINTR);
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
    cut_each(MOVING_CALLS, 9);
    exchange(3);
}

GRADED(survives_bad_weather, 2,
       "exchanges all in bad weather: signals, false alarms, short counts",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    fail_some(MOVING_CALLS | CALLS_WAIT, EINTR, 25);
    fail_some(MOVING_CALLS, EAGAIN, 25);
    cut_most(20);
    exchange(EXCHANGES);
}

// The server is gone when the client, held at one of its sends, makes that.
static void report_a_vanished_server(void)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct peer *connection = echoing(server);
    struct program *client = start(server, 1);
    expect_connection(client, connection);
    vanish_before_it_sends(connection, client);
    // Whichever call of its notices first: an error, or the early end.
    expect_complaint(client, 1);
}

GRADED(survives_a_vanished_server, 2,
       "is not killed by SIGPIPE when the server is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    report_a_vanished_server();
    // Nor by what it sends of the rest.
    end_weather();
    hold_behind_a_short_one(CALLS_SEND);
    report_a_vanished_server();
    // Nor by a second message, where that goes out by itself.
    begin_timeline_anew();
    end_weather();
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_SEND, .first = 2});
    struct peer *server = serve();
    struct peer *connection = echoing(server);
    struct program *client = start(server, 1);
    if (!comes_to_be_held(client))
        return;
    expect_connection(client, connection);
    vanish_before_it_sends(connection, client);
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

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "For each malloc() there is a free(), on every way out. A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    enum { CONNECTIONS = 3 };
    without_tracer();
    struct peer *server = serve();
    for (int i = 0; i < CONNECTIONS; i++)
        echoing(server);
    const struct program_options options = {.finds_leaks = true};
    expect_no_leak(start_with(server, CONNECTIONS, options));
    // Also of connections that end badly, or never came about.
    server = serve();
    echoing(server);
    peer_echo_only(peer_await(server), 5, FAREWELL_RESET);
    peer_echo_only(peer_await(server), 5, FAREWELL_FINISH);
    expect_failure_without_leak(start_with(server, CONNECTIONS, options));
    expect_failure_without_leak(start_client_of_nobody(
        PROGRAM, (struct program_options){.arguments = {[2] = "3"},
                                          .finds_leaks = true}));
}

static struct program *start_writing_to(enum program_stdout standard_output,
                                        struct peer **connection)
{
    struct peer *server = serve();
    *connection = echoing(server);
    return start_with(
        server, 1,
        (struct program_options){.standard_output = standard_output});
}

GRADED(reports_a_full_stdout, 1,
       "says so, and ends with status 1, when stdout can't be written",
       "printf() writes into a buffer. When do you learn that it could not be "
       "written out, and who remembers it until the end?")
{
    struct peer *connection;
    struct program *client = start_writing_to(STDOUT_FULL, &connection);
    expect_end(client);
    // One that prints nothing loses nothing. And which errno there was, only
    // the thread knows that has printed, and only for as long as no other call
    // fails.
    if (!ended_with(client, 0) || has_seen(ENOSPC))
        expect_complaint(client, 1);
}

GRADED(reports_a_closed_stdout, 1,
       "ends with status 1 when stdout is closed, and sends nothing odd",
       "socket() returns the lowest descriptor that is free. Which one is that "
       "if stdout is closed, and where does printf() write then?")
{
    struct peer *connection;
    struct program *client = start_writing_to(STDOUT_CLOSED, &connection);
    expect_end(client);
    expect_only_from(client, connection, MESSAGE_1 MESSAGE_2, SENT);
    if (!ended_with(client, 0) || has_seen(EBADF))
        expect_complaint(client, 1);
}

GRADED(reports_a_failed_wait, 1,
       "ends with status 1 and the reason when its wait fails for good",
       "select() returned -1, and errno is not EINTR. What will it say the "
       "next time?")
{
    fail_always(CALLS_WAIT, ENOMEM);
    struct peer *server = serve();
    struct peer *first = peer_await(server);
    struct program *client = start(server, 1);
    expect_quiet(client);
    // One with a thread for each connection has no such wait.
    if (client->ended)
        expect_reason(client, 1, ENOMEM);
    else
        expect_connection(client, first);
}

// Who has got no socket has no number to close: 0 is standard input's, and at
// the second time nobody's.
static void expect_standard_left(struct program *client)
{
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "socket() had failed, and then close() was called on "
                 "descriptor 0, twice: no socket ever had that number. A "
                 "descriptor in memory that is all zeros is 0, standard "
                 "input: let it be -1 where there is none, before anything "
                 "can fail. Read: man 2 close.",
    };
    size_t i = 0;
    struct trace *trace = stage_current()->trace;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->info->number == SYS_close && call->fd == STDIN_FILENO &&
            call->result == -EBADF)
            expect_fail(&failure, "no close() where no socket was opened",
                        "close(0), with EBADF");
}

GRADED(reports_too_few_descriptors, 2,
       "says so if it can't open as many, or opens fewer at a time",
       "socket() may fail. What do you do with a descriptor of -1?")
{
    enum { LIMIT = 20, CONNECTIONS = 50 };
    exchange(1);
    expect_all_or_complaint(CONNECTIONS, LIMIT);
    // Or none at all: then nothing is left to wait for.
    begin_timeline_anew();
    fail_always(CALLS_SETUP, ENFILE);
    struct program *client = start(serve(), 2);
    expect_reason(client, 1, ENFILE);
    expect_standard_left(client);
}

static const char *const about_base =
    "strtol() and sscanf() take a sign, too, and with base 0, or %i, 0x3 is 3, "
    "and 010 is 8: look whether all of it is decimal digits.";

static void refuses_count(const char *count)
{
    expect_usage_error_because(
        start_program(
            PROGRAM,
            &(struct program_options){.arguments = {"127.0.0.1", "7", count}}),
        about_base);
}

// It is ten, or no number.
static void takes_010(void)
{
    enum { TEN = 10 };
    struct peer *server = serve();
    for (int i = 0; i < TEN; i++)
        echoing(server);
    struct program *client = start_client(
        PROGRAM, server, (struct program_options){.arguments = {[2] = "010"}});
    expect_end(client);
    const struct failure failure = {
        .program = client, .means = about_base, .is_sure = true};
    if (!ended_with(client, 2) && server->accepted != TEN)
        expect_fail(&failure, "10 connections for 010, or exit status 2",
                    "%u connections", server->accepted);
}

GRADED(refuses_bad_arguments, 1,
       "refuses arguments that can't be right, with status 2 and its usage",
       "What does atoi() make of \"three\" and of \"3x\"?")
{
    static const char *const bad[][PROGRAM_ARGUMENTS] = {
        {NULL},
        {"127.0.0.1", "7"},
        {"300.0.0.1", "7", "1"},
        {"127.0.0.1", "http", "1"},
        {"127.0.0.1", "65536", "1"},
        {"127.0.0.1", "7", "three"},
        {"127.0.0.1", "7", "3x"},
        {"127.0.0.1", "7", "-3"},
        {"127.0.0.1", "7", ""},
        {"127.0.0.1", "7", "4294967297"},
        {"127.0.0.1", "7", "18446744073709551617"},
    };
    refuses_arguments(PROGRAM, bad, COUNT(bad));
    takes_010();
    refuses_count("0x3");
    refuses_count("+3");
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
