// Grading tests for lesson 16: what app_client promises, check by check. How
// it learns of readiness is its own affair, and so is how it writes its JSON.

#include "grader/grade.h"
#include "words/messages.h"
#include "words/messages_wrong.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LESSON("16-app-client", "The message from the other end", PROTOCOL_MESSAGES)

#define BINARY "binary/custom-client-binary-type"
#define BINARY_RESPONSE "binary/custom-server-binary-type"
#define BEGINNING "First 10 bytes of request: "
#define RABBIT "Follow the white rabbit. \U0001F430"
#define RIGHT "{\"result\": \"right\"}"

// What each of its answers begins with, on stdout.
#define RESULT "got result: "
#define RESPONSE "got response: "

// The grader's server, at an address that no other program uses. It never
// closes by itself.
static struct peer *serve(void)
{
    return peer_listen(peer_own_host());
}

static struct program *start_with(const struct peer *server, const char *action,
                                  const char *value,
                                  struct program_options options)
{
    char host[INET_ADDRSTRLEN], port[8];
    inet_ntop(AF_INET, &server->local.sin_addr, host, sizeof host);
    snprintf(port, sizeof port, "%u", ntohs(server->local.sin_port));
    const char *const arguments[] = {host, port, action, value};
    memcpy(options.arguments, arguments, sizeof arguments);
    return start_program("app_client", &options);
}

static struct program *start(const struct peer *server, const char *action,
                             const char *value)
{
    return start_with(server, action, value,
                      (struct program_options){.input = NULL});
}

// A client that has asked, and waits for its response from *server.
static struct program *start_asking(struct peer **server)
{
    *server = serve();
    struct program *client = start(*server, "search", "morpheus");
    expect_connection(client, *server);
    expect_message(client, *server);
    return client;
}

static struct program *run(const char *host, const char *port,
                           const char *action, const char *value)
{
    return start_program(
        "app_client",
        &(struct program_options){.arguments = {host, port, action, value}});
}

// It has sent nothing but its request, and ends well.
static void expect_success(struct program *client, struct peer *server)
{
    expect_exit_status(client, 0);
    expect_no_more(client, server);
    expect_no_bad_descriptor(client);
}

// It ends with status 1 and a reason, and shows nothing as an answer.
static void expect_no_success(struct program *client)
{
    expect_complaint(client, 1);
    expect_no_line(client, RESULT);
    expect_no_line(client, RESPONSE);
}

static void search(const char *value, const char *request, const char *result)
{
    struct peer *server = serve();
    struct program *client = start(server, "search", value);
    expect_connection(client, server);
    expect_members(client, server, request);
    message_send_result(server, result);
    expect_success(client, server);
    expect_line(client, RESULT "%s", result);
}

GRADED(reports_a_refusal, 1,
       "ends with status 1 and the reason when nobody listens",
       "Which call tells how an attempt to connect came out?")
{
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    expect_error(run(peer_own_host(), port, "search", "morpheus"), 1,
                 ECONNREFUSED);
}

GRADED(asks_and_shows_the_result, 3,
       "sends a search, and prints \"got result: \" and what was found",
       "Which steps come before the first byte that you send, and which ones "
       "before you know how long the response is?")
{
    search("morpheus", "{\"action\": \"search\", \"value\": \"morpheus\"}",
           RABBIT);
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
}

static void exchange_bytes(const char *action, const char *value)
{
    char both[64];
    struct peer *server = serve();
    struct program *client = start(server, action, value);
    int size = snprintf(both, sizeof both, "%s%s", action, value);
    expect_connection(client, server);
    expect_content(client, server, BINARY, both, (size_t)size);
    message_send(server, BINARY_RESPONSE, "binary", BEGINNING "0123456789",
                 sizeof BEGINNING - 1 + 10);
    expect_success(client, server);
    // It may stand in quotes.
    expect_line_with(client, RESPONSE, BEGINNING "0123456789", 1);
}

