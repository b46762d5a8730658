// Grading tests for lesson 15: what app_server promises, check by check. How
// it learns of readiness is its own affair, and so is how it writes its JSON.

#include "grader/grade.h"
#include "words/messages.h"
#include "words/messages_wrong.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LESSON("15-app-server", "The message: a state machine for each connection",
       PROTOCOL_MESSAGES)

#define RABBIT "Follow the white rabbit. \U0001F430"
#define CAVES "In the caves beneath the Misty Mountains. \U0001F48D"
#define BALL "\U0001F43E Playing ball! \U0001F3D0"
#define DOG "\U0001F436"
#define SEARCH "{\"action\": \"search\", \"value\": \"morpheus\"}"

#define BINARY "binary/custom-client-binary-type"
#define BINARY_RESPONSE "binary/custom-server-binary-type"
#define BEGINNING "First 10 bytes of request: "

enum {
    SMALL_BUFFER = 16 * 1024, // of the kernel's, where they should fill up
    LARGEST = 64 * 1024 * 1024,
    BACKLOG_LIMIT = 1024 * 1024, // what may be kept for one client
    MANY = 1000,
    STUCK = 900, // of these
};

static struct program *start(const char *host, const char *port)
{
    return start_server("app_server", host, port);
}

static struct program *start_here(void)
{
    return start("127.0.0.1", "0");
}

static struct program *start_with(struct program_options options)
{
    return start_server_with("app_server", "127.0.0.1", "0", options);
}

static struct program *run(const char *first, const char *second)
{
    return start_program(
        "app_server", &(struct program_options){.arguments = {first, second}});
}

// The response has come, and behind it the end of the stream.
static void expect_last_result(struct program *server, struct peer *client,
                               const char *result)
{
    expect_result(server, client, result);
    expect_no_more(server, client);
}

static void search(struct program *server, const char *value,
                   const char *result)
{
    struct peer *client = connect_to(server);
    message_send_search(client, value);
    expect_last_result(server, client, result);
    peer_close(client);
}

// The server serves a client that comes now.
static void expect_service(struct program *server)
{
    search(server, "morpheus", RABBIT);
}

// A client whose request has come as far as its header, and no further.
static struct peer *connect_halfway(struct program *server)
{
    static const char header[] =
        "{\"byteorder\": \"little\", \"content-type\": \"text/json\", "
        "\"content-encoding\": \"utf-8\", \"content-length\": 41}";
    struct peer *client = connect_to(server);
    message_send_raw(client, header, sizeof header - 1, "", 0);
    return client;
}

static void expect_second_half(struct program *server, struct peer *client)
{
    peer_send_text(client, SEARCH);
    expect_last_result(server, client, RABBIT);
}

static void stop(struct program *server, int signal)
{
    expect_quiet(server);
    program_signal(server, signal);
    expect_exit_status(server, 0);
}

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "The line is there only once clients can connect. When does it leave "
       "printf()'s buffer?")
{
    connect_to(start_here());
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

static void exchange_bytes(struct program *server, const char *type,
                           const void *bytes, size_t size)
{
    char response[sizeof BEGINNING + 10];
    size_t shown = size < 10 ? size : 10;
    memcpy(response, BEGINNING, sizeof BEGINNING - 1);
    if (shown > 0)
        memcpy(response + sizeof BEGINNING - 1, bytes, shown);
    struct peer *client = connect_to(server);
    message_send(client, type, "binary", bytes, size);
    expect_content(server, client, BINARY_RESPONSE, response,
                   sizeof BEGINNING - 1 + shown);
    expect_no_more(server, client);
}

GRADED(answers_bytes, 2,
       "answers a request of another type with its first 10 bytes, or fewer",
       "How many bytes has the content? Strings end at a zero; do bytes?")
{
    struct program *server = start_here();
    exchange_bytes(server, BINARY, "0123456789abc", 13);
    exchange_bytes(server, BINARY, "0123456789", 10);
    exchange_bytes(server, BINARY, "abc", 3);
    exchange_bytes(server, BINARY, "\0\1\2\xff\xfe\0%s\"", 9);
    exchange_bytes(server, "text/plain", "{\"action\":", 10);
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
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
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
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
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
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        struct peer *client = connect_to(server);
        message_send_json(client, encodings[i],
                          "{\"action\": \"search\", \"value\": \"" DOG "\"}");
        expect_last_result(server, client, BALL);
    }
    struct peer *client = connect_to(server);
    message_send_json(client, "latin1",
                      "{\"action\": \"search\", \"value\": \"caf\u00e9\"}");
    expect_last_result(server, client, "No match for 'caf\u00e9'.");
}

