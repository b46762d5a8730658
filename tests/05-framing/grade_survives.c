// What frame_server survives: messages that are none, clients that go, signals
// and days; and what does not grow.

#include "grader/grade.h"

#include "frames.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

PART(2)

static const char *const too_long[] = {
    "A length over 65536 has come, and is none.",
    "A line has come that is longer than 4096 bytes, its newline among them.",
};
static const char *const early_end =
    "The client has finished within a message: recv() returned 0, and "
    "something waits in the buffer that is not whole.";
static const char *const reset =
    "The client has reset the connection: recv() returned -1, which is no end.";

static const char *const leaves_something =
    "Each message leaves something behind in memory: what has been consumed "
    "makes room for what comes, and what was allocated for it is freed.";

// How many bytes are consumed before what is wrong comes, at least.
enum { BEFORE = 2000 };

static void talk_a_while(struct talk *talk)
{
    while (talk->sent.size < BEFORE)
        say_text(talk, "a message before");
    expect_answers(talk);
}

GRADED(
    refuses_too_long_a_message, 2,
    "refuses a length or a line that is too long, and serves the next client",
    "Which values can four bytes have, and which of them are a length? And "
    "how long do you wait for a newline?")
{
    static const size_t lengths[] = {65537,      0x7fffffff, 0x80000000,
                                     0xffffffff, 0x01000001, 70000};
    struct program *server = start_framing(LENGTH);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct talk talk = begin_talk(server, LENGTH);
        add_length(&talk.sent, lengths[i]);
        peer_send(talk.client, talk.sent.bytes, talk.sent.size);
        expect_talk_closed(&talk, too_long[LENGTH]);
        expect_complaints(server, i + 1, too_long[LENGTH]);
        expect_answered_client(server, LENGTH);
    }
    // With and without the newline that comes too late.
    for (int i = 0; i < 2; i++) {
        begin_timeline_anew();
        server = start_framing(LINE);
        struct talk talk = begin_talk(server, LINE);
        char *line = alphabet_text(2 * LINE_MAX_SIZE);
        if (i == 0)
            line[LINE_MAX_SIZE] = '\n';
        peer_send(talk.client, line, i == 0 ? LINE_MAX_SIZE + 1 : KIB(8));
        expect_talk_refused(&talk, too_long[LINE]);
        expect_answered_client(server, LINE);
    }
}

GRADED(takes_the_longest_line, 1,
       "line: counts all bytes of a line on the wire, up to 4096",
       "Is the end of the line counted?")
{
    struct talk talk = begin_talk(start_framing(LINE), LINE);
    char *line = alphabet_text(LINE_MAX_SIZE - 1);
    say(&talk, line, LINE_MAX_SIZE - 1);
    expect_answers(&talk);
    // The same size on the wire, with "\r\n".
    line[LINE_MAX_SIZE - 2] = '\r';
    peer_send(talk.client, line, LINE_MAX_SIZE - 1);
    expect_quiet(talk.server);
    peer_send(talk.client, "\n", 1);
    add_answer(&talk.wanted, line, LINE_MAX_SIZE - 2);
    end_talk(&talk);
    expect_complaints(talk.server, 0, "");
}

GRADED(says_at_which_byte, 2,
       "says at which byte of the stream the malformed message is",
       "How many bytes of this connection have been consumed before?")
{
    struct talk talk = begin_talk(start_framing(LENGTH), LENGTH);
    talk_a_while(&talk);
    size_t at = talk.sent.size;
    peer_send(talk.client, "\xff\xff\xff\xff", LENGTH_SIZE);
    expect_talk_refused(&talk, too_long[LENGTH]);
    expect_place(talk.server, at, at, at + LENGTH_SIZE,
                 "A length over 65536 has come.");
    begin_timeline_anew();
    talk = begin_talk(start_framing(LINE), LINE);
    talk_a_while(&talk);
    at = talk.sent.size;
    char *line = alphabet_text(LINE_MAX_SIZE + 1);
    peer_send(talk.client, line, LINE_MAX_SIZE + 1);
    expect_talk_refused(&talk, too_long[LINE]);
    expect_place(talk.server, at, at + LINE_MAX_SIZE - 1, at + LINE_MAX_SIZE,
                 "A line has become too long.");
}

