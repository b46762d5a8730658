// Grading tests for lesson 05: how frame_server tells messages apart, check by
// check, in the order in which the TODOs make them pass.

#include "grader/grade.h"

#include "frames.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/weathers.h"

#include <stdlib.h>
#include <string.h>

LESSON("05-framing", "Where a message ends: three framings",
       PROTOCOL_FRAMES | PROTOCOL_IN_TURN)

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "That is server_run() in server.h: is it called with HOST and PORT?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++)
        connect_to(start_framing(framing));
}

// Has messages of these sizes answered, each before the next is sent.
static void answer_sizes(enum framing framing, const size_t sizes[],
                         size_t count)
{
    begin_timeline_anew();
    struct talk talk = begin_talk(start_framing(framing), framing);
    for (size_t i = 0; i < count; i++) {
        char *message = alphabet_text(sizes[i]);
        say(&talk, message, sizes[i]);
        expect_answers(&talk);
        free(message);
    }
    end_talk(&talk);
    expect_complaints(talk.server, 0, "");
}

GRADED(answers_length, 2, "length: answers a message behind its length",
       "In which order do the four bytes of the length come?")
{
    static const size_t sizes[] = {5,   2, 0,     12,    97, 200,
                                   300, 3, 33000, 65536, 1};
    answer_sizes(LENGTH, sizes, COUNT(sizes));
}

GRADED(answers_line, 2, "line: answers what comes before a newline",
       "Where in the bytes is the newline, and how many of them does the line "
       "consume?")
{
    static const size_t sizes[] = {5, 2, 0, 12, 97, 200, 300, 3, 4095, 1};
    answer_sizes(LINE, sizes, COUNT(sizes));
}

GRADED(answers_fixed, 2, "fixed: answers what stands before the padding",
       "How many bytes has each frame, and how many of them are the message?")
{
    static const size_t sizes[] = {5, 2, 0, 12, 31, 32, 3};
    answer_sizes(FIXED, sizes, COUNT(sizes));
}

// Of several, only the last belongs to the end. The message, which ends in one,
// can't be answered as a line: so what is sent then is the server's affair.
static void expect_one_cr_taken(struct program *server)
{
    struct talk talk = begin_talk(server, LINE);
    peer_send_text(talk.client, "a\r\r\n");
    peer_finish_sending(talk.client);
    expect_end_from(server, talk.client);
    const struct bytes *in = &talk.client->in;
    const struct failure failure = {
        .program = server,
        .peer = talk.client,
        .is_sure = true,
        .means = "One '\\r' right before the newline belongs to the end of the "
                 "line, and one before that to the message: it has been lost.",
    };
    if (in->size == 2 && memcmp(in->at, "A\n", 2) == 0)
        expect_fail(&failure, "an answer to \"a\\r\", if any", "\"A\\n\"");
}

// A '\r' that comes last in a piece, and is none of the end.
static void expect_cr_kept(struct program *server)
{
    struct talk talk = begin_talk(server, LINE);
    peer_send_text(talk.client, "a\r");
    expect_quiet(server);
    peer_send_text(talk.client, "bc\n");
    add_answer(&talk.wanted, "a\rbc", 4);
    end_talk(&talk);
}

// The two bytes of an end stand on both sides of a place where some buffer may
// end, or begin anew.
static void expect_cr_lf_across(struct program *server, size_t place)
{
    enum { USUAL = 1000 };
    char *message = alphabet_text(2 * USUAL);
    char *usual = alphabet_text(USUAL - 1);
    struct talk talk = begin_talk(server, LINE);
    while (talk.sent.size + 2 * USUAL < place)
        add_to_send(&talk, usual);
    const size_t size = place - 1 - talk.sent.size;
    add_bytes(&talk.sent, message, size);
    add_bytes(&talk.sent, "\r\n", 2);
    add_answer(&talk.wanted, message, size);
    peer_allow_more(talk.client, talk.sent.size);
    peer_send(talk.client, talk.sent.bytes, talk.sent.size);
    end_talk(&talk);
    free(usual);
    free(message);
}