GRADED(sends_other_actions_as_bytes, 2,
       "sends any other ACTION as bytes, and prints \"got response: \"",
       "Which type and which encoding does a content have that is no text?")
{
    exchange_bytes("binary", "\U0001F603");
    exchange_bytes("Search", "morpheus");
    exchange_bytes("searching", "");
    exchange_bytes("", "");
}

GRADED(shows_bytes_to_their_end, 1,
       "shows all of a response that has zeros in it",
       "Bytes are not a string. Where does printf(\"%s\") stop?")
{
    struct peer *server = serve();
    struct program *client = start(server, "binary", "x");
    expect_connection(client, server);
    expect_message(client, server);
    message_send(server, BINARY_RESPONSE, "binary", "one\0two\0\xff three", 15);
    expect_success(client, server);
    expect_line_with(client, RESPONSE, "one", 40);
    expect_line_with(client, RESPONSE, " three", 1);
}

GRADED(receives_in_any_pieces, 3,
       "puts a response together that comes byte by byte, or split anywhere",
       "Which of your steps take it for granted that all of their bytes came "
       "with one recv()?")
{
    static const size_t pieces[] = {1, 2, 3, 50, 103, 106};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
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
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        respond_with_header(headers[i], strlen(headers[i]));
    static char longest[65535]; // as many as two bytes can say
    memset(longest, ' ', sizeof longest);
    memcpy(longest, headers[0], strlen(headers[0]));
    respond_with_header(longest, sizeof longest);
}

GRADED(reads_any_encoding, 1, "honours the content-encoding of the response",
       "The header says which bytes stand for a character. Who reads it?")
{
    static const char *const encodings[] = {"utf-16", "utf-32", "latin1"};
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        struct peer *server;
        struct program *client = start_asking(&server);
        message_send_json(server, encodings[i],
                          "{\"result\": \"caf\u00e9\", \"more\": [1, 2]}");
        expect_success(client, server);
        expect_line(client, RESULT "caf\u00e9");
    }
}

GRADED(prints_any_result, 1,
       "prints a result with % in it as it is, and an empty one",
       "What does printf() do with a text that comes from somebody else?")
{
    static const char *const results[] = {"100% %s%n%d \"x\" \\", "", "%"};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
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

GRADED(reports_an_early_end, 2,
       "ends with status 1 when the server closes within its response",
       "recv() returned 0, and the response is not complete. Will it ever be?")
{
    static const size_t lengths[] = {0, 1, 2, 60, 105, 120};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct peer *server, *whole = serve();
        struct program *client = start_asking(&server);
        message_send_result(whole, RABBIT);
        peer_send(server, whole->out.at, lengths[i]);
        peer_finish_sending(server);
        expect_no_success(client);
    }
    // Of bytes, a part looks as right as the whole.
    struct peer *server, *whole = serve();
    struct program *client = start_asking(&server);
    message_send(whole, BINARY_RESPONSE, "binary", BEGINNING "0123456789",
                 sizeof BEGINNING - 1 + 10);
    peer_send(server, whole->out.at, whole->out.size - 5);
    peer_finish_sending(server);
    expect_no_success(client);
}

GRADED(survives_a_vanished_server, 1,
       "is not killed by SIGPIPE when the server is gone before the request",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_SEND});
    struct peer *server = serve();
    struct program *client = start(server, "search", "morpheus");
    expect_connection(client, server);
    expect_held(client);
    // First the end of the stream, then the reset: from then on the very
    // next send fails with EPIPE.
    peer_finish_sending(server);
    peer_reset(server);
    program_release(client);
    expect_no_success(client);
}

GRADED(reports_a_reset, 1,
       "ends with status 1 and the reason when the server resets",
       "Which call meets a reset, and what does errno say then?")
{
    struct peer *server;
    struct program *client = start_asking(&server);
    peer_reset(server);
    expect_error(client, 1, ECONNRESET);
    expect_no_line(client, RESULT);
}