GRADED(answers_what_came_before, 1,
       "answers the messages before a malformed one, and then closes",
       "What has been received together with what is malformed, and before it?")
{
    for (enum framing framing = 0; framing < LINE + 1; framing++) {
        begin_timeline_anew();
        struct talk talk = begin_talk(start_framing(framing), framing);
        for (int i = 0; i < 3; i++) {
            add_frame(&talk.sent, "before", 6);
            add_answer(&talk.wanted, "before", 6);
        }
        char *line = alphabet_text(LINE_MAX_SIZE + 1);
        if (framing == LENGTH)
            add_length(&talk.sent, LENGTH_MAX + 1);
        else
            add_bytes(&talk.sent, line, LINE_MAX_SIZE + 1);
        talk.before = "Three whole messages have come before what is none, and "
                      "perhaps in one piece with it: they are answered, and "
                      "then the connection is closed.";
        peer_send(talk.client, talk.sent.bytes, talk.sent.size);
        expect_talk_refused(&talk, too_long[framing]);
        expect_answered_client(talk.server, framing);
    }
}

GRADED(tells_a_clean_end_from_an_early_one, 2,
       "tells an end between two messages from one within a message",
       "recv() returned 0. What waits in the buffer then?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct program *server = start_framing(framing);
        struct talk talk = begin_talk(server, framing);
        expect_quiet(server);
        end_talk(&talk); // without a message
        expect_answered_client(server, framing);
        expect_complaints(server, 0, "");
        struct wire whole = {.framing = framing};
        add_frame(&whole, "early", 5);
        for (size_t size = 1; size < whole.size; size++) {
            talk = begin_talk(server, framing);
            peer_send(talk.client, whole.bytes, size);
            end_talk(&talk);
            expect_complaints(server, size, early_end);
        }
    }
}

GRADED(says_where_the_end_came, 1,
       "says at which byte an end came within a message",
       "How many bytes have come, all in all?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct talk talk = begin_talk(start_framing(framing), framing);
        talk_a_while(&talk);
        const size_t begin = talk.sent.size;
        add_frame(&talk.sent, "the message that is cut short", 29);
        peer_send(talk.client, talk.sent.bytes + begin, 17);
        expect_answers(&talk);
        peer_finish_sending(talk.client);
        expect_end_from(talk.server, talk.client);
        expect_complaints(talk.server, 1, early_end);
        expect_place(talk.server, begin, begin + 17, begin + 17,
                     "The client has finished within a message.");
        expect_answered_client(talk.server, framing);
    }
}

static void answer_in_this_weather(void)
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct program *server = start_framing(framing);
        for (int i = 0; i < 2; i++) {
            struct talk talk = begin_talk(server, framing);
            const size_t sizes[] = {20, 0, framing == FIXED ? 32 : 4000, 1, 3};
            for (size_t j = 0; j < COUNT(sizes); j++) {
                char *message = random_text("weather", sizes[j]);
                say(&talk, message, sizes[j]);
                free(message);
            }
            end_talk(&talk);
        }
        expect_complaints(server, 0, "");
    }
}

GRADED(survives_signals, 1, "goes on when a signal interrupts a call",
       "The call returned -1 with EINTR. How many bytes has it moved?")
{
    fail_every_second(MOVING_CALLS | CALLS_ACCEPT, EINTR);
    answer_in_this_weather();
}

GRADED(survives_bad_weather, 2,
       "answers in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_some(MOVING_CALLS, EINTR, 30);
    cut_most(50);
    answer_in_this_weather();
}

GRADED(goes_on_after_a_reset, 2,
       "says on stderr that a client was lost, and serves the next one",
       "recv() returned -1 for one client. What has that to do with the next?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct program *server = start_framing(framing);
        struct peer *client = connect_to(server);
        peer_send(client, "\0\0\0", 3);
        expect_quiet(server); // MSG_WAITALL takes them, and has not returned
        peer_reset(client);
        expect_complaints(server, 1, reset);
        expect_answered_client(server, framing);
        expect_complaints(server, 1, reset);
    }
}

GRADED(survives_a_vanished_client, 1,
       "is not killed by SIGPIPE when a client is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which call has a flag for that?")
{
    hold(CALLS_SEND);
    struct program *server = start_framing(LENGTH);
    struct talk talk = begin_talk(server, LENGTH);
    say_text(&talk, "who is gone then");
    vanish_before_it_sends(talk.client, server);
    expect_complaints(server, 1,
                      "The client was gone before its answer could be sent: "
                      "send() returned -1, and says so only once.");
    end_weather();
    expect_answered_client(server, LENGTH);
}