// A client whose requests are all there before the server receives anything.
static struct program *start_held(struct peer **client)
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_ACCEPT});
    struct program *server = start_here();
    *client = connect_to(server);
    return server;
}

GRADED(answers_two_at_once, 2,
       "answers all of several requests that come at once, in their order",
       "The bytes of the second are in your buffer when the first is done. "
       "What happens to them, and to all that you knew of the first?")
{
    struct peer *client;
    struct program *server = start_held(&client);
    message_send_search(client, "morpheus");
    message_send(client, BINARY, "binary", "0123456789a", 11);
    message_send_search(client, "ring");
    peer_send(client, client->out.at, 100); // two thirds of the first, again
    expect_held(server);
    program_release(server);
    expect_result(server, client, RABBIT);
    expect_content(server, client, BINARY_RESPONSE, BEGINNING "0123456789",
                   sizeof BEGINNING - 1 + 10);
    expect_result(server, client, CAVES);
    expect_quiet(server);
    peer_send(client, client->out.at + 100, 146 - 100);
    expect_last_result(server, client, RABBIT);
}

GRADED(looks_before_it_closes, 2,
       "answers a second request that it has not received yet",
       "What becomes of bytes that nobody has received when a socket is "
       "closed, and of the response that is still on its way?")
{
    enum { REQUEST = 146 };
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = CALLS_RECEIVE,
                                  .bytes = REQUEST,
                                  .every = 1});
    struct peer *client;
    struct program *server = start_held(&client);
    message_send_search(client, "morpheus");
    message_send_search(client, "trinity!");
    expect_held(server);
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

// What a response to a request that can't be right must not say.
#define FOUND "ollow the white"
#define NOT_FOUND "No match"

GRADED(refuses_wrong_headers, 3,
       "ends a connection whose header is wrong, says why, and serves others",
       "What do you know of a member of the header before you have looked at "
       "it? Is it there, is it a number, is it one that can be?")
{
    struct program *server = start_here();
    struct peer *bystander = connect_halfway(server);
    for (size_t i = 0; wrong_header(i) != NULL; i++) {
        expect_quiet(server);
        size_t said = server->err.size;
        struct peer *client = connect_to(server);
        message_send_wrong_header(client, i, SEARCH);
        expect_refused(server, client, wrong_header(i), FOUND);
        expect_said_why(server, said, wrong_header(i));
    }
    expect_second_half(server, bystander);
    expect_service(server);
}

GRADED(refuses_wrong_contents, 2,
       "ends a connection whose content is not what its header says",
       "The header says what the content is. Is it, and do you know that kind "
       "at all?")
{
    struct program *server = start_here();
    struct peer *bystander = connect_halfway(server);
    for (size_t i = 0; wrong_content(i) != NULL; i++) {
        expect_quiet(server);
        size_t said = server->err.size;
        struct peer *client = connect_to(server);
        message_send_wrong_content(client, i, SEARCH);
        expect_refused(server, client, wrong_content(i),
                       i < 5 ? NOT_FOUND : FOUND);
        expect_said_why(server, said, wrong_content(i));
    }
    expect_second_half(server, bystander);
    expect_service(server);
}