static void respond_wrongly(void (*send)(struct peer *, size_t, const char *),
                            const char *(*name)(size_t), size_t from, size_t to)
{
    for (size_t i = from; i < to && name(i) != NULL; i++) {
        struct peer *server;
        struct program *client = start_asking(&server);
        send(server, i, RIGHT);
        expect_refusal(client, name(i));
        expect_no_success(client);
    }
}

GRADED(refuses_broken_headers, 2,
       "ends with status 1 when the header of the response is no header",
       "What do you know of the header before you have looked at it?")
{
    respond_wrongly(message_send_wrong_header, wrong_header, 0, 8);
}

GRADED(refuses_wrong_members, 2,
       "ends with status 1 when a member of the header is missing or wrong",
       "Is each member there, and is it of the type that it should be?")
{
    respond_wrongly(message_send_wrong_header, wrong_header, 8, 16);
}

GRADED(refuses_wrong_lengths, 2,
       "ends with status 1 when the content-length can't be right",
       "Which numbers can a length be, and what is the largest you take?")
{
    respond_wrongly(message_send_wrong_header, wrong_header, 16, SIZE_MAX);
}

GRADED(refuses_wrong_contents, 2,
       "ends with status 1 when the content is not what its header says",
       "The header says what the content is. Is it, and do you know that kind "
       "at all?")
{
    respond_wrongly(message_send_wrong_content, wrong_content, 0, SIZE_MAX);
}

GRADED(refuses_a_response_without_result, 1,
       "ends with status 1 when the response has no result",
       "What is a member that is not there?")
{
    static const char *const contents[] = {"{}", "[]", "\"result\"", "null",
                                           "{\"Result\": \"x\"}"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct peer *server;
        struct program *client = start_asking(&server);
        message_send_json(server, "utf-8", contents[i]);
        expect_refusal(client, "no member \"result\"");
        expect_no_success(client);
    }
}

GRADED(notices_a_length_that_is_too_small, 1,
       "ends with status 1 when the content is longer than its length says",
       "What is JSON of which the end is missing? And what are bytes behind "
       "the response?")
{
    struct peer *server;
    struct program *client = start_asking(&server);
    static const char header[] =
        "{\"byteorder\": \"little\", \"content-type\": \"text/json\", "
        "\"content-encoding\": \"utf-8\", \"content-length\": 12}";
    message_send_raw(server, header, sizeof header - 1, RIGHT,
                     sizeof RIGHT - 1);
    expect_refusal(client, "more bytes than its content-length says");
    expect_no_success(client);
}

GRADED(tells_failures_apart, 1,
       "says something else for each thing that goes wrong",
       "Whoever runs your program wants to know: is it the network, the "
       "server, or what the server says?")
{
    enum { CASES = 6 };
    static const char *const about[CASES] = {
        "a refusal",
        "a reset",
        "an end within the response",
        "a header that is not JSON",
        "a wrong content-length",
        "a response without a result",
    };
    struct program *clients[CASES];
    struct peer *servers[CASES];
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    clients[0] = run(peer_own_host(), port, "search", "morpheus");
    for (int i = 1; i < CASES; i++)
        clients[i] = start_asking(&servers[i]);
    peer_reset(servers[1]);
    peer_send(servers[2], "\0\x64{\"byte", 8);
    peer_finish_sending(servers[2]);
    message_send_wrong_header(servers[3], 1, RIGHT);
    message_send_wrong_header(servers[4], 16, RIGHT);
    message_send_json(servers[5], "utf-8", "{}");
    for (int i = 0; i < CASES; i++) {
        expect_no_success(clients[i]);
        for (int k = 0; k < i; k++)
            expect_told_apart(clients[k], about[k], clients[i], about[i]);
    }
}

static char *letters(size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 26);
    text[size] = '\0';
    return text;
}

