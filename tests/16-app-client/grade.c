// Grading tests for lesson 16: what app_client promises, check by check. How
// it learns of readiness is its own affair, and so is how it writes its JSON.

#include "grader/grade.h"

#include "app.h"
#include "words/app_protocol.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/messages.h"
#include "words/weathers.h"

#include <errno.h>
#include <string.h>

LESSON("16-app-client", "The message from the other end", PROTOCOL_MESSAGES)

GRADED(reports_a_refusal, 1,
       "ends with status 1 and the reason when nobody listens",
       "Which call tells how an attempt to connect came out?")
{
    expect_error(start_refused(), 1, ECONNREFUSED);
    // Or connect() itself says at once that there is no way.
    begin_timeline_anew();
    fail_always(CALLS_CONNECT, ENETUNREACH);
    expect_reason(start_refused(), 1, ENETUNREACH);
}

GRADED(asks_and_shows_the_result, 3,
       "sends a search, and prints \"got result: \" and what was found",
       "Which steps come before the first byte that you send, and which ones "
       "before you know how long the response is?")
{
    search_morpheus();
}

GRADED(asks_for_any_text, 2,
       "asks for any text, also with quotes, backslashes and % in it",
       "Who writes the quotes and backslashes in JSON: you, or a library?")
{
    search("a \"b\" \\ c",
           "{\"action\": \"search\", \"value\": \"a \\\"b\\\" \\\\ c\"}", "x");
    search("\"}, \"value\": \"y",
           "{\"action\": \"search\", \"value\": \"\\\"}, \\\"value\\\": "
           "\\\"y\"}",
           "x");
    search("100%s%n", "{\"action\": \"search\", \"value\": \"100%s%n\"}", "x");
    search("\U0001F436 \u00e9\n\t",
           "{\"action\": \"search\", \"value\": \"\U0001F436 \u00e9\\n\\t\"}",
           "x");
    search("", "{\"action\": \"search\", \"value\": \"\"}", "x");
    search("\x01\x1b\b\f\x7f",
           "{\"action\": \"search\", \"value\": \"\\u0001\\u001b\\b\\f\x7f\"}",
           "x");
}

GRADED(sends_other_actions_as_bytes, 2,
       "sends any other ACTION as bytes, and prints \"got response: \"",
       "Which type and which encoding does a content have that is no text?")
{
    exchange_bytes("binary", "\U0001F603");
    exchange_bytes("Search", "morpheus");
    exchange_bytes("searching", "");
    exchange_bytes("", "");
    exchange_bytes("bytes", "\xff\xfe");
    exchange_bytes("many", alphabet_text(60000));
}

GRADED(shows_bytes_to_their_end, 1,
       "shows all of a response that has zeros in it",
       "Bytes are not a string. Where does printf(\"%s\") stop?")
{
    enum { MANY = 1000 };
    struct peer *server = serve();
    struct program *client = start(server, "binary", "x");
    expect_connection(client, server);
    expect_message(client, server);
    message_send(server, BINARY_RESPONSE, "binary", "one\0two\0\xff three", 15);
    expect_success(client, server);
    expect_line_with(client, RESPONSE, "one", 40);
    expect_line_with(client, RESPONSE, " three", 1);
    // However much longer they get when they are shown.
    char many[MANY + sizeof " four" - 1];
    memset(many, 0xff, MANY);
    memcpy(many + MANY, " four", sizeof " four" - 1);
    server = serve();
    client = start(server, "binary", "x");
    expect_connection(client, server);
    expect_message(client, server);
    message_send(server, BINARY_RESPONSE, "binary", many, sizeof many);
    expect_success(client, server);
    expect_line_with(client, RESPONSE, " four", 1);
}

GRADED(receives_in_any_pieces, 3,
       "puts a response together that comes byte by byte, or split anywhere",
       "Which of your steps take it for granted that all of their bytes came "
       "with one recv()?")
{
    // The last two end shortly before the header does, and shortly behind it.
    static const size_t pieces[] = {1, 2, 3, 50, 103, 106};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct peer *server;
        struct program *client = start_asking(&server);
        peer_send_in_pieces(server, pieces[i], false);
        message_send_result(server, RABBIT);
        expect_success(client, server);
        expect_line(client, RESULT RABBIT);
    }
}

static void respond_with_header(const char *header, size_t length)
{
    struct peer *server;
    struct program *client = start_asking(&server);
    message_send_raw(server, header, length, RIGHT, sizeof RIGHT - 1);
    expect_success(client, server);
    expect_line(client, RESULT "right");
}

GRADED(reads_any_right_header, 2,
       "reads a header in any order and spacing, with escapes and more members",
       "Who reads the JSON: a parser, or a search for a text that looks like "
       "it? How long may a header be?")
{
    static const char *const headers[] = {
        "{\"content-length\":19,\"content-encoding\":\"utf-8\","
        "\"content-type\":\"text/json\",\"byteorder\":\"big\"}",
        "{\"x\": {\"content-length\": 9}, \"byteorder\" : \"\\u006cittle\",\n"
        "\"content-type\": \"text\\/json\", \"y\": \"\\\"content-length\\\": 7\""
        ", \"content\\u002dencoding\": \"UTF-8\", \"content-length\": 19 }",
    };
    for (size_t i = 0; i < COUNT(headers); i++)
        respond_with_header(headers[i], strlen(headers[i]));
    static char longest[65535]; // as many as two bytes can say
    memset(longest, ' ', sizeof longest);
    memcpy(longest, headers[0], strlen(headers[0]));
    respond_with_header(longest, sizeof longest);
}