// A header, or a content, of brackets that are never closed, and of some that
// are; a program may take the latter for right.
GRADED(survives_deep_nesting, 1,
       "survives JSON that is nested 30,000 levels deep",
       "Who follows the brackets: does each level take a piece of your stack, "
       "and is there a limit?")
{
    enum { DEPTH = 30000 };
    static char deep[2 * DEPTH], header[2 * DEPTH + 256];
    struct program *server = start_here();
    memset(deep, '[', sizeof deep);
    struct peer *clients[3];
    for (int i = 0; i < 3; i++)
        clients[i] = connect_to(server);
    message_send_raw(clients[0], deep, sizeof deep, "", 0);
    message_send(clients[1], "text/json", "utf-8", deep, sizeof deep);
    expect_refused(server, clients[0], "a header of brackets", FOUND);
    expect_refused(server, clients[1], "a content of brackets", FOUND);
    memset(deep + DEPTH, ']', DEPTH);
    int length = snprintf(header, sizeof header,
                          "{\"byteorder\": \"little\", \"content-type\": "
                          "\"text/json\", \"content-encoding\": \"utf-8\", "
                          "\"content-length\": 41, \"x\": %.*s}",
                          2 * DEPTH, deep);
    message_send_raw(clients[2], header, (size_t)length, SEARCH,
                     sizeof SEARCH - 1);
    expect_quiet(server);
    expect_service(server);
}

GRADED(survives_an_early_end, 2,
       "says so when a client ends within its request, and serves the others",
       "recv() returned 0, and the request is not complete. Will it ever be?")
{
    static const size_t lengths[] = {1, 2, 60, 105, 145};
    struct program *server = start_here();
    struct peer *bystander = connect_halfway(server);
    peer_finish_sending(connect_to(server)); // without a byte: no harm done
    expect_quiet(server);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        expect_quiet(server);
        size_t said = server->err.size;
        struct peer *whole = connect_to(server);
        peer_stop_reading(whole);
        message_send_search(whole, "morpheus");
        struct peer *client = connect_to(server);
        peer_send(client, whole->out.at, lengths[i]);
        peer_finish_sending(client);
        expect_refused(server, client, "the end within a request", FOUND);
        expect_said_why(server, said, "an end within a request");
    }
    expect_second_half(server, bystander);
    expect_service(server);
    expect_idle(server);
}

GRADED(survives_a_reset, 2,
       "serves on when a client resets, in its request or its response",
       "recv() and send() may fail for one client. For whom is that the end?")
{
    struct program *server = start_here();
    struct peer *bystander = connect_halfway(server);
    struct level before = level_of(server);
    struct peer *resets = connect_halfway(server);
    expect_quiet(server);
    peer_reset(resets);
    expect_quiet(server);
    expect_service(server);
    expect_second_half(server, bystander);
    expect_service(server);
    expect_idle(server);
    expect_fewer_open(server, &before, 0);
    expect_no_bad_descriptor(server);
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when a client is gone before its response",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which flag of send() asks for an "
       "error instead?")
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_SEND});
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    message_send_search(client, "morpheus");
    expect_held(server);
    // First the end of the stream, then the reset: from then on the very
    // next send fails with EPIPE.
    peer_finish_sending(client);
    peer_reset(client);
    program_release(server);
    expect_service(server);
}

GRADED(serves_others_meanwhile, 3,
       "serves others while some have stopped half-way",
       "Which of your calls waits for one client alone?")
{
    struct program *server = start_here();
    struct peer *silent = connect_to(server);
    expect_quiet(server);
    struct peer *halfway = connect_halfway(server);
    expect_quiet(server);
    struct peer *begun = connect_to(server);
    peer_send(begun, "\0", 1);
    expect_quiet(server);
    expect_service(server);
    search(server, "ring", CAVES);
    expect_second_half(server, halfway);
    expect_service(server);
    message_send_search(silent, "ring");
    expect_last_result(server, silent, CAVES);
}

GRADED(is_idle_when_nobody_talks, 2,
       "takes no processor time while nobody wants anything",
       "A socket is writable nearly always, and after the end of its stream "
       "it stays readable. When do you want to know?")
{
    struct program *server = start_here();
    expect_idle(server);
    connect_to(server);
    connect_halfway(server);
    expect_idle(server);
    expect_service(server);
    expect_idle(server);
}

// A search for so much that what it does not find fills the kernel's buffers.
static char *long_value(size_t size)
{
    char *value = malloc(size + 1);
    if (value == NULL)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < size; i++)
        value[i] = (char)('a' + i % 26);
    value[size] = '\0';
    return value;
}

static char *not_found(const char *value)
{
    size_t room = strlen(value) + 64;
    char *result = malloc(room);
    if (result == NULL)
        exit(EXIT_FAILURE);
    snprintf(result, room, "No match for '%s'.", value);
    return result;
}

