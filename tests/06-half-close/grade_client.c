// What digest_client promises: it finishes sending, and still receives.

#include "grader/grade.h"

#include "digests.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <string.h>

PART(3)

#define NOTHING "0 00000000\n"

// A server has received a client's empty content, and its end.
static struct program *begin_exchange(struct peer **server)
{
    begin_timeline_anew();
    *server = peer_listen(peer_own_host());
    struct program *client = start_with_input(*server, "", 0);
    expect_connection(client, *server);
    expect_sent(client, *server, "", 0);
    return client;
}

// And has answered these bytes, and finished.
static struct program *answered_by(const void *answer, size_t size)
{
    struct peer *server;
    struct program *client = begin_exchange(&server);
    peer_send(server, answer, size);
    peer_finish_sending(server);
    return client;
}

GRADED(client_half_closes, 2,
       "the client says that it has finished sending, and prints the answer",
       "Which call ends one direction of a connection, and not the other?")
{
    struct peer *server;
    struct program *client = begin_exchange(&server);
    expect_quiet(client); // it waits now, or is no longer there to receive
    peer_send_text(server, NOTHING);
    peer_finish_sending(server);
    expect_printed(client, NOTHING, 0);
}

GRADED(client_prints_what_comes_in_pieces, 1,
       "the client puts an answer together that comes byte by byte",
       "recv() has brought the first byte of the line. Where do the others go?")
{
    static const char answer[] = "1234567890 0123cdef\n";
    struct peer *server;
    struct program *client = begin_exchange(&server);
    peer_send_in_pieces(server, 1, false);
    peer_send_text(server, answer);
    peer_finish_sending(server);
    expect_printed(client, answer, 0);
}

GRADED(client_prints_a_refusal, 1,
       "the client prints \"too large\", and ends with status 1",
       "Which status tells a script that there is no digest?")
{
    expect_printed(answered_by(TOO_LARGE, strlen(TOO_LARGE)), TOO_LARGE, 1);
}

// The rest comes when the line has been taken.
static void expect_later_bytes_refused(void)
{
    static const char line[] = "5 00000000\n";
    struct peer *server;
    struct program *client = begin_exchange(&server);
    peer_send_text(server, line);
    expect_taken(client, server, strlen(line));
    expect_quiet(client);
    peer_send_text(server, "x");
    peer_finish_sending(server);
    expect_failure(client, "A byte stands behind the line, and came later: "
                           "only the end tells that an answer is complete.");
}

GRADED(
    client_refuses_what_is_no_answer, 2,
    "the client ends with status 1 if what comes is not one line of a digest",
    "Which bytes are an answer, from the first to the last?")
{
    static const struct {
        const char *bytes, *why;
    } wrong[] = {
        {"5 00000000", "Its line has no end: the server was cut off."},
        {"5\n", "A line with a SIZE alone is no answer."},
        {"5 0000000\n", "Its CRC32 has seven digits."},
        {"5 000000000\n", "Its CRC32 has nine digits."},
        {"5 0000000g\n", "A 'g' is no hexadecimal digit."},
        {"5 0000000A\n", "The digits of CRC32 are small letters."},
        {"5  0000000\n", "Between SIZE and CRC32 stands one blank."},
        {" 00000000\n", "There is no SIZE before the blank."},
        {"x 00000000\n", "SIZE is a decimal number."},
        {"-5 00000000\n", "SIZE is digits alone, without a sign."},
        {"\n5 00000000\n", "An empty line stands before it."},
        {"5 00000000\n\n", "An empty line stands behind it."},
        {"5 00000000\n5 00000000\n", "There are two lines."},
        {"5 00000000\nx", "A byte stands behind the line."},
        {"too larg", "That is not \"too large\", and no digest."},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct program *client =
            answered_by(wrong[i].bytes, strlen(wrong[i].bytes));
        expect_failure(client, wrong[i].why);
        expect_complaint(client, 1);
    }
    struct program *client = answered_by("5 0000000\0\n", 11);
    expect_failure(client, "A zero stands among the digits of CRC32.");
    client = answered_by("5 00000000\n\0x", 13);
    expect_failure(client, "A zero stands behind the line, and more: what "
                           "ends a string in C is a byte like any other.");
    const char *much = alphabet_text(KIB(100));
    client = answered_by(much, KIB(100));
    expect_failure(client, "100 KiB are no line of a digest.");
    expect_later_bytes_refused();
}

