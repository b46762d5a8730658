// Grading tests for lesson 02: what echo_client promises, check by check, in
// the order in which the TODOs make them pass.

#include "grader/grade.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LESSON("02-echo-client", "Say something, and get all of it back", PROTOCOL_ECHO)

#define HELLO "Hello, world"

// The grader's server, at an address that no other program uses.
static struct peer *serve(void)
{
    struct peer *server = peer_listen(peer_own_host());
    peer_echo(server);
    return server;
}

static struct program *start_with(const struct peer *server,
                                  struct program_options options,
                                  const char *message)
{
    char host[INET_ADDRSTRLEN], port[8];
    inet_ntop(AF_INET, &server->local.sin_addr, host, sizeof host);
    snprintf(port, sizeof port, "%u", ntohs(server->local.sin_port));
    options.arguments[0] = host;
    options.arguments[1] = port;
    options.arguments[2] = message;
    return start_program("echo_client", &options);
}

static struct program *start(const struct peer *server, const char *message)
{
    return start_with(server, (struct program_options){.input = NULL}, message);
}

static struct program *run(const char *first, const char *second)
{
    return start_program(
        "echo_client", &(struct program_options){.arguments = {first, second}});
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

// Random bytes, zeros among them, from the seed; freed with the process.
static void *random_message(size_t size)
{
    unsigned char *bytes = malloc(size);
    if (bytes == NULL)
        err(EXIT_FAILURE, "message");
    struct random random = check_random("message");
    random_payload(&random, bytes, size);
    return bytes;
}

// A text of SIZE letters, for an argument; freed with the process.
static char *letters(size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        err(EXIT_FAILURE, "message");
    struct random random = check_random("letters");
    random_letters(&random, text, size);
    text[size] = '\0';
    return text;
}

static void exchange_input(size_t size)
{
    void *message = random_message(size);
    struct peer *server = serve();
    struct program *client = start_with(
        server, (struct program_options){.input = message, .input_size = size},
        "-");
    expect_exchange(server, client, message, size);
}

GRADED(reports_a_refusal, 1,
       "ends with status 1 and the reason when nobody listens",
       "Which call fails when no server is there, and who should hear of it?")
{
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    expect_error(run(peer_own_host(), port), 1, ECONNREFUSED);
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

GRADED(receives_in_any_pieces, 2,
       "puts a reply together that comes byte by byte",
       "One recv() is not one reply. How do you know that all has come?")
{
    struct peer *server = serve();
    peer_send_in_pieces(server, 1, false);
    expect_exchange(server, start(server, NULL), HELLO, strlen(HELLO));
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
    exchange(letters(100000));
}

GRADED(accepts_an_empty_message, 1,
       "prints \"received: \" for an empty message, and waits for nothing",
       "How many bytes come back if none were sent?")
{
    struct program *client = start(serve(), "");
    expect_exit_status(client, 0);
    expect_received_line(client, "", 0);
    client = start_with(serve(), (struct program_options){.input = ""}, "-");
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
    char *message = letters(5000);
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, 1777, FAREWELL_FINISH);
    struct program *client = start(server, message);
    expect_exit_status(client, 1);
    char *line = malloc(1800);
    if (line == NULL)
        err(EXIT_FAILURE, "line");
    snprintf(line, 1800, "received: %.1777s", message);
    expect_output(client, line, strlen(line));
    expect_number_on_stderr(client, 5000 - 1777, 1777);
}

GRADED(reports_an_immediate_end, 1,
       "says that all is missing if the server ends without a word",
       "What does recv() return first in this case, and what have you got?")
{
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, 0, FAREWELL_FINISH);
    struct program *client = start(server, letters(4321));
    expect_exit_status(client, 1);
    expect_number_on_stderr(client, 4321, 4321);
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
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = calls,
                                  .bytes = 9,
                                  .every = 1,
                                  .varies = true});
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
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .error = EINTR,
                                  .calls = CALLS_CONNECT,
                                  .every = 2});
    exchange(HELLO);
}

static void with_signals_in(unsigned calls)
{
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .error = EINTR, .calls = calls, .every = 2});
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
    unsigned moving = CALLS_RECEIVE | CALLS_SEND;
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .error = EINTR,
                                  .calls = moving | CALLS_CONNECT,
                                  .percent = 30});
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = moving,
                                  .bytes = 500,
                                  .varies = true,
                                  .percent = 70});
    exchange_input(KIB(20));
}

GRADED(survives_a_vanished_server, 2,
       "is not killed by SIGPIPE when the server is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_SEND});
    struct peer *server = serve();
    struct program *client = start(server, NULL);
    expect_connection(client, server);
    expect_held(client);
    // First the end of the stream, then the reset: from then on the very
    // next send fails with EPIPE.
    peer_finish_sending(server);
    peer_reset(server);
    program_release(client);
    // Whichever call of its notices first: an error, or the early end.
    expect_complaint(client, 1);
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 and the reason when stdout can't be written",
       "printf() writes into a buffer. When do you learn that it could not be "
       "written out?")
{
    struct peer *server = serve();
    struct program *client = start_with(
        server, (struct program_options){.standard_output = STDOUT_FULL}, NULL);
    expect_error(client, 1, ENOSPC);
}

GRADED(reports_a_closed_stdout, 1,
       "ends with status 1 when stdout is closed, and sends nothing odd",
       "socket() returns the lowest descriptor that is free. Which one is that "
       "if stdout is closed, and where does printf() write then?")
{
    // More than stdio keeps in its buffer.
    char *message = letters(100000);
    struct peer *server = serve();
    struct program *client = start_with(
        server, (struct program_options){.standard_output = STDOUT_CLOSED},
        message);
    expect_complaint(client, 1);
    expect_only_from(client, server, message, strlen(message));
}

static void refuses(const char *host, const char *port)
{
    expect_usage_error(run(host, port));
}

GRADED(refuses_a_bad_port, 1,
       "refuses a PORT that can't be right, with status 2 and its usage",
       "What does atoi() make of \"12ab\", and what do 65536 and -1 become in "
       "16 bits?")
{
    static const char *const bad[] = {"65536", "-1",   "12ab",
                                      "",      "http", "4295032832"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses("127.0.0.1", bad[i]);
}

GRADED(refuses_a_bad_host, 1,
       "refuses a HOST that can't be right, with status 2 and its usage",
       "How does inet_pton() tell you that it did not understand an address?")
{
    refuses("127.0.0.1.1", "7");
    refuses("300.0.0.1", "7");
    refuses("no such host", "7");
}

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument is missing",
       "How many elements must argv have before you may read argv[2]?")
{
    expect_usage_error(run(NULL, NULL));
    expect_usage_error(run("127.0.0.1", NULL));
}