GRADED(ends_a_line_with_cr_lf, 1,
       "line: takes a '\\r' right before the newline for a part of the end",
       "Which is the last byte of a line that a terminal program sent?")
{
    // In several lines, and with the end in two pieces.
    static const char *const lines[] = {"one\r\n", "\r\n", "two\r", "\n",
                                        "three\r\nfour\r\n"};
    struct talk talk = begin_talk(start_framing(LINE), LINE);
    for (size_t i = 0; i < COUNT(lines); i++) {
        peer_send_text(talk.client, lines[i]);
        expect_quiet(talk.server);
    }
    static const char *const messages[] = {"one", "", "two", "three", "four"};
    for (size_t i = 0; i < COUNT(messages); i++)
        add_answer(&talk.wanted, messages[i], strlen(messages[i]));
    expect_answers(&talk);
    begin_timeline_anew();
    talk = begin_talk(start_framing(LINE), LINE);
    say_text(&talk, "a\rb");
    say_text(&talk, "\rc");
    end_talk(&talk);
    expect_cr_kept(talk.server);
    expect_one_cr_taken(talk.server);
    for (size_t place = KIB(4); place <= KIB(128); place *= 2)
        expect_cr_lf_across(talk.server, place);
}

// Bytes of all values that a message in that framing may have.
static void say_every_byte(struct talk *talk)
{
    unsigned char bytes[256];
    size_t size = 0;
    for (int value = 255; value >= 0; value--)
        if (talk->wanted.framing != LINE || value != '\n')
            bytes[size++] = (unsigned char)value;
    if (talk->wanted.framing != FIXED) {
        bytes[size++] = 'z'; // a zero at the end of a line
        say(talk, bytes, size);
        return;
    }
    for (size_t from = 0; from < size; from += FIXED_SIZE)
        say(talk, bytes + from, FIXED_SIZE - (from == 224 ? 1 : 0));
}

GRADED(takes_every_byte, 2,
       "takes a message for bytes: zeros, newlines, 128 to 255",
       "Which functions stop at a zero? And what do toupper() and char make of "
       "a byte over 127?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct talk talk = begin_talk(start_framing(framing), framing);
        say(&talk, "a\0b", 3);
        say(&talk, "\0\0c", 3);
        say(&talk, "\xff`\xffz{\x9f@\xe0z", 9); // none carries into another
        if (framing != LINE)
            say(&talk, "\nd\n\ne\r\n", 7);
        if (framing != FIXED) // where they would be padding
            say(&talk, "f\0\0", 3);
        say_every_byte(&talk);
        end_talk(&talk);
    }
}

GRADED(answers_at_every_split, 3,
       "answers whatever place the stream is split at",
       "recv() may stop within a message, a length, or an end of line. What is "
       "kept until the rest comes?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        struct talk whole = {.sent = {.framing = framing}};
        static const char *const messages[] = {"first", "", "2nd"};
        for (size_t i = 0; i < COUNT(messages); i++)
            add_frame(&whole.sent, messages[i], strlen(messages[i]));
        struct program *server = start_framing(framing);
        for (size_t at = 1; at < whole.sent.size; at++) {
            struct talk talk = begin_talk(server, framing);
            for (size_t i = 0; i < COUNT(messages); i++)
                add_answer(&talk.wanted, messages[i], strlen(messages[i]));
            peer_send(talk.client, whole.sent.bytes, at);
            expect_quiet(server);
            peer_send(talk.client, whole.sent.bytes + at, whole.sent.size - at);
            end_talk(&talk);
        }
    }
}

