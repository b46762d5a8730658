// What app_client does with responses that are wrong, or end too early.

#include "grader/grade.h"

#include "app.h"
#include "words/app_protocol.h"
#include "words/expect_fail.h"
#include "words/messages.h"
#include "words/messages_wrong.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

PART(2)

GRADED(reports_an_early_end, 2,
       "ends with status 1 when the server closes within its response",
       "recv() returned 0, and the response is not complete. Will it ever be?")
{
    enum { MISSING = 5 };
    // Before the length, in it, behind it, in the header, behind it, in the
    // content.
    static const size_t lengths[] = {0, 1, 2, 60, 105, 120};
    for (size_t i = 0; i < COUNT(lengths); i++) {
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
    send_digits_back(whole);
    peer_send(server, whole->out.at, whole->out.size - MISSING);
    peer_finish_sending(server);
    expect_no_success(client);
}

// Its request was lost with FIRST, a connection that was reset.
static void expect_not_asked_twice(struct program *client, struct peer *second)
{
    const struct failure failure = {
        .program = client,
        .peer = second,
        .is_sure = true,
        .means = "Your program has made its request again, on another "
                 "connection. Nobody knows what has become of the first: the "
                 "server may have done what it was asked for, before the reset "
                 "or after it. Whether to ask twice is for the one to say who "
                 "has started the program: report the reset, and end.",
    };
    const struct failure only_connects = {
        .program = client,
        .peer = second,
        .is_sure = true,
        .means = "Your program has connected anew when its request was lost. "
                 "There is nothing to do there: whether to ask twice is for "
                 "the one to say who has started the program. Report what "
                 "failed, and end.",
    };
    expect_end(client);
    expect_quiet(client); // what it has opened is accepted then
    if (second->in.size > 0)
        expect_fail(&failure, "one request, on one connection",
                    "the same once more, on a second one");
    if (second->connected)
        expect_fail(&only_connects, "one request, on one connection",
                    "a second connection");
}

GRADED(survives_a_vanished_server, 1,
       "is not killed by SIGPIPE when the server is gone before the request",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    struct peer *server = peer_serve(peer_own_host());
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct program *client = start(server, "search", "morpheus");
    expect_connection(client, first);
    vanish_before_it_sends(first, client);
    expect_not_asked_twice(client, second);
    expect_no_success(client);
}

GRADED(reports_a_reset, 1,
       "ends with status 1 and the reason when the server resets",
       "Which call meets a reset, and what does errno say then?")
{
    struct peer *server = peer_serve(peer_own_host());
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct program *client = start(server, "search", "morpheus");
    expect_connection(client, first);
    expect_message(client, first);
    message_send_result(second, RABBIT);
    peer_reset(first);
    expect_not_asked_twice(client, second);
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
    respond_wrongly(message_send_wrong_header, wrong_header, 0, WRONG_MEMBERS);
}

GRADED(refuses_wrong_members, 2,
       "ends with status 1 when a member of the header is missing or wrong",
       "Is each member there, and is it of the type that it should be?")
{
    respond_wrongly(message_send_wrong_header, wrong_header, WRONG_MEMBERS,
                    WRONG_LENGTHS);
}

// The largest content there may be: who takes it waits for all of it.
static void wait_for_the_largest(void)
{
    static const char header[] =
        "{\"byteorder\": \"little\", \"content-type\": \"text/plain\", "
        "\"content-encoding\": \"binary\", \"content-length\": 67108864}";
    struct peer *server;
    struct program *client = start_asking(&server);
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "The response had a content-length of 67108864, which is the "
                 "most there may be, and 4 bytes of it had come. That is right "
                 "as far as it goes: what is missing may come yet.",
    };
    message_send_raw(server, header, sizeof header - 1, "much", 4);
    expect_quiet(client);
    if (client->ended)
        expect_fail(&failure, "a client that waits for the rest of 64 MiB",
                    "none; on stderr it said \"%.*s\"",
                    (int)strcspn(client->err.bytes, "\n"), client->err.bytes);
    peer_finish_sending(server);
    expect_no_success(client);
}