GRADED(answers_a_slow_reader, 3,
       "sends a long response to a client that takes it in small pieces",
       "send() takes as much as the kernel has room for. Who keeps the rest, "
       "and what tells you that there is room again?")
{
    enum { SIZE = 192 * 1024 };
    struct program *server = start_here();
    shrink_buffers(server, SMALL_BUFFER);
    char *value = long_value(SIZE);
    struct peer *slow = connect_to(server);
    peer_stop_reading(slow);
    message_send_search(slow, value);
    peer_finish_sending(slow); // which leaves it readable, for ever
    expect_quiet(server);
    expect_service(server);
    expect_idle(server);
    slow->stopped = false;
    peer_read_slowly(slow, KIB(8));
    expect_last_result(server, slow, not_found(value));
    // Byte by byte, a short one.
    struct peer *slower = connect_to(server);
    peer_read_slowly(slower, 1);
    message_send_search(slower, "ring");
    expect_last_result(server, slower, CAVES);
}

// Many requests of a client that reads none of the responses.
static struct peer *connect_flood(struct program *server, int requests)
{
    shrink_buffers(server, SMALL_BUFFER);
    struct peer *flood = connect_to(server);
    peer_stop_reading(flood);
    message_send_search(flood, "ring");
    // The same again, all at once: a call for each would take long.
    size_t size = flood->out.size;
    char *requests_at = malloc(size * (size_t)requests);
    if (requests_at == NULL)
        exit(EXIT_FAILURE);
    for (int i = 0; i < requests; i++)
        memcpy(requests_at + size * (size_t)i, flood->out.at, size);
    peer_send(flood, requests_at, size * (size_t)requests);
    free(requests_at);
    return flood;
}

GRADED(keeps_what_is_not_taken, 2,
       "keeps each response for a client that takes them late",
       "Where does the next response go while the one before it waits?")
{
    enum { REQUESTS = 3000 };
    struct program *server = start_here();
    struct peer *late = connect_flood(server, REQUESTS);
    expect_quiet(server);
    expect_service(server);
    late->stopped = false;
    peer_read_slowly(late, KIB(16));
    for (int i = 0; i < REQUESTS; i++)
        expect_result(server, late, CAVES);
    expect_last_result(server, late, CAVES);
}

GRADED(bounds_its_backlog, 2,
       "keeps at most 1 MiB for a client that takes none of its responses",
       "A client that asks and asks, and takes nothing: where does all of that "
       "pile up? How do you get it to stop asking?")
{
    enum { REQUESTS = 12000 };
    struct program *server = start_here();
    struct peer *flood = connect_flood(server, REQUESTS);
    expect_backlog(flood, BACKLOG_LIMIT);
    expect_service(server);
    expect_idle(server);
}

GRADED(gives_up_a_stuck_reader_that_resets, 1,
       "forgets a client that resets with its response half sent",
       "What has to be given back when a client is lost while bytes still "
       "wait for it?")
{
    enum { SIZE = 192 * 1024 };
    struct program *server = start_here();
    shrink_buffers(server, SMALL_BUFFER);
    struct level before = level_of(server);
    struct peer *stuck = connect_to(server);
    peer_stop_reading(stuck);
    message_send_search(stuck, long_value(SIZE));
    expect_quiet(server);
    peer_reset(stuck);
    expect_quiet(server);
    expect_service(server);
    expect_idle(server);
    expect_fewer_open(server, &before, 0);
}

static void fail_every_second(enum call_group calls, int error)
{
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = calls, .error = error, .every = 2});
}

static void serve_a_few(struct program *server)
{
    struct peer *first = connect_to(server);
    struct peer *second = connect_to(server);
    message_send_search(first, DOG);
    message_send(second, BINARY, "binary", "0123456789a", 11);
    expect_last_result(server, first, BALL);
    expect_content(server, second, BINARY_RESPONSE, BEGINNING "0123456789",
                   sizeof BEGINNING - 1 + 10);
    expect_no_more(server, second);
    expect_service(server);
}