// The byte 0x80 of latin1 is U+0080, however that is shown.
static void expect_no_euro(struct program *client)
{
    static const char *const euros[] = {"\u20ac", "\\xe2\\x82\\xac", "\\u20ac"};
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "The encoding was latin1, in which each byte is the character "
                 "of that number. In windows-1252, for which some take it, "
                 "bytes from 0x80 to 0x9f are others.",
    };
    for (size_t i = 0; i < COUNT(euros); i++)
        if (strstr(client->out.bytes, euros[i]) != NULL)
            expect_fail(&failure, "U+0080, for the byte 0x80 of latin1",
                        "the euro sign");
}

GRADED(reads_any_encoding, 1, "honours the content-encoding of the response",
       "The header says which bytes stand for a character. Who reads it?")
{
    static const char *const encodings[] = {"utf-16", "utf-32", "latin1"};
    for (size_t i = 0; i < COUNT(encodings); i++) {
        struct peer *server;
        struct program *client = start_asking(&server);
        message_send_json(server, encodings[i],
                          "{\"result\": \"caf\u00e9\", \"more\": [1, 2]}");
        expect_success(client, server);
        expect_line(client, RESULT "caf\u00e9");
    }
    struct peer *server;
    struct program *client = start_asking(&server);
    message_send_json(server, "latin1", "{\"result\": \"5\xc2\x80\"}");
    expect_success(client, server);
    expect_no_euro(client);
}

GRADED(prints_any_result, 1,
       "prints a result with % in it as it is, and an empty one",
       "What does printf() do with a text that comes from somebody else?")
{
    static const char *const results[] = {"100% %s%n%d \"x\" \\", "", "%"};
    for (size_t i = 0; i < COUNT(results); i++) {
        struct peer *server;
        struct program *client = start_asking(&server);
        message_send_result(server, results[i]);
        expect_success(client, server);
        expect_line(client, RESULT "%s", results[i]);
    }
    struct peer *server;
    struct program *client = start_asking(&server);
    message_send(server, "text/plain", "binary", "", 0);
    expect_success(client, server);
    expect_line_with(client, "got response:", "", 4);
    client = start_asking(&server);
    message_send(server, "text/plain", "utf-8", "text", 4);
    expect_success(client, server);
    expect_line_with(client, RESPONSE, "text", 1);
    // Only text/json is JSON, and no name that is like it.
    client = start_asking(&server);
    message_send(server, "text/json5", "utf-8", "{five}", 6);
    expect_success(client, server);
    expect_line_with(client, RESPONSE, "{five}", 1);
    client = start_asking(&server);
    message_send(server, "TEXT/JSON", "utf-8", "{capitals}", 10);
    expect_success(client, server);
    expect_line_with(client, RESPONSE, "{capitals}", 1);
    // A zero is no end, however it is shown; or it is refused.
    client = start_asking(&server);
    message_send_json(server, "utf-8", "{\"result\": \"one\\u0000 two\"}");
    expect_end(client);
    if (ended_with(client, 1)) {
        expect_no_success(client);
        return;
    }
    expect_success(client, server);
    expect_line_with(client, RESULT, " two", 1);
}

GRADED(takes_an_early_response, 1,
       "takes a response that is there before its request is",
       "May a server answer before it has heard all?")
{
    struct peer *server = serve();
    message_send_result(server, "early");
    peer_finish_sending(server);
    struct program *client = start(server, "search", "morpheus");
    expect_exit_status(client, 0);
    expect_line(client, RESULT "early");
}

// A server that says a byte every eight seconds is slow, and never silent.
static void hear_from_a_slow_talker(void)
{
    enum { ALONE = 5 };
    struct peer *server, *model = serve();
    struct program *client = start_asking(&server);
    message_send_result(model, RABBIT);
    for (size_t i = 0; i < ALONE; i++) {
        peer_send(server, model->out.at + i, 1);
        time_passes(client, SECONDS(8));
    }
    peer_send(server, model->out.at + ALONE, model->out.size - ALONE);
    expect_success(client, server);
    expect_line(client, RESULT RABBIT);
}

GRADED(waits_for_a_silent_server, 1,
       "waits 10 seconds for its response, or for more of it, at least",
       "Which of your calls has a limit of time? Is that one for the silence, "
       "or for the whole exchange?")
{
    struct peer *server;
    struct program *client = start_asking(&server);
    time_passes(client, SECONDS(10));
    message_send_result(server, RABBIT);
    expect_success(client, server);
    expect_line(client, RESULT RABBIT);
    begin_timeline_anew();
    hear_from_a_slow_talker();
    // Nor is a server gone whose connection takes some time.
    begin_timeline_anew();
    take_long(SECONDS(9));
    search_morpheus();
}

GRADED(waits_at_rest, 1, "takes no processor time while it waits",
       "A socket is writable nearly always. When do you want to know?")
{
    struct peer *server;
    struct program *client = start_asking(&server);
    expect_idle(client);
    message_send_result(server, "late");
    expect_success(client, server);
    expect_line(client, RESULT "late");
}
