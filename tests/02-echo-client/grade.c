// Grading tests for lesson 02: what echo_client promises, check by check, in
// the order in which the TODOs make them pass.

#include "grader/grade.h"
#include "words/content.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LESSON("02-echo-client", "Say something, and get all of it back", PROTOCOL_ECHO)

#define PROGRAM "echo_client"
#define HELLO "Hello, world"

// Of letters: of a program's, or of stdio's.
enum { MORE_THAN_A_BUFFER = 100000 };

// The grader's server, at an address that no other program uses.
static struct peer *serve(void)
{
    struct peer *server = peer_listen(peer_own_host());
    peer_echo(server);
    return server;
}

static struct program *start(struct peer *server, const char *message)
{
    return start_client(PROGRAM, server,
                        (struct program_options){.arguments = {[2] = message}});
}

// One whose message comes from standard input.
static struct program *start_reading(struct peer *server, const void *input,
                                     size_t size)
{
    return start_client(PROGRAM, server,
                        (struct program_options){.arguments = {[2] = "-"},
                                                 .input = input,
                                                 .input_size = size});
}

static struct program *start_writing_to(enum program_stdout standard_output,
                                        struct peer *server,
                                        const char *message)
{
    return start_client(
        PROGRAM, server,
        (struct program_options){.arguments = {[2] = message},
                                 .standard_output = standard_output});
}

static void expect_received_line(struct program *client, const void *bytes,
                                 size_t size)
{
    static const char label[] = "received: ";
    char *line = malloc(sizeof label + size);
    if (line == NULL)
        err(EXIT_FAILURE, "line");
    memcpy(line, label, sizeof label - 1);
    memcpy(line + sizeof label - 1, bytes, size);
    line[sizeof label - 1 + size] = '\n';
    expect_output(client, line, sizeof label + size);
    free(line);
}

// What every exchange comes to: the server gets the message and nothing else,
// the client prints the echo and ends with 0.
static void expect_exchange(struct peer *server, struct program *client,
                            const void *message, size_t size)
{
    expect_connection(client, server);
    expect_received(client, server, message, size);
    expect_exit_status(client, 0);
    expect_received(client, server, message, size);
    expect_received_line(client, message, size);
}

static void exchange(const char *message)
{
    struct peer *server = serve();
    expect_exchange(server, start(server, message), message, strlen(message));
}

// A text of SIZE letters, for an argument.
static char *letters(size_t size)
{
    return random_text("letters", size);
}

static void exchange_input(size_t size)
{
    void *message = random_bytes("message", size);
    struct peer *server = serve();
    expect_exchange(server, start_reading(server, message, size), message,
                    size);
}

GRADED(reports_a_refusal, 1,
       "ends with status 1 and the reason when nobody listens",
       "Which call fails when no server is there, and who should hear of it?")
{
    expect_error(start_client_of_nobody(
                     PROGRAM, (struct program_options){.input = NULL}),
                 1, ECONNREFUSED);
}

GRADED(sends_hello_world, 2,
       "sends \"Hello, world\" and prints \"received: \" and the echo",
       "What are the steps between socket() and the first byte that is sent? "
       "Which address do you connect to, and in which byte order?")
{
    struct peer *server = serve();
    expect_exchange(server, start(server, NULL), HELLO, strlen(HELLO));
}

GRADED(sends_its_message, 1, "sends the MESSAGE it was given, of any length",
       "How long is the message? Is sizeof the right way to ask?")
{
    exchange("abc");
    exchange("20 bytes are in this");
}

GRADED(prints_the_reply_unchanged, 1,
       "prints the reply as it is, also with %, \\ and newlines in it",
       "What does printf() do with a text that comes from somebody else?")
{
    exchange("100% %s %n %d \\n\n\xe2\x82\xac");
}

GRADED(waits_for_days, 1, "waits for its reply as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one? "
       "SO_RCVTIMEO, poll() and alarm() know some.")
{
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start(server, NULL);
    expect_connection(client, server);
    time_passes(client, HOURS(24));
    peer_send(server, HELLO, 5);
    time_passes(client, HOURS(24));
    peer_send(server, HELLO + 5, strlen(HELLO) - 5);
    peer_finish_sending(server); // some read on to that
    expect_exchange(server, client, HELLO, strlen(HELLO));
}

// What a client prints that does not count, but reads on to the server's end.
static bool has_printed_all(const struct program *client,
                            const struct peer *server)
{
    static const char label[] = "received: ";
    size_t before = sizeof label - 1;
    return ended_with(client, 0) &&
           client->out.size == before + server->out.size + 1 &&
           memcmp(client->out.bytes + before, server->out.at,
                  server->out.size) == 0;
}

