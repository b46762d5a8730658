// Grading tests for lesson 15: what app_server promises, check by check. How
// it learns of readiness is its own affair, and so is how it writes its JSON.

#include "grader/grade.h"

#include "app.h"
#include "words/app_protocol.h"
#include "words/messages.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <string.h>

LESSON("15-app-server", "The message: a state machine for each connection",
       PROTOCOL_MESSAGES)

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "The line is there only once clients can connect. When does it leave "
       "printf()'s buffer?")
{
    server_announces_itself(PROGRAM);
}

GRADED(answers_a_search, 3,
       "answers a search for morpheus, and closes the connection then",
       "What has to be known before the next bytes can be made sense of? "
       "Which step finds that out, and how does the next one learn of it?")
{
    struct program *server = start_here();
    search(server, "morpheus", RABBIT);
    search(server, "morpheus", RABBIT);
}

GRADED(finds_all_that_it_knows, 1,
       "finds what belongs to ring and to " DOG ", and to nothing else",
       "Is a string of JSON compared as a whole, also if it has several bytes "
       "for a character?")
{
    struct program *server = start_here();
    search(server, "ring", CAVES);
    search(server, DOG, BALL);
    search(server, "needle", "No match for 'needle'.");
    search(server, "rin", "No match for 'rin'.");
    search(server, "rings", "No match for 'rings'.");
    search(server, "RING", "No match for 'RING'.");
    search(server, "", "No match for ''.");
    // A zero is a character like any other, or refused.
    struct peer *client = connect_to(server);
    message_send_json(client, "utf-8",
                      "{\"action\": \"search\", \"value\": "
                      "\"morpheus\\u0000\"}");
    expect_refused(server, client, "a zero behind morpheus", "ollow the");
    client = connect_to(server);
    message_send_json(client, "utf-8",
                      "{\"action\": \"search\\u0000\", \"value\": "
                      "\"morpheus\"}");
    expect_refused(server, client, "a zero behind search", "ollow the");
}

GRADED(repeats_any_text, 2,
       "says what it did not find, also with quotes, % and \\ in it",
       "The value ends up in JSON again. Who writes the quotes and "
       "backslashes of it, and is it the format of a printf() anywhere?")
{
    struct program *server = start_here();
    search(server, "a \"b\" \\ c", "No match for 'a \"b\" \\ c'.");
    search(server, "x\"}, \"result\": \"y",
           "No match for 'x\"}, \"result\": "
           "\"y'.");
    search(server, "%s%s%n%d", "No match for '%s%s%n%d'.");
    search(server, "one\ntwo\t\x01", "No match for 'one\ntwo\t\x01'.");
    search(server, "\u00e9\u20ac\U0001F600",
           "No match for '\u00e9\u20ac\U0001F600'.");
    static const char none[] = "No match for 'a\0b'.",
                      other[] = "Error: invalid action 'ec\0ho'.";
    ask_with_zero(server, "{\"action\": \"search\", \"value\": \"a\\u0000b\"}",
                  none, sizeof none - 1);
    ask_with_zero(server,
                  "{\"action\": \"ec\\u0000ho\", \"value\": \"a\\u0000b\"}",
                  other, sizeof other - 1);
}

GRADED(refuses_other_actions, 1,
       "answers any other action with Error: invalid action 'A'.",
       "What is in a request that is JSON, but no search?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    message_send_json(client, "utf-8",
                      "{\"action\": \"dance\", \"value\": \"morpheus\"}");
    expect_last_result(server, client, "Error: invalid action 'dance'.");
    client = connect_to(server);
    message_send_json(client, "utf-8", "{\"value\": 1, \"action\": \"\"}");
    expect_last_result(server, client, "Error: invalid action ''.");
}

GRADED(answers_bytes, 2,
       "answers a request of another type with its first 10 bytes, or fewer",
       "How many bytes has the content? Strings end at a zero; do bytes?")
{
    struct program *server = start_here();
    for (size_t size = 1; size <= ANSWERED_BYTES + 3; size++)
        exchange_bytes(server, BINARY, "0123456789abc", size);
    exchange_bytes(server, BINARY, "\0\1\2\xff\xfe\0%s\"", 9);
    exchange_bytes(server, "text/plain", "{\"action\":", 10);
    exchange_bytes(server, "text/json5", "{}", 2);
    exchange_bytes(server, "TEXT/JSON", "{}", 2);
    // The tenth byte is the first half of a character.
    exchange_bytes(server, "text/plain", "123456789\u00e9 etc.", 16);
    // Nobody looks at the encoding then, whatever it is.
    static const char *const others[][2] = {
        {"text/plain", "utf-8"},
        {"text/plain", "latin-1"},
        {"any/thing", "utf-9"},
        {BINARY, "none"},
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        struct peer *client = connect_to(server);
        message_send(client, others[i][0], others[i][1], "0123\xff", 5);
        expect_beginning(server, client, "0123\xff", 5);
        expect_no_more(server, client);
    }
}