GRADED(survives_signals_while_it_waits, 1,
       "goes on when a signal interrupts one of its calls",
       "A call returned -1 with EINTR. Did anything fail?")
{
    fail_every_second(CALLS_WAIT, EINTR);
    fail_every_second(CALLS_RECEIVE, EINTR);
    fail_every_second(CALLS_SEND, EINTR);
    fail_every_second(CALLS_ACCEPT, EINTR);
    serve_a_few(start_here());
}

GRADED(survives_a_false_alarm, 1,
       "keeps a client whose socket said readable, and then EAGAIN",
       "recv() returned -1. Which values of errno do not mean that the client "
       "is lost?")
{
    fail_every_second(CALLS_RECEIVE, EAGAIN);
    fail_every_second(CALLS_SEND, EAGAIN);
    fail_every_second(CALLS_ACCEPT, EAGAIN);
    serve_a_few(start_here());
}

GRADED(survives_bad_weather, 2,
       "answers all in bad weather: signals, false alarms and short counts",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    unsigned moving = CALLS_RECEIVE | CALLS_SEND;
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .error = EINTR,
                                  .calls = moving | CALLS_ACCEPT | CALLS_WAIT,
                                  .percent = 20});
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .error = EAGAIN,
                                  .calls = moving | CALLS_ACCEPT,
                                  .percent = 20});
    make_weather((struct weather){
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .percent = 20});
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = moving,
                                  .bytes = 50,
                                  .varies = true,
                                  .percent = 70});
    struct program *server = start_here();
    for (int i = 0; i < 4; i++)
        serve_a_few(server);
}

GRADED(survives_an_aborted_connection, 1,
       "goes on when accept() reports a connection that is gone again",
       "accept() failed with ECONNABORTED. Whose end is that?")
{
    fail_every_second(CALLS_ACCEPT, ECONNABORTED);
    serve_a_few(start_here());
}

GRADED(survives_without_descriptors, 2,
       "neither ends nor spins without a descriptor for one more client",
       "accept() fails with EMFILE, and the client stays in the queue: the "
       "listener is readable, now and all the time. How do you keep from being "
       "told again and again?")
{
    enum { LIMIT = 24, CLIENTS = 32 };
    struct program *server =
        start_with((struct program_options){.descriptors = LIMIT});
    struct peer *clients[CLIENTS];
    clients[0] = connect_halfway(server);
    for (int i = 1; i < CLIENTS; i++)
        clients[i] = peer_connect_to(&server->address);
    expect_idle(server);
    expect_second_half(server, clients[0]);
    for (int i = 0; i < CLIENTS; i++)
        peer_close(clients[i]);
    expect_quiet(server);
    expect_service(server);
}

GRADED(stops_when_asked, 1, "ends with status 0 at SIGTERM and at SIGINT",
       "What does a signal do to a program that has not said anything about "
       "it, and to a call that waits?")
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        struct program *server = start_here();
        expect_service(server);
        connect_halfway(server);
        stop(server, signals[i]);
    }
}

GRADED(tells_who_came_and_went, 1,
       "prints a line for each client that comes, and for each that goes",
       "Which argument of accept() tells who has come? And when does a line "
       "leave printf()'s buffer?")
{
    struct program *server = start_here();
    struct peer *client = connect_from_telling_port(server);
    message_send_search(client, "morpheus");
    expect_last_result(server, client, RABBIT);
    expect_quiet(server);
    stop(server, SIGTERM);
    unsigned port = ntohs(client->local.sin_port);
    expect_line(server, "accepted connection from 127.0.0.1:%u", port);
    expect_line(server, "closing connection to 127.0.0.1:%u", port);
}

GRADED(listens_where_it_is_told, 1,
       "listens on the HOST and PORT it was given; on all for \"\"",
       "Which of the two arguments says where, and what does net_listen() get "
       "of it?")
{
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    struct program *server = start(peer_own_host(), port);
    server->address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    expect_no_listener_at(server, "127.0.0.1");
    expect_service(server);
    struct program *everywhere = start("", "0");
    inet_aton(peer_own_host(), &everywhere->address.sin_addr);
    expect_service(everywhere);
}

GRADED(reports_a_busy_port, 1,
       "ends with status 1 and the reason when its port is taken",
       "Which call fails when two servers want the same port? Is its result "
       "looked at?")
{
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    start(peer_own_host(), port);
    expect_error(run(peer_own_host(), port), 1, EADDRINUSE);
}

