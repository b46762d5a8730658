// What frame_client promises: each message sent, and its answer printed.

#include "grader/grade.h"

#include "answering.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PART(5)

GRADED(client_sends_and_prints, 3,
       "the client sends its messages, and prints each answer on a line",
       "How does the server know where a message ends, and how do you know "
       "where its answer does?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        play(&(struct dialogue){framing, {"hello"}, {"HELLO"}, {0}}, 0);
        play(
            &(struct dialogue){
                framing, {"one", "", "a third"}, {"ONE", "", "A THIRD"}, {0}},
            0);
        // What comes back is another program's affair.
        play(
            &(struct dialogue){framing, {"a", "b"}, {"something", "else"}, {0}},
            0);
    }
}

// All answers are there before the second message, in one piece.
static void take_early_answers(enum framing framing)
{
    const struct dialogue dialogue = {
        framing, {"one", "two"}, {"ONE", "TWO"}, {0}};
    struct wire answers = {.framing = framing};
    begin_timeline_anew();
    struct answered answered = begin_dialogue(&dialogue);
    expect_messages(&answered, &dialogue, 1);
    add_frame(&answers, "ONE", 3);
    add_frame(&answers, "TWO", 3);
    peer_send(answered.server, answers.bytes, answers.size);
    expect_messages(&answered, &dialogue, 2);
    expect_quiet(answered.client);
    peer_finish_sending(answered.server);
    expect_printed(answered.client, &dialogue);
    free(answers.bytes);
}

GRADED(client_takes_answers_in_pieces, 2,
       "the client puts an answer together that comes in pieces",
       "recv() brought a part of the answer. When do you know that it is "
       "whole?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++)
        for (size_t piece = 1; piece <= 5; piece += 4)
            play(&(struct dialogue){framing,
                                    {"first", "second", ""},
                                    {"FIRST", "SECOND", ""},
                                    {0}},
                 piece);
    for (enum framing framing = 0; framing < FRAMINGS; framing++)
        take_early_answers(framing);
}

GRADED(client_ends_a_line_with_cr_lf, 1,
       "line: the client takes a '\\r' before the newline for the end, too",
       "Is what ends the line a part of the answer?")
{
    const struct dialogue dialogue = {LINE, {"one"}, {"ONE"}, {0}};
    struct answered answered = begin_dialogue(&dialogue);
    expect_messages(&answered, &dialogue, 1);
    peer_send_text(answered.server, "ONE\r");
    expect_quiet(answered.client);
    peer_send_text(answered.server, "\n");
    expect_quiet(answered.client);
    peer_finish_sending(answered.server);
    expect_printed(answered.client, &dialogue);
}

GRADED(client_prints_bytes, 1,
       "the client prints an answer as the bytes that it has",
       "Which functions need a zero behind a text, and which take a '%' in it "
       "for an order?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++)
        play(&(struct dialogue){framing,
                                {"x", "y", "z"},
                                {"a longer one, \xff%s%n\x80", "", "short"},
                                {0}},
             0);
    play(&(struct dialogue){LENGTH, {"two\nlines\n"}, {"TWO\nLINES\n"}, {0}},
         0);
    play(&(struct dialogue){LENGTH, {"A\r", "b"}, {"A\r", "B"}, {0}}, 0);
    play(&(struct dialogue){LINE, {"a\rb"}, {"A\rB"}, {0}}, 0);
    // No options: what stands behind FRAMING is a MESSAGE.
    play(&(struct dialogue){LINE, {"-x", "--", "-"}, {"-X", "--", "-"}, {0}},
         0);
}

GRADED(client_sends_the_largest, 2,
       "the client sends the largest messages, and takes the largest answers",
       "How many bytes does the frame have that carries the largest message?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        const char *text = alphabet_text(framing_max(framing));
        play(&(struct dialogue){framing, {text, "z"}, {text, "Z"}, {0}}, 0);
    }
}