// The server ends while there might be more to send.
static void expect_no_input_awaited(void)
{
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_with_input(server, NULL, 0);
    expect_connection(client, server);
    expect_quiet(client);
    peer_finish_sending(server);
    expect_failure(client, "The server has finished without an answer, and "
                           "none can come any more: there is nothing to wait "
                           "for, least of all standard input, where nobody "
                           "types.");
}

GRADED(client_tells_a_reset_from_an_end, 2,
       "the client says why there is no answer: an end, or a reset",
       "What does recv() return at an end, and what at a reset?")
{
    struct peer *server;
    struct program *ended = begin_exchange(&server);
    peer_finish_sending(server);
    expect_failure(ended, "The server has finished without an answer.");
    expect_complaint(ended, 1);
    expect_no_reason_told(ended);
    expect_no_input_awaited();
    struct program *reset = begin_exchange(&server);
    expect_quiet(reset);
    peer_reset(server);
    expect_error(reset, 1, ECONNRESET);
    expect_told_apart(ended, "an end without an answer", reset, "a reset");
    // Also where a part of the line has come.
    reset = begin_exchange(&server);
    peer_send_text(server, "5 000");
    expect_quiet(reset);
    peer_reset(server);
    expect_error(reset, 1, ECONNRESET);
    // And where there might be more to send. Who reads its input in another
    // process may have to wait for the end of that.
    begin_timeline_anew();
    server = peer_listen(peer_own_host());
    reset = start_with_input(server, NULL, 0);
    expect_connection(reset, server);
    expect_quiet(reset);
    peer_reset(server);
    stage_settle();
    input_end(&reset->input);
    expect_error(reset, 1, ECONNRESET);
}

GRADED(client_takes_a_reset_behind_the_answer, 1,
       "the client takes an answer that is whole, though a reset follows",
       "The line is there. Does it matter then how the connection ends?")
{
    static const char answer[] = "7 89abcdef\n";
    struct peer *server;
    struct program *client = begin_exchange(&server);
    peer_send_text(server, answer);
    expect_taken(client, server, strlen(answer));
    expect_quiet(client);
    peer_reset(server);
    expect_printed(client, answer, 0);
    client = begin_exchange(&server);
    peer_send_text(server, TOO_LARGE);
    expect_taken(client, server, strlen(TOO_LARGE));
    expect_quiet(client);
    peer_reset(server);
    expect_printed(client, TOO_LARGE, 1);
    expect_found_with_a_reset(answer);
}

GRADED(client_waits_for_an_hour, 1,
       "the client waits half-closed for an hour, and gets its answer",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct peer *server;
    struct program *client = begin_exchange(&server);
    time_passes(client, HOURS(1));
    peer_send_text(server, "0 0000");
    time_passes(client, HOURS(1));
    peer_send_text(server, "0000\n");
    time_passes(client, HOURS(1));
    peer_finish_sending(server);
    expect_printed(client, NOTHING, 0);
}

GRADED(client_rests, 2, "the client takes no processor time while it waits",
       "Which of the descriptors is ready all the time, and do you still ask "
       "about it?")
{
    struct peer *server;
    struct program *client = begin_exchange(&server);
    expect_idle(client); // its input has ended
    peer_send_text(server, NOTHING);
    peer_finish_sending(server);
    expect_printed(client, NOTHING, 0);
    // Its input is silent, and the socket could be written.
    begin_timeline_anew();
    server = peer_listen(peer_own_host());
    client = start_with_input(server, NULL, 0);
    expect_connection(client, server);
    expect_idle(client);
    // There is more than the connection takes.
    begin_timeline_anew();
    need_large_pieces_sent(MIB(16));
    server = peer_listen(peer_own_host());
    peer_stop_reading(server);
    client = start_with_input(server, random_bytes("much", MIB(16)), MIB(16));
    expect_connection(client, server);
    expect_quiet(client);
    expect_idle(client);
}

static void exchange(const void *bytes, size_t size, size_t read_piece)
{
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    if (read_piece > 0)
        peer_read_slowly(server, read_piece);
    struct program *client = start_with_input(server, bytes, size);
    expect_connection(client, server);
    expect_sent(client, server, bytes, size);
    const char *answer = digest_of(bytes, size);
    peer_send_text(server, answer);
    peer_finish_sending(server);
    expect_printed(client, answer, 0);
}

