// What frame_server survives: clients that go, signals and days; and what does
// not grow.

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

PART(3)

static const char *const reset =
    "The client has reset the connection: recv() returned -1, which is no end.";

static const char *const leaves_something =
    "Each message leaves something behind in memory: what has been consumed "
    "makes room for what comes, and what was allocated for it is freed.";

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

// A client that takes none of its answers, so that the server waits to send.
static struct talk serve_stuck(struct program *server, enum framing framing)
{
    shrink_buffers(server, KIB(16));
    struct talk talk = begin_talk(server, framing);
    peer_stop_reading(talk.client);
    char *message = alphabet_text(framing == FIXED ? FIXED_SIZE : 1000);
    while (talk.sent.size < KIB(192))
        add_to_send(&talk, message);
    free(message);
    peer_allow_more(talk.client, talk.sent.size);
    peer_send(talk.client, talk.sent.bytes, talk.sent.size);
    expect_quiet(server);
    return talk;
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
        // Between two messages, and while an answer waits to be sent.
        struct talk talk = begin_talk(server, framing);
        say_text(&talk, "whole");
        expect_answers(&talk);
        peer_reset(talk.client);
        expect_complaints(server, 2, reset);
        talk = serve_stuck(server, framing);
        peer_reset(talk.client);
        expect_complaints(server, 3, reset);
        expect_answered_client(server, framing);
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
    begin_timeline_anew();
    server = start_framing(LINE);
    talk = serve_stuck(server, LINE);
    time_passes(server, HOURS(24));
    peer_resume_reading(talk.client);
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
    // Also while a client is served that takes none of its answers.
    begin_timeline_anew();
    server = start_framing(LINE);
    serve_stuck(server, LINE);
    stop_server(server, SIGTERM);
}