GRADED(answers_a_client_that_does_not_read, 2,
       "sends a client that doesn't read all its answers once it does",
       "Your send() waits. Who has the messages meanwhile that you have not "
       "received?")
{
    enum { MANY_CALLS = 12 }; // that receive three short messages
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct program *server = start_reusing(framing);
        expect_answered_client(server, framing);
        shrink_buffers(server, KIB(16)); // what they hold nobody else keeps
        struct talk talk = begin_talk(server, framing);
        if (calls_made(CALLS_RECEIVE) > MANY_CALLS)
            verdict_not_run("your program receives so few bytes with each call "
                            "that this would take minutes");
        struct level before = level_of(server);
        peer_stop_reading(talk.client);
        char *message = alphabet_text(framing == FIXED ? FIXED_SIZE : 4000);
        while (talk.sent.size < (framing == FIXED ? KIB(256) : MIB(3)))
            add_to_send(&talk, message);
        peer_allow_more(talk.client, talk.sent.size);
        peer_send(talk.client, talk.sent.bytes, talk.sent.size);
        expect_no_growth(
            server, &before, MIB(2),
            "It keeps what it has received, or its answers. What has been "
            "answered makes room for what comes, and while an answer waits to "
            "be sent, nothing more is received: so the kernel makes the client "
            "wait, and not you keep its bytes.");
        peer_resume_reading(talk.client);
        end_talk(&talk);
        expect_no_growth(server, &before, MIB(2), leaves_something);
    }
}

GRADED(waits_for_days, 1, "waits for its clients as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct program *server = start_framing(LINE);
    time_passes(server, HOURS(24));
    struct talk talk = begin_talk(server, LINE);
    peer_send(talk.client, "on", 2);
    time_passes(server, HOURS(24));
    peer_send(talk.client, "e\n", 2);
    add_answer(&talk.wanted, "one", 3);
    expect_answers(&talk);
    time_passes(server, HOURS(24));
    say_text(&talk, "two");
    end_talk(&talk);
}

GRADED(reports_a_busy_port, 1,
       "ends with status 1 and the reason when another has its port",
       "That is names_listen(), which you wrote in lesson 03.")
{
    const char *host = peer_own_host(), *port = free_port_text();
    start_server_with(SERVER, host, port,
                      (struct program_options){.arguments = {[2] = "line"}});
    expect_error(start_program(SERVER,
                               &(struct program_options){
                                   .arguments = {host, port, "line"}}),
                 1, EADDRINUSE);
}

GRADED(rests_when_descriptors_run_out, 1,
       "rests, or ends with the reason, when it is out of descriptors",
       "accept() fails with EMFILE, and the client still waits. What does your "
       "loop do?")
{
    fail_always(CALLS_ACCEPT, EMFILE);
    struct program *server = start_framing(LENGTH);
    begin_to_connect(server);
    expect_quiet(server);
    if (server->ended)
        expect_error(server, 1, EMFILE);
    else
        expect_idle(server);
}

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument is missing or wrong",
       "How many elements must argv have before you may read argv[3]?")
{
    static const char *const rows[][PROGRAM_ARGUMENTS] = {
        {NULL},
        {"127.0.0.1"},
        {"127.0.0.1", "0"},
        {"127.0.0.1", "0", "lines"},
        {"127.0.0.1", "0", ""},
        {"127.0.0.1", "0", "fix"},
        {"127.0.0.1", "0", "LENGTH"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct program_options options = {.input = NULL};
        memcpy(options.arguments, rows[i], sizeof options.arguments);
        expect_usage_error_because(
            start_program(SERVER, &options),
            "FRAMING is length, line or fixed, and all three arguments are "
            "needed: look at argc, and then at what they are.");
    }
}

GRADED(stops_on_a_signal, 1, "ends with status 0 at SIGINT and SIGTERM",
       "That is server_run() in server.h: does it still run?")
{
    struct program *server = start_framing(LINE);
    expect_answered_client(server, LINE);
    stop_server(server, SIGTERM);
    begin_timeline_anew();
    server = start_framing(LENGTH);
    connect_to(server);
    stop_server(server, SIGINT);
}