GRADED(receives_in_any_pieces, 2,
       "puts a reply together that comes byte by byte",
       "One recv() is not one reply. How do you know that all has come?")
{
    struct peer *server = serve();
    peer_send_in_pieces(server, 1, false);
    expect_exchange(server, start(server, NULL), HELLO, strlen(HELLO));
}

GRADED(takes_no_more_than_its_reply, 1,
       "takes as many bytes as it has sent, though the server sends more",
       "What is the third argument of recv(): the size of the buffer, or what "
       "is still missing?")
{
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start(server, NULL);
    expect_connection(client, server);
    peer_send_text(server, "Hello");
    expect_quiet(client);
    peer_send_text(server, ", world, and more that is not yours");
    peer_send_random(server, KIB(20)); // more than a buffer may hold
    peer_finish_sending(server);
    expect_end(client);
    // Whether it minds the rest is its own affair.
    if (!has_printed_all(client, server))
        expect_received_line(client, HELLO, strlen(HELLO));
}

GRADED(receives_lines_in_pieces, 1,
       "takes a newline in the reply for a byte like any other",
       "No byte marks the end of the reply. What does?")
{
    static const char lines[] = "one\ntwo\r\n\nthree";
    struct peer *server = serve();
    peer_send_in_pieces(server, 1, false);
    expect_exchange(server, start(server, lines), lines, strlen(lines));
}

GRADED(sends_a_long_message, 1, "sends a message of 100,000 letters",
       "Does the message fit into your buffer? Does it have to?")
{
    exchange(letters(MORE_THAN_A_BUFFER));
}

GRADED(accepts_an_empty_message, 1,
       "prints \"received: \" for an empty message, and waits for nothing",
       "How many bytes come back if none were sent?")
{
    struct program *client = start(serve(), "");
    expect_exit_status(client, 0);
    expect_received_line(client, "", 0);
    client = start_reading(serve(), "", 0);
    expect_exit_status(client, 0);
    expect_received_line(client, "", 0);
}

GRADED(reads_standard_input, 1,
       "takes the message from standard input for \"-\", zeros included",
       "Where does standard input end, and what is a zero byte in it?")
{
    exchange_input(KIB(100));
}

GRADED(takes_a_dash_word_as_message, 1,
       "takes \"-x\" for a message: only \"-\" alone is standard input",
       "How do you compare two strings in C?")
{
    exchange("-x");
    exchange("--");
}

GRADED(exchanges_4_mib, 3, "exchanges 4 MiB without a deadlock",
       "Your program sends, the server echoes, the kernel holds what nobody "
       "has received yet. What happens when it can hold no more?")
{
    exchange_input(MIB(4));
}

GRADED(reports_an_early_end, 2,
       "prints what came, and how much is missing, if the reply ends early",
       "recv() returned 0, but not all has come back. Is that a success?")
{
    enum { SENT = 5000, BACK = 1777 };
    char *message = letters(SENT);
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, BACK, FAREWELL_FINISH);
    struct program *client = start(server, message);
    expect_exit_status(client, 1);
    const char *line = formatted("received: %.*s", BACK, message);
    expect_output(client, line, strlen(line));
    expect_number_on_stderr(client, SENT - BACK, BACK);
}

GRADED(reports_an_immediate_end, 1,
       "says that all is missing if the server ends without a word",
       "What does recv() return first in this case, and what have you got?")
{
    enum { SENT = 4321 };
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, 0, FAREWELL_FINISH);
    struct program *client = start(server, letters(SENT));
    expect_exit_status(client, 1);
    expect_number_on_stderr(client, SENT, SENT);
}

GRADED(reports_a_reset, 1,
       "ends with status 1 and the reason when the server resets",
       "Which result of recv() means that something went wrong, and where is "
       "the reason?")
{
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, 5, FAREWELL_RESET);
    expect_error(start(server, NULL), 1, ECONNRESET);
}

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
    fail_every_second(CALLS_CONNECT, EINTR);
    exchange(HELLO);
}

static void with_signals_in(unsigned calls)
{
    fail_every_second(calls, EINTR);
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

GRADED(survives_a_vanished_server, 2,
       "is not killed by SIGPIPE when the server is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    struct peer *server = serve();
    struct program *client = start(server, NULL);
    expect_connection(client, server);
    vanish_before_it_sends(server, client);
    // Whichever call of its notices first: an error, or the early end.
    expect_complaint(client, 1);
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
    expect_no_leak(client);
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 and the reason when stdout can't be written",
       "printf() writes into a buffer. When do you learn that it could not be "
       "written out?")
{
    expect_reason(start_writing_to(STDOUT_FULL, serve(), NULL), 1, ENOSPC);
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