GRADED(answers_an_empty_request, 2,
       "answers a content of 0 bytes, and JSON that is empty",
       "Nothing is something too: do you ask whether the content is there, or "
       "whether it is true?")
{
    static const char *const contents[] = {
        "{}",
        "\"\"",
        "0",
        "[]",
        "null",
        "{\"action\": 5}",
        "{\"action\": \"search\"}",
        "{\"action\": \"search\", \"value\": []}"};
    struct program *server = start_here();
    exchange_bytes(server, BINARY, "", 0);
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct peer *client = connect_to(server);
        message_send_json(client, "utf-8", contents[i]);
        expect_any_result(server, client);
        expect_no_more(server, client);
    }
}

GRADED(receives_in_any_pieces, 3,
       "understands a request that comes byte by byte, or split anywhere",
       "Which of your steps take it for granted that all of their bytes came "
       "with one recv()? What becomes of those that came too early?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_in_pieces(client, 1, false);
    message_send_search(client, DOG);
    expect_last_result(server, client, BALL);
    // Each small size, and some up to more than a request has.
    for (size_t piece = 2; piece <= 200; piece += piece < 8 ? 1 : 37) {
        client = connect_to(server);
        peer_send_in_pieces(client, piece, false);
        message_send_search(client, "morpheus");
        expect_last_result(server, client, RABBIT);
    }
}

static void search_with_header(struct program *server, const char *header,
                               size_t length)
{
    struct peer *client = connect_to(server);
    message_send_raw(client, header, length, SEARCH, sizeof SEARCH - 1);
    expect_last_result(server, client, RABBIT);
}

GRADED(reads_any_right_header, 2,
       "reads a header in any order and spacing, with escapes and more members",
       "Who reads the JSON: a parser, or a search for a text that looks like "
       "it? How long may a header be?")
{
    static const char *const headers[] = {
        "{\"content-length\":41,\"content-encoding\":\"utf-8\","
        "\"content-type\":\"text/json\",\"byteorder\":\"big\"}",
        " {\n\t\"content-type\" : \"text\\/json\" ,\r\n \"byteorder\" :"
        "\"\\u006cittle\", \"content\\u002dlength\" : 41 , "
        "\"content-encoding\":\"utf\\u002d8\" }\n",
        "{\"x\": {\"content-length\": 9, \"content-type\": [1, {}]}, "
        "\"y\": \"\\\"content-length\\\": 7, \\\\\", \"byteorder\": \"little\", "
        "\"content-type\": \"text/json\", \"content-encoding\": \"UTF-8\", "
        "\"content-length\": 41, \"z\": [null, true, -1.5e3]}",
    };
    struct program *server = start_here();
    for (size_t i = 0; i < COUNT(headers); i++)
        search_with_header(server, headers[i], strlen(headers[i]));
    // As many bytes as two can say.
    static char longest[65535];
    memset(longest, ' ', sizeof longest);
    memcpy(longest, headers[0], strlen(headers[0]));
    search_with_header(server, longest, sizeof longest);
    search_with_header(server, longest, sizeof longest - 1);
}

GRADED(reads_any_encoding, 2,
       "honours the content-encoding: UTF-16, UTF-32, Latin-1",
       "The same text is other bytes in each encoding. What does iconv(3) want "
       "to know, and what is left to do once all is read?")
{
    static const char *const encodings[] = {
        "utf-16", "utf-16le", "utf-16be", "utf-32", "UTF-8",
    };
    struct program *server = start_here();
    for (size_t i = 0; i < COUNT(encodings); i++) {
        struct peer *client = connect_to(server);
        message_send_json(client, encodings[i],
                          "{\"action\": \"search\", \"value\": \"" DOG "\"}");
        expect_last_result(server, client, BALL);
    }
    struct peer *client = connect_to(server);
    message_send_json(client, "latin1",
                      "{\"action\": \"search\", \"value\": \"caf\u00e9\"}");
    expect_last_result(server, client, "No match for 'caf\u00e9'.");
    // Here browsers, and they alone, take it for windows-1252.
    client = connect_to(server);
    message_send_json(client, "latin1",
                      "{\"action\": \"search\", \"value\": \"5\xc2\x80\"}");
    expect_last_result(server, client, "No match for '5\xc2\x80'.");
}