GRADED(client_refuses_what_it_cant_send, 2,
       "the client refuses, with status 2, what its framing can't carry",
       "What would the other side make of a newline within a line?")
{
    const struct {
        enum framing framing;
        const char *message;
    } bad[] = {
        {LINE, "two\nlines"},
        {LINE, "\n"},
        {LINE, "ends with\r"},
        {LINE, "\r"},
        {LINE, alphabet_text(LINE_MAX_SIZE)},
        {FIXED, "thirty-three bytes are 1 too many"},
        {LENGTH, alphabet_text(LENGTH_MAX + 1)},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        for (int place = 0; place < 2; place++) {
            struct program_options options = {
                .arguments = {[2] = framing_name(bad[i].framing),
                              place == 0 ? bad[i].message : "a good one",
                              place == 0 ? NULL : bad[i].message}};
            // It may have connected before it looks at them.
            struct peer *server = peer_listen(peer_own_host());
            struct program *client = start_client(CLIENT, server, options);
            expect_usage_error_because(
                client,
                "A MESSAGE that the framing can't carry is known before "
                "anything is sent: too many bytes, a newline within a line, a "
                "'\\r' at its end. Look at all of them first.");
            expect_only_from(client, server, "", 0);
        }
}

// A server that answers so many of three messages, and a part of the next; and
// then finishes, or resets.
static struct program *answer_some(enum framing framing, size_t answers,
                                   size_t part, bool resets)
{
    const struct dialogue dialogue = {
        framing, {"one", "two", "three"}, {"ONE", "TWO", "THREE"}, {0}};
    begin_timeline_anew();
    struct answered answered = begin_dialogue(&dialogue);
    struct wire wire = {.framing = framing};
    for (size_t i = 0; i < answers; i++) {
        expect_messages(&answered, &dialogue, i + 1);
        wire.size = 0;
        add_frame(&wire, dialogue.answers[i], strlen(dialogue.answers[i]));
        peer_send(answered.server, wire.bytes, wire.size);
    }
    expect_messages(&answered, &dialogue, answers + 1);
    wire.size = 0;
    add_frame(&wire, dialogue.answers[answers],
              strlen(dialogue.answers[answers]));
    peer_send(answered.server, wire.bytes, part);
    if (resets) {
        expect_quiet(answered.client); // else it overtakes what was sent
        peer_reset(answered.server);
    } else {
        peer_finish_sending(answered.server);
    }
    return answered.client;
}

GRADED(client_misses_answers, 2,
       "the client ends with status 1 if answers are missing, or cut short",
       "How many messages have you sent, and how many answers have come?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++)
        for (size_t answers = 0; answers < 3; answers++) {
            expect_given_up(answer_some(framing, answers, 0, false),
                            "The server has finished, and answers are "
                            "missing.");
            expect_given_up(answer_some(framing, answers, 3, false),
                            "The server has finished within an answer.");
        }
}

GRADED(client_reports_a_reset, 1, "the client says so when the server resets",
       "recv() returned -1. Is that the end of the stream?")
{
    for (size_t part = 0; part < 5; part++)
        expect_error(answer_some(LENGTH, 1, part, true), 1, ECONNRESET);
    expect_error(answer_some(LINE, 0, 2, true), 1, ECONNRESET);
    expect_error(answer_some(FIXED, 0, 2, true), 1, ECONNRESET);
}

GRADED(client_refuses_what_is_no_answer, 1,
       "the client ends with status 1 if what comes back is no message",
       "The server can be wrong, too. What does your decoder say, and who "
       "listens to it?")
{
    for (enum framing framing = 0; framing < LINE + 1; framing++) {
        const struct dialogue dialogue = {framing, {"one"}, {"ONE"}, {0}};
        begin_timeline_anew();
        struct answered answered = begin_dialogue(&dialogue);
        expect_messages(&answered, &dialogue, 1);
        if (framing == LENGTH)
            peer_send(answered.server, "\0\1\0\1", LENGTH_SIZE);
        else
            peer_send_text(answered.server, alphabet_text(KIB(8)));
        expect_given_up(answered.client,
                        "What the server has sent is too long for an answer.");
    }
}

GRADED(client_receives_more_than_single_bytes, 1,
       "the client receives more than single bytes with its calls",
       "How many bytes does each call bring, and what does a call cost?")
{
    enum { LEAST = 4 };
    for (enum framing framing = 0; framing < LINE + 1; framing++) {
        const char *text = alphabet_text(4000);
        play(&(struct dialogue){framing, {"x"}, {text}, {0}}, 0);
        const size_t calls = calls_made(CALLS_RECEIVE);
        const struct failure failure = {
            .is_sure = true,
            .means = "It receives byte by byte, or nearly so: each call into "
                     "the kernel costs about as much as hundreds of bytes in "
                     "memory. Receive what there is into a buffer, and look "
                     "for the answer there. (This check is about that alone.)",
        };
        if (calls * LEAST > 4000)
            expect_fail(
                &failure,
                formatted("at most %d calls that receive", 4000 / LEAST), "%zu",
                calls);
    }
}

static void play_in_this_weather(void)
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        const char *text = random_text("weather", framing == FIXED ? 32 : 3000);
        play(&(struct dialogue){framing,
                                {"one", text, "", "four"},
                                {"ONE", text, "", "FOUR"},
                                {0}},
             0);
    }
}