GRADED(refuses_bad_arguments, 1,
       "refuses what can't be a HOST or PORT, with status 2 and its usage",
       "What do net_parse_port() and net_parse_address() return for it?")
{
    static const char *const bad[][2] = {
        {NULL, NULL},           {"127.0.0.1", NULL}, {"127.0.0.1", "http"},
        {"127.0.0.1", "65536"}, {"127.0.0.1", ""},   {"300.0.0.1", "0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_usage_error(run(bad[i][0], bad[i][1]));
}

TURNS(two_and_a_half_requests, "Three clients, and the turns of your loop")
{
    struct program *server = start_here();
    struct peer *halfway = connect_halfway(server);
    expect_quiet(server);
    expect_service(server);
    struct peer *wrong = connect_to(server);
    message_send_raw(wrong, "[]", 2, "", 0);
    expect_refused(server, wrong, "a header that is a list", FOUND);
    expect_second_half(server, halfway);
    expect_quiet(server);
}

GRADED_AT_SCALE(takes_64_mib, 1,
                "answers a content of 64 MiB, the most there may be",
                "How does a buffer grow, and how often are its bytes moved "
                "meanwhile?")
{
    static char content[LARGEST];
    without_tracer();
    struct program *server = start_here();
    memset(content, '9', sizeof content);
    exchange_bytes(server, BINARY, content, sizeof content);
    expect_service(server);
}

// What a client that gets stuck has sent, or does not take.
static struct peer *connect_stuck(struct program *server, int kind)
{
    struct peer *client =
        kind % 3 == 0 ? connect_halfway(server) : connect_to(server);
    if (kind % 3 == 1)
        peer_send(client, "\0\x64{\"byteorder\"", (size_t)kind % 15);
    return client;
}

GRADED_AT_SCALE(serves_100_among_900_that_are_stuck, 2,
                "serves 100 clients while 900 others are stuck half-way",
                "What does a client cost that does nothing: a thread, a turn "
                "of the loop, a buffer for the largest request?")
{
    need_many_clients();
    static struct peer *clients[MANY];
    without_tracer();
    struct program *server = start_here();
    for (int i = 0; i < STUCK; i++) {
        clients[i] = connect_stuck(server, i);
        // Then all of them are accepted: so the queue of those who wait need
        // not be long.
        if (i % 25 == 24)
            expect_service(server);
    }
    for (int i = STUCK; i < MANY; i++) {
        clients[i] = connect_to(server);
        message_send_search(clients[i], i % 2 == 0 ? "ring" : DOG);
    }
    for (int i = STUCK; i < MANY; i++)
        expect_last_result(server, clients[i], i % 2 == 0 ? CAVES : BALL);
    expect_idle(server);
    expect_second_half(server, clients[0]);
    for (int i = 0; i < MANY; i++)
        peer_close(clients[i]);
    expect_quiet(server);
    expect_service(server);
}

static void come_and_go(struct program *server, int clients)
{
    for (int i = 0; i < clients; i++) {
        struct peer *client = connect_to(server);
        if (i % 4 == 0)
            message_send_search(client, "needle");
        else if (i % 4 == 1)
            message_send(client, BINARY, "binary", "0123456789a", 11);
        else if (i % 4 == 2)
            message_send_wrong_header(client, 6, SEARCH);
        else
            peer_send(client, "\0\x64{\"byteorder\"", 10);
        if (i % 4 < 2)
            expect_message(server, client);
        if (i % 4 == 3)
            peer_finish_sending(client);
        expect_refused(server, client, "all that there was", FOUND);
        peer_forget(client);
    }
}

GRADED_AT_SCALE(serves_4000_in_turn, 2,
                "serves 4,000 clients, and has no more open or in memory then",
                "What does a client leave behind when it has gone: its "
                "socket, its buffers, what was parsed, on every way out?")
{
    need_many_clients();
    enum { FIRST = 1000, MORE = 3000 };
    without_tracer();
    struct program *server =
        start_with((struct program_options){.reuses_memory = true});
    come_and_go(server, FIRST);
    struct level before = level_of(server);
    come_and_go(server, MORE);
    expect_level(server, &before, MORE);
}
