// What echo_client survives, what it says of its failures and of what it can't
// print, and what it makes of its arguments.

#include "grader/grade.h"

#include "exchange.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

PART(2)

static void cut(unsigned calls)
{
    cut_each(calls, 9);
    exchange(letters(300));
}

GRADED(survives_short_receives, 1,
       "gets it all, however few bytes each receive brings",
       "recv() may bring less than you asked for. Where does the next one "
       "write to, and how much may it bring?")
{
    cut(CALLS_RECEIVE);
}

GRADED(survives_short_sends, 1,
       "sends it all, however few bytes each send takes",
       "Who looks at what send() returns?")
{
    cut(CALLS_SEND);
}

GRADED(survives_a_signal_in_connect, 1,
       "goes on when a signal interrupts connect()",
       "connect() returned -1 with EINTR. Has the attempt ended?")
{
    // Who waits for its end can be interrupted in that, too.
    fail_every_second(CALLS_CONNECT | CALLS_WAIT, EINTR);
    exchange(HELLO);
    // Nor is it known how it ends.
    begin_timeline_anew();
    end_weather();
    fail_every_second(CALLS_CONNECT, EINTR);
    expect_error(call_nobody(NULL), 1, ECONNREFUSED);
    // Who has nothing to send learns it from no other call.
    begin_timeline_anew();
    end_weather();
    fail_every_second(CALLS_CONNECT, EINTR);
    expect_error(call_nobody(""), 1, ECONNREFUSED);
}

// Some wait by poll() and its kin before they call.
static void with_signals_in(unsigned calls)
{
    fail_every_second(calls | CALLS_WAIT, EINTR);
    exchange(letters(1000));
}

GRADED(survives_signals_in_recv, 1,
       "goes on receiving when a signal interrupts it",
       "recv() returned -1. Which values of errno mean that nothing is lost?")
{
    with_signals_in(CALLS_RECEIVE);
}

GRADED(survives_signals_in_send, 1,
       "goes on sending when a signal interrupts it",
       "send() returned -1 with EINTR. How much has been sent?")
{
    with_signals_in(CALLS_SEND);
}

GRADED(survives_bad_weather, 2,
       "gets it all in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_some(MOVING_CALLS | CALLS_CONNECT, EINTR, 30);
    cut_most(500);
    exchange_input(KIB(20));
}

// The server is gone when the client, held at one of its sends, makes that.
static void report_a_vanished_server(void)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = start(server, NULL);
    expect_connection(client, server);
    vanish_before_it_sends(server, client);
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
    // And whoever sends is the one who hears of a reset; who receives beside
    // it may be told of an end.
    begin_timeline_anew();
    end_weather();
    hold_behind_a_short_one(CALLS_SEND);
    struct peer *server = serve();
    struct program *client = start(server, NULL);
    expect_held(client);
    peer_reset(server);
    program_release(client);
    expect_complaint(client, 1);
    if (!another_sends())
        expect_error(client, 1, ECONNRESET);
}

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "For each malloc() there is a free(), on every way out. A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    without_tracer();
    char *message = letters(MORE_THAN_A_BUFFER);
    struct peer *server = serve();
    struct program *client =
        start_client(PROGRAM, server,
                     (struct program_options){.arguments = {[2] = "-"},
                                              .input = message,
                                              .input_size = MORE_THAN_A_BUFFER,
                                              .finds_leaks = true});
    wants_only(server, MORE_THAN_A_BUFFER);
    expect_no_leak(client);
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 and the reason when stdout can't be written",
       "printf() writes into a buffer. When do you learn that it could not be "
       "written out?")
{
    struct peer *server = serve();
    wants_only(server, strlen(HELLO));
    expect_reason(start_writing_to(STDOUT_FULL, server, NULL), 1, ENOSPC);
}

GRADED(reports_a_closed_stdout, 1,
       "ends with status 1 when stdout is closed, and sends nothing odd",
       "socket() returns the lowest descriptor that is free. Which one is that "
       "if stdout is closed, and where does printf() write then?")
{
    char *message = letters(MORE_THAN_A_BUFFER);
    struct peer *server = serve();
    struct program *client = start_writing_to(STDOUT_CLOSED, server, message);
    expect_complaint(client, 1);
    expect_only_from(client, server, message, strlen(message));
}

GRADED(reports_no_socket, 1,
       "ends with status 1 and the reason when it can't have a socket",
       "socket() may fail, too. What is -1 to the calls behind it?")
{
    fail_only(SYS_socket, EMFILE);
    expect_error(start(serve(), NULL), 1, EMFILE);
}

GRADED(refuses_a_bad_port, 1,
       "refuses a PORT that can't be right, with status 2 and its usage",
       "What does atoi() make of \"12ab\", and what do 65536 and -1 become in "
       "16 bits?")
{
    refuses_bad_ports(PROGRAM);
}

GRADED(refuses_a_bad_host, 1,
       "refuses a HOST that can't be right, with status 2 and its usage",
       "How does inet_pton() tell you that it did not understand an address?")
{
    refuses_bad_hosts(PROGRAM, "7");
}

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument is missing",
       "How many elements must argv have before you may read argv[2]?")
{
    asks_for_host_and_port(PROGRAM);
}