GRADED(client_sends_its_input, 2,
       "the client sends standard input as it is, all of it",
       "How many bytes has read() brought, and what are they to send()?")
{
    exchange("x", 1, 0);
    exchange("a\0b\n\n\0", 6, 0);
    exchange(random_bytes("input", 40000), 40000, 0);
}

GRADED(client_sends_to_a_slow_server, 1,
       "the client sends all of it, however little the kernel takes at once",
       "Where does the rest of a piece begin, and when may the next one be "
       "read?")
{
    need_large_pieces_sent(MIB(1));
    const void *bytes = random_bytes("slow", MIB(1));
    exchange(bytes, MIB(1), KIB(256));
    begin_timeline_anew();
    cut_each(CALLS_SEND, 1);
    exchange(bytes, 50, 0);
    end_weather();
    cut_each(MOVING_CALLS, 7);
    exchange(bytes, 300, 0);
}

GRADED(client_survives_weather, 2,
       "the client gets its answer in bad weather: signals and short counts",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. What does each of yours do then?")
{
    const void *bytes = random_bytes("weather", KIB(40));
    fail_every_second(MOVING_CALLS | CALLS_WAIT, EINTR);
    exchange(bytes, 300, 0);
    end_weather();
    // Calls that don't wait, of any socket that was said to be ready.
    fail_every_second(MOVING_CALLS, EAGAIN);
    exchange(bytes, 300, 0);
    end_weather();
    fail_some(MOVING_CALLS | CALLS_CONNECT, EINTR, 30);
    cut_most(500);
    exchange(bytes, KIB(40), 0);
}

// Its socket is descriptor 0 then, unless it sees to that. It may say that
// there is no input, or take it for empty.
static void expect_end_without_stdin(void)
{
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_client(
        CLIENT, server, (struct program_options){.input_closed = true});
    expect_connection(client, server);
    expect_quiet(client);
    const struct failure failure = {
        .program = client,
        .peer = server,
        .is_sure = true,
        .means = "Its stdin was closed (\"<&-\" in a shell). So the first "
                 "descriptor that is free is 0, the socket got it, and is read "
                 "for standard input: standard_open(), before it, sees to "
                 "that.",
    };
    if (!is_over(server))
        expect_fail(&failure, "the end of what the client sends",
                    "%zu bytes, and then nothing", server->in.size);
    if (client->ended) {
        expect_complaint(client, 1);
        return;
    }
    peer_send_text(server, NOTHING);
    peer_finish_sending(server);
    expect_end(client);
    if (!ended_with(client, 1))
        expect_printed(client, NOTHING, 0);
}

GRADED(client_reports_what_fails, 1,
       "the client ends with status 1 when stdin, stdout or connecting fails",
       "What do read(), fflush() and client_connect() return then?")
{
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_client(
        CLIENT, server,
        (struct program_options){.input = "", .standard_output = STDOUT_FULL});
    expect_connection(client, server);
    peer_send_text(server, NOTHING);
    peer_finish_sending(server);
    expect_reason(client, 1, ENOSPC);
    begin_timeline_anew();
    server = peer_listen(peer_own_host());
    client = start_client(CLIENT, server,
                          (struct program_options){.input_fails = true});
    expect_quiet(client);
    // It has ended by now: that its connection ends, too, is no reason.
    if (!client->ended) {
        expect_connection(client, server);
        peer_send_text(server, NOTHING);
        peer_finish_sending(server);
    }
    expect_end(client);
    if (strstr(client->err.bytes, strerror(EBADF)) == NULL &&
        strstr(client->err.bytes, strerror(ENOSYS)) == NULL)
        expect_fail_stderr(
            client, "a line on stderr with \"Bad file descriptor\"",
            "read(2) of standard input has failed with EBADF, and was taken "
            "for the end of it: only 0 is the end, and errno says what -1 is.");
    expect_reason(client, 1, EBADF);
    begin_timeline_anew();
    client =
        start_client_of_nobody(CLIENT, (struct program_options){.input = ""});
    expect_reason(client, 1, ECONNREFUSED);
    expect_end_without_stdin();
}

GRADED(client_asks_for_its_arguments, 1,
       "the client shows its usage, with status 2, without an argument",
       "How many elements must argv have before you may read argv[2]?")
{
    asks_for_host_and_port(CLIENT);
}
