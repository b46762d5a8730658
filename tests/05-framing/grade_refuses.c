// What frame_server makes of messages that are none, and of ends: which, and at
// which byte.

#include "grader/grade.h"

#include "frames.h"
#include "words/content.h"

#include <string.h>

PART(2)

static const char *const too_long[] = {
    "A length over 65536 has come, and is none.",
    "A line has come that is longer than 4096 bytes, its newline among them.",
};
static const char *const early_end =
    "The client has finished within a message: recv() returned 0, and "
    "something waits in the buffer that is not whole.";
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
    // Without the newline, and with one that comes too late; which is so of a
    // '\r' and a newline, too.
    for (int i = 0; i < 3; i++) {
        begin_timeline_anew();
        server = start_framing(LINE);
        struct talk talk = begin_talk(server, LINE);
        char *line = alphabet_text(2 * LINE_MAX_SIZE);
        if (i > 0)
            line[LINE_MAX_SIZE] = '\n';
        if (i > 1)
            line[LINE_MAX_SIZE - 1] = '\r';
        peer_send(talk.client, line, i == 0 ? KIB(8) : LINE_MAX_SIZE + 1);
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

static void expect_place_behind(struct talk *talk, const char *why)
{
    const size_t at = talk->sent.size;
    expect_answers(talk);
    peer_send(talk->client, "\xff\xff\xff\xff", LENGTH_SIZE);
    expect_talk_closed(talk, too_long[LENGTH]);
    expect_place(talk->server, at, at, at + LENGTH_SIZE, why);
}

// Each client's connection has a first byte of its own.
static void places_of_two_clients(void)
{
    begin_timeline_anew();
    struct program *server = start_framing(LENGTH);
    struct talk talk = begin_talk(server, LENGTH);
    talk_a_while(&talk);
    expect_place_behind(&talk, "A length over 65536 has come.");
    talk = begin_talk(server, LENGTH);
    say_text(&talk, alphabet_text(777));
    expect_place_behind(&talk,
                        "A length over 65536 has come from the second client, "
                        "whose connection begins at its own byte 0.");
}

static void place_behind_much(void)
{
    enum { PIECE = 60000, PIECES = 3 };
    char *message = alphabet_text(PIECE);
    begin_timeline_anew();
    struct talk talk = begin_talk(start_framing(LENGTH), LENGTH);
    for (int i = 0; i < PIECES; i++) {
        peer_allow_more(talk.client, PIECE);
        say(&talk, message, PIECE);
    }
    expect_place_behind(&talk, "A length over 65536 has come, behind more "
                               "bytes than 16 bits can count.");
}

// What ends a line has been consumed, too, all of it.
static void place_behind_cr_lf(void)
{
    enum { LINES = 500 };
    begin_timeline_anew();
    struct talk talk = begin_talk(start_framing(LINE), LINE);
    for (int i = 0; i < LINES; i++) {
        add_bytes(&talk.sent, "ab\r\n", 4);
        add_answer(&talk.wanted, "ab", 2);
    }
    add_bytes(&talk.sent, "x", 1);
    peer_send(talk.client, talk.sent.bytes, talk.sent.size);
    end_talk(&talk);
    expect_complaints(talk.server, 1, early_end);
    expect_place(talk.server, talk.sent.size - 1, talk.sent.size - 1,
                 talk.sent.size,
                 "The client has finished within a message. Each line before "
                 "it had a '\\r' and a newline, and both count.");
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
    places_of_two_clients();
    place_behind_much();
    place_behind_cr_lf();
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
        // What has come may look like nothing: padding, or half an end.
        talk = begin_talk(server, framing);
        if (framing == FIXED)
            peer_send(talk.client, "\0\0\0\0\0\0\0\0\0", 10);
        else
            peer_send(talk.client, framing == LINE ? "\r" : "\0", 1);
        end_talk(&talk);
        expect_complaints(server, whole.size, early_end);
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