GRADED(client_survives_weather, 2,
       "the client gets all answers in bad weather: signals, short counts",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_every_second(MOVING_CALLS | CALLS_WAIT, EINTR);
    play_in_this_weather();
    end_weather();
    cut_each(MOVING_CALLS, 3);
    play_in_this_weather();
    end_weather();
    fail_some(MOVING_CALLS | CALLS_CONNECT, EINTR, 30);
    cut_most(50);
    play_in_this_weather();
}

GRADED(client_survives_a_vanished_server, 1,
       "the client is not killed by SIGPIPE when the server is gone",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    const struct dialogue dialogue = {LINE, {"one"}, {"ONE"}, {0}};
    struct answered answered = begin_dialogue(&dialogue);
    vanish_before_it_sends(answered.server, answered.client);
    expect_complaint(answered.client, 1);
}

GRADED(client_waits_for_days, 1,
       "the client waits for its answer as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    const struct dialogue dialogue = {LINE, {"one"}, {"ONE"}, {0}};
    struct answered answered = begin_dialogue(&dialogue);
    expect_messages(&answered, &dialogue, 1);
    time_passes(answered.client, HOURS(24));
    peer_send(answered.server, "ON", 2);
    time_passes(answered.client, HOURS(24));
    peer_send(answered.server, "E\n", 2);
    expect_quiet(answered.client);
    peer_finish_sending(answered.server);
    expect_printed(answered.client, &dialogue);
}

GRADED(client_reports_a_refused_connection, 1,
       "the client says so when nobody listens",
       "That is client_connect(), which says why. What does main() do then?")
{
    expect_error(
        start_client_of_nobody(
            CLIENT,
            (struct program_options){.arguments = {[2] = "line", "hello"}}),
        1, ECONNREFUSED);
}

GRADED(client_reports_a_full_stdout, 1,
       "the client ends with status 1 when stdout can't be written",
       "printf() writes into a buffer. When do you learn that it could not be "
       "written out?")
{
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_client(
        CLIENT, server,
        (struct program_options){.arguments = {[2] = "line", "hello"},
                                 .standard_output = STDOUT_FULL});
    peer_send_text(server, "HELLO\n");
    peer_finish_sending(server);
    expect_reason(client, 1, ENOSPC);
}

GRADED(client_asks_for_its_arguments, 1,
       "the client shows its usage, with status 2, without a message",
       "How many elements must argv have before you may read argv[4]?")
{
    static const char *const rows[][PROGRAM_ARGUMENTS] = {
        {NULL},
        {"127.0.0.1"},
        {"127.0.0.1", "7"},
        {"127.0.0.1", "7", "line"},
        {"127.0.0.1", "7", "lines", "hello"},
        {"127.0.0.1", "7", "", "hello"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct program_options options = {.input = NULL};
        memcpy(options.arguments, rows[i], sizeof options.arguments);
        expect_usage_error_because(
            start_program(CLIENT, &options),
            "FRAMING is length, line or fixed, and at least one MESSAGE stands "
            "behind it: look at argc, and then at what they are.");
    }
}