// A client whose requests are all there before the server receives anything.
static struct program *start_held(struct peer **client)
{
    hold(CALLS_ACCEPT);
    struct program *server = start_here();
    *client = connect_to(server);
    return server;
}

// A request, and behind it so many bytes of the next: the connection stays
// open for the rest.
static void answer_and_wait(size_t part)
{
    struct peer *client;
    begin_timeline_anew();
    struct program *server = start_held(&client);
    message_send_search(client, "morpheus");
    peer_send(client, client->out.at, part);
    expect_held(server);
    program_release(server);
    expect_result(server, client, RABBIT);
    expect_quiet(server);
    peer_send(client, client->out.at + part, REQUEST_SIZE - part);
    expect_last_result(server, client, RABBIT);
}

GRADED(answers_two_at_once, 2,
       "answers all of several requests that come at once, in their order",
       "The bytes of the second are in your buffer when the first is done. "
       "What happens to them, and to all that you knew of the first?")
{
    enum { FIRST_PART = 100 };
    struct peer *client;
    struct program *server = start_held(&client);
    message_send_search(client, "morpheus");
    send_digits(client);
    message_send(client, BINARY, "binary", "", 0);
    message_send_search(client, "ring");
    peer_send(client, client->out.at, FIRST_PART); // of the first, again
    expect_held(server);
    program_release(server);
    expect_result(server, client, RABBIT);
    expect_beginning(server, client, DIGITS, strlen(DIGITS));
    expect_beginning(server, client, "", 0); // and nothing of those before
    expect_result(server, client, CAVES);
    expect_quiet(server);
    peer_send(client, client->out.at + FIRST_PART, REQUEST_SIZE - FIRST_PART);
    expect_last_result(server, client, RABBIT);
    answer_and_wait(1);
    answer_and_wait(2);
}

GRADED(looks_before_it_closes, 2,
       "answers a second request that it has not received yet",
       "What becomes of bytes that nobody has received when a socket is "
       "closed, and of the response that is still on its way?")
{
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = CALLS_RECEIVE,
                                  .bytes = REQUEST_SIZE,
                                  .every = 1});
    struct peer *client;
    struct program *server = start_held(&client);
    message_send_search(client, "morpheus");
    message_send_search(client, "trinity!");
    expect_held(server);
    program_release(server);
    expect_result(server, client, RABBIT);
    expect_last_result(server, client, "No match for 'trinity!'.");
    // Or one that comes while the response is on its way.
    end_weather();
    begin_timeline_anew();
    hold(CALLS_SEND);
    server = start_here();
    client = connect_to(server);
    message_send_search(client, "morpheus");
    expect_held(server);
    message_send_search(client, "trinity!");
    expect_quiet(server);
    program_release(server);
    expect_result(server, client, RABBIT);
    expect_last_result(server, client, "No match for 'trinity!'.");
}

GRADED(answers_before_it_refuses, 1,
       "answers a right request before it refuses a wrong one behind it",
       "The second request is wrong. What is that to the first?")
{
    struct peer *client;
    struct program *server = start_held(&client);
    message_send_search(client, "morpheus");
    message_send_raw(client, "[]", 2, "", 0);
    expect_held(server);
    program_release(server);
    expect_result(server, client, RABBIT);
    expect_refused(server, client, "a second header that is a list", "Caves");
    expect_service(server);
}

GRADED(answers_after_half_close, 1,
       "answers a client that has finished sending",
       "recv() returned 0. Is there a request that was complete before that?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    message_send_search(client, "ring");
    peer_finish_sending(client);
    expect_last_result(server, client, CAVES);
    // Byte by byte, so that the end comes by itself, behind the last one.
    client = connect_to(server);
    peer_send_in_pieces(client, 50, false);
    message_send_search(client, "ring");
    peer_finish_sending(client);
    expect_last_result(server, client, CAVES);
}