GRADED(refuses_wrong_lengths, 2,
       "ends with status 1 when the content-length can't be right",
       "Which numbers can a length be, and what is the largest you take?")
{
    respond_wrongly(message_send_wrong_header, wrong_header, WRONG_LENGTHS,
                    SIZE_MAX);
    begin_timeline_anew();
    wait_for_the_largest();
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
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct peer *server;
        struct program *client = start_asking(&server);
        message_send_json(server, "utf-8", contents[i]);
        expect_refusal(client, "no member \"result\"");
        expect_no_success(client);
    }
}

// Two responses come at once. Whoever receives no more than the lengths of the
// first say never meets the second; whoever has it, has to say so on stderr.
static void respond_twice(void)
{
    hold(CALLS_RECEIVE);
    struct peer *server;
    struct program *client = start_asking(&server);
    message_send_result(server, "the first");
    size_t first = server->out.size;
    message_send_result(server, "the second");
    expect_held(client);
    expect_quiet(client);
    program_release(client);
    expect_end(client);
    bool has_met_it = !ended_with(client, 0) || received_by(server) > first;
    if (has_met_it && client->err.size == 0) {
        expect_refusal(client, "a second response behind the first");
        expect_no_success(client);
    }
    // It may find out only after it has shown the first, and say so. But it is
    // no failure then to have shown it.
    if (!ended_with(client, 0))
        expect_no_success(client);
}

// Also where the content is empty.
static void respond_with_nothing_and_more(void)
{
    struct peer *server;
    struct program *client = start_asking(&server);
    static const char header[] =
        "{\"byteorder\": \"little\", \"content-type\": \"text/plain\", "
        "\"content-encoding\": \"binary\", \"content-length\": 0}";
    size_t first = 2 + sizeof header - 1;
    message_send_raw(server, header, sizeof header - 1, RIGHT,
                     sizeof RIGHT - 1);
    expect_end(client);
    bool has_met_it = !ended_with(client, 0) || received_by(server) > first;
    if (has_met_it && client->err.size == 0)
        expect_refusal(client, "more bytes than its content-length says");
}

// It has one byte more than it says, and that is white space.
static void respond_with_a_newline(void)
{
    struct peer *server;
    struct program *client = start_asking(&server);
    static const char header[] =
        "{\"byteorder\": \"little\", \"content-type\": \"text/json\", "
        "\"content-encoding\": \"utf-8\", \"content-length\": 19}";
    size_t first = 2 + sizeof header - 1 + sizeof RIGHT - 1;
    message_send_raw(server, header, sizeof header - 1, RIGHT "\n",
                     sizeof RIGHT);
    expect_end(client);
    bool has_met_it = !ended_with(client, 0) || received_by(server) > first;
    if (has_met_it && client->err.size == 0)
        expect_refusal(client, "a newline behind its content");
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
    begin_timeline_anew();
    respond_twice();
    begin_timeline_anew();
    respond_with_nothing_and_more();
    begin_timeline_anew();
    respond_with_a_newline();
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
    clients[0] = start_refused();
    for (int i = 1; i < CASES; i++)
        clients[i] = start_asking(&servers[i]);
    peer_reset(servers[1]);
    peer_send(servers[2], "\0\x64{\"byte", 8);
    peer_finish_sending(servers[2]);
    message_send_wrong_header(servers[3], WRONG_NOT_JSON, RIGHT);
    message_send_wrong_header(servers[4], WRONG_LENGTHS, RIGHT);
    message_send_json(servers[5], "utf-8", "{}");
    for (int i = 0; i < CASES; i++) {
        expect_no_success(clients[i]);
        for (int k = 0; k < i; k++)
            expect_told_apart(clients[k], about[k], clients[i], about[i]);
    }
}