// Whole messages, and in the same piece the beginning of one more, of which the
// rest may come tomorrow.
static void answer_before_a_half(enum framing framing)
{
    begin_timeline_anew();
    struct talk talk = begin_talk(start_framing(framing), framing);
    add_to_send(&talk, "one");
    add_to_send(&talk, "two");
    const size_t whole = talk.sent.size;
    add_frame(&talk.sent, "three", 5);
    peer_send(talk.client, talk.sent.bytes, whole + 3);
    expect_answers(&talk);
    add_answer(&talk.wanted, "three", 5);
    peer_send(talk.client, talk.sent.bytes + whole + 3,
              talk.sent.size - whole - 3);
    end_talk(&talk);
}

GRADED(answers_many_in_one_piece, 2,
       "answers a hundred messages that arrive together, and each at once",
       "One recv() brought several messages. When is the next one looked at?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct talk talk = begin_talk(start_framing(framing), framing);
        for (int i = 0; i < 100; i++)
            add_to_send(&talk, formatted("message %d", i));
        peer_send(talk.client, talk.sent.bytes, talk.sent.size);
        expect_answers(&talk);
        say_text(&talk, "one more");
        end_talk(&talk);
        answer_before_a_half(framing);
    }
}

GRADED(answers_a_message_in_a_hundred_pieces, 1,
       "puts a message together that comes byte by byte",
       "How many bytes have come, and how many does the message need?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct talk talk = begin_talk(start_framing(framing), framing);
        peer_send_in_pieces(talk.client, 1, false);
        char *message = alphabet_text(framing == FIXED ? 30 : 120);
        say_text(&talk, message);
        say_text(&talk, "short");
        expect_answers(&talk);
    }
}

// A short message before each long one: what is left of the long one has to be
// moved, and overlaps the place where it was.
GRADED(
    keeps_what_it_has_not_consumed, 2,
    "keeps the beginning of the next message, however long it is",
    "What is moved to the front of the buffer, and may overlap where it was?")
{
    for (enum framing framing = 0; framing < LINE + 1; framing++) {
        begin_timeline_anew();
        struct talk talk = begin_talk(start_framing(framing), framing);
        for (size_t size = 1000; size <= 4000; size += 1000) {
            char *message = random_text("kept", size);
            add_to_send(&talk, "x");
            add_to_send(&talk, message);
            free(message);
        }
        peer_send_in_pieces(talk.client, 900, false);
        peer_send(talk.client, talk.sent.bytes, talk.sent.size);
        end_talk(&talk);
    }
}

GRADED(receives_more_than_single_bytes, 1,
       "receives more than single bytes with its calls",
       "A call into the kernel costs some hundred times what a look at a byte "
       "costs. How many bytes does each of yours bring?")
{
    enum { BYTES = 4096, LEAST = 4 };
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct talk talk = begin_talk(start_framing(framing), framing);
        while (talk.sent.size < BYTES)
            add_to_send(&talk, framing == FIXED
                                   ? "a message of thirty-two bytes.."
                                   : "a message that has sixty-four bytes "
                                     "on the wire, with its end..");
        peer_send(talk.client, talk.sent.bytes, talk.sent.size);
        expect_answers(&talk);
        const size_t calls = calls_made(CALLS_RECEIVE);
        const struct failure failure = {
            .program = talk.server,
            .peer = talk.client,
            .is_sure = true,
            .means = "It receives byte by byte, or nearly so: each call into "
                     "the kernel costs about as much as hundreds of bytes in "
                     "memory. Receive what there is into a buffer, and look "
                     "for the message there. (This check is about that alone.)",
        };
        if (calls * LEAST > talk.sent.size)
            expect_fail(&failure,
                        formatted("at most %zu calls that receive %zu bytes",
                                  talk.sent.size / LEAST, talk.sent.size),
                        "%zu", calls);
    }
}

GRADED(survives_short_sends, 2,
       "sends each answer whole, however few bytes a send takes",
       "send() may take fewer bytes than you offered. What happens to the "
       "rest?")
{
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        for (size_t bytes = 1; bytes <= 6; bytes++) {
            end_weather();
            begin_timeline_anew();
            cut_each(CALLS_SEND, bytes);
            expect_answered_client(start_framing(framing), framing);
        }
    }
}