static void exchange_much(void)
{
    enum { ASKED = 100000, FOUND = 256 * 1024 };
    char *value = letters(ASKED), *result = letters(FOUND);
    char *request = malloc(ASKED + 64);
    if (request == NULL)
        exit(EXIT_FAILURE);
    snprintf(request, ASKED + 64, "{\"action\": \"search\", \"value\": \"%s\"}",
             value);
    search(value, request, result);
}

GRADED(exchanges_much, 2,
       "sends a VALUE of 100,000 letters, and prints a result of 256 KiB",
       "Where does your program say how long something may be?")
{
    exchange_much();
}

GRADED(survives_short_counts, 2,
       "sends and receives all, however few bytes each call moves",
       "send() may take a part of what you offer. Who keeps the rest, and "
       "when is it offered again?")
{
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = CALLS_RECEIVE | CALLS_SEND,
                                  .bytes = 20,
                                  .every = 1,
                                  .varies = true});
    search("morpheus", "{\"action\": \"search\", \"value\": \"morpheus\"}",
           RABBIT);
    exchange_bytes("binary", "\U0001F603");
}

GRADED(survives_bad_weather, 2,
       "goes on after a signal, a false alarm, or a short count",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    unsigned moving = CALLS_RECEIVE | CALLS_SEND;
    // One rule for each kind of call: else it might always be the same one.
    static const enum call_group interrupted[] = {CALLS_CONNECT, CALLS_WAIT,
                                                  CALLS_RECEIVE, CALLS_SEND};
    for (size_t i = 0; i < sizeof interrupted / sizeof *interrupted; i++)
        make_weather((struct weather){.kind = WEATHER_FAIL,
                                      .error = EINTR,
                                      .calls = interrupted[i],
                                      .every = 2});
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .error = EAGAIN, .calls = moving, .percent = 30});
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = moving,
                                  .bytes = 50,
                                  .varies = true,
                                  .percent = 70});
    for (int i = 0; i < 3; i++)
        search("morpheus", "{\"action\": \"search\", \"value\": \"morpheus\"}",
               RABBIT);
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 when its answer can't be written",
       "When does a line leave printf()'s buffer, and who looks whether it "
       "did?")
{
    struct peer *server = serve();
    struct program *client =
        start_with(server, "search", "morpheus",
                   (struct program_options){.standard_output = STDOUT_FULL});
    message_send_result(server, RABBIT);
    expect_complaint(client, 1);
}

GRADED(refuses_bad_arguments, 1,
       "refuses arguments that can't be right, with status 2 and its usage",
       "How many arguments must there be, and what can each of them be?")
{
    static const char *const bad[][5] = {
        {NULL},
        {"127.0.0.1", NULL},
        {"127.0.0.1", "1", NULL},
        {"127.0.0.1", "1", "search", NULL},
        {"127.0.0.1", "1", "search", "x", "more"},
        {"127.0.0.1", "http", "search", "x"},
        {"127.0.0.1", "65536", "search", "x"},
        {"300.0.0.1", "1", "search", "x"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct program_options options = {.input = NULL};
        memcpy(options.arguments, bad[i], sizeof bad[i]);
        expect_usage_error(start_program("app_client", &options));
    }
}

GRADED(sends_no_broken_text, 1,
       "sends no VALUE that is not UTF-8: it says so, or makes text of it",
       "An argument can be any bytes. What does the library return for those "
       "that are no text?")
{
    struct peer *server = serve();
    message_send_result(server, "x"); // whatever it asks
    struct program *client = start(server, "search", "\xff\xfe");
    expect_end(client);
    if (ended_with(client, 0)) {
        expect_message(client, server);
        return;
    }
    if (!ended_with(client, 2))
        expect_complaint(client, 1);
    expect_only_from(client, server, "", 0);
}

TURNS(a_response_in_pieces, "One exchange, and the turns of your loop")
{
    struct peer *server;
    struct program *client = start_asking(&server);
    peer_send_in_pieces(server, 60, false);
    message_send_result(server, RABBIT);
    expect_success(client, server);
}
