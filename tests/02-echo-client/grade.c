// Grading tests for lesson 02: what echo_client promises, check by check, in
// the order in which the TODOs make them pass.

#include "grader/grade.h"

#include "exchange.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/exchanges.h"
#include "words/weathers.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

LESSON("02-echo-client", "Say something, and get all of it back", PROTOCOL_ECHO)

GRADED(reports_a_refusal, 1,
       "ends with status 1 and the reason when nobody listens",
       "Which call fails when no server is there, and who should hear of it?")
{
    expect_error(call_nobody(NULL), 1, ECONNREFUSED);
    begin_timeline_anew();
    expect_error(call_nobody(""), 1, ECONNREFUSED);
    // Or there is no way to the server.
    fail_always(CALLS_CONNECT, ENETUNREACH);
    begin_timeline_anew();
    expect_error(call_nobody(NULL), 1, ENETUNREACH);
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
    exchange("it ends with a newline\n");
    // Not what was sent: what has come.
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_wrongly(server, 0);
    struct program *client = start(server, "Bello");
    expect_exit_status(client, 0);
    expect_received_line(client, "Cello", 5);
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
    peer_send(server, &HELLO[5], strlen(HELLO) - 5);
    peer_finish_sending(server); // some read on to that
    expect_exchange(server, client, HELLO, strlen(HELLO));
    // And for the connection itself, whether or not a signal comes meanwhile.
    begin_timeline_anew();
    take_long(HOURS(24));
    exchange(HELLO);
    begin_timeline_anew();
    end_weather();
    fail_every_second(CALLS_CONNECT, EINTR);
    take_long(HOURS(24));
    exchange(HELLO);
}

// The server takes nothing for a day.
static void exchange_late(size_t size)
{
    void *message = random_bytes("message", size);
    struct peer *server = peer_listen(peer_own_host());
    peer_stop_reading(server);
    struct program *client = start_reading(server, message, size);
    expect_connection(client, server);
    time_passes(client, HOURS(24));
    peer_resume_reading(server);
    peer_echo(server);
    expect_exchange(server, client, message, size);
}

GRADED(waits_for_a_server_that_reads_late, 1,
       "waits with 4 MiB for a server that takes nothing for a day",
       "Which of your calls that send has a limit of time? SO_SNDTIMEO, poll() "
       "and alarm() know some.")
{
    expect_4_mib_exchanged(exchange_late);
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
    exchange(letters(LONGEST_ARGUMENT));
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
    // A newline at its end is part of it.
    begin_timeline_anew();
    static const char lines[] = "one\ntwo\n";
    struct peer *server = serve();
    expect_exchange(server, start_reading(server, lines, strlen(lines)), lines,
                    strlen(lines));
}

// Standard input is a connection, and lost behind its first bytes.
static void report_input_cut_off(void)
{
    begin_timeline_anew();
    struct program *client =
        start_client(PROGRAM, serve(),
                     (struct program_options){.arguments = {[2] = "-"},
                                              .input = HELLO,
                                              .input_size = strlen(HELLO),
                                              .input_is_reset = true});
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "Standard input brought 12 bytes, and then read() failed "
                 "with ECONNRESET: the message is not whole. That some of it "
                 "has come makes the failure no end: look at read()'s -1, or "
                 "at ferror(), behind each piece.",
    };
    expect_end(client);
    if (!ended_with(client, 1))
        expect_fail(&failure, "exit status 1, and the reason", " ");
    expect_reason(client, 1, ECONNRESET);
}

GRADED(reports_unreadable_input, 1,
       "ends with status 1 and the reason when stdin can't be read",
       "Which two things may it mean that read() or fread() brings no byte?")
{
    struct program *client =
        start_client(PROGRAM, serve(),
                     (struct program_options){.arguments = {[2] = "-"},
                                              .input_fails = true});
    const struct failure failure = {
        .program = client,
        .means =
            "Standard input can't be read: it is open for writing only. That "
            "no byte comes may be the end or a failure: read() tells them "
            "apart by 0 and -1, fread() by ferror().",
    };
    expect_end(client);
    if (WIFEXITED(client->status) && WEXITSTATUS(client->status) == 0)
        expect_fail(&failure, "exit status 1, and the reason", "0");
    expect_reason(client, 1, EBADF);
    report_input_cut_off();
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
    expect_4_mib_exchanged(exchange_input);
}

// Of SENT bytes, only the first BACK come back.
static void report_an_early_end(size_t sent, size_t back)
{
    begin_timeline_anew();
    char *message = letters(sent);
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, back, FAREWELL_FINISH);
    struct program *client = start(server, message);
    expect_exit_status(client, 1);
    const char *line = formatted("received: %.*s", (int)back, message);
    expect_output(client, line, strlen(line));
    expect_number_on_stderr(client, sent - back, back);
}

// The server has finished, and takes nothing more of 4 MiB: whoever sends
// beside that waits for ever.
static void report_an_end_that_leaves_the_rest(void)
{
    enum { SENT = MIB(4), BACK = 1 };
    begin_timeline_anew();
    const char *message = letters(SENT);
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_reading(server, message, SENT);
    expect_some(client, server, BACK);
    peer_stop_reading(server);
    peer_send(server, message, BACK);
    peer_finish_sending(server);
    expect_failure(client, "The server has finished: recv() has returned 0, "
                           "and no more will come. Whoever goes on sending the "
                           "rest, or waits for another thread or process that "
                           "does, waits for room that nobody makes: give it up "
                           "(shutdown() with SHUT_RDWR wakes who is in send() "
                           "there).");
    // Who has not read all of its input can't say how much is missing.
    expect_complaint(client, 1);
}

GRADED(reports_an_early_end, 2,
       "prints what came, and how much is missing, if the reply ends early",
       "recv() returned 0, but not all has come back. Is that a success?")
{
    report_an_early_end(5000, 1777);
    report_an_early_end(5000, 5000 - 256); // 0 in 8 bits
    // At the end of a piece, if that has the usual size; and behind many.
    report_an_early_end(40000, KIB(16));
    report_an_early_end(50000, 20000);
    report_an_early_end(MORE_THAN_A_BUFFER, MORE_THAN_A_BUFFER - 5);
    report_an_end_that_leaves_the_rest();
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
    begin_timeline_anew();
    server = peer_listen(peer_own_host());
    peer_echo_only(server, KIB(16) + 100, FAREWELL_RESET);
    const char *message = letters(KIB(16) + 600);
    struct program *client = start(server, message);
    expect_exit_status(client, 1);
    expect_received_at_most(client, message);
    // It may be lost in other ways, too. (Not by a send() that says so: another
    // process, or thread, may be in recv(), which would hear of it, too.)
    begin_timeline_anew();
    fail_always(CALLS_RECEIVE, ETIMEDOUT);
    expect_error(start(serve(), NULL), 1, ETIMEDOUT);
}
