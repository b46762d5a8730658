#include "digests.h"
#include "why.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// The last content that a digest was made of.
static struct content content;

const char *digest_of(const void *bytes, size_t size)
{
    content = (struct content){bytes, size, content.before + content.size};
    return formatted("%zu %08lx\n", size, crc32_z(0, bytes, size));
}

struct program *start_here(void)
{
    content = (struct content){.size = 0};
    return start_server(SERVER, "127.0.0.1", "0");
}

struct awaited_bytes {
    struct peer *peer;
    size_t size;
};

static bool has_enough(void *subject)
{
    const struct awaited_bytes *awaited = subject;
    return awaited->peer->in.size >= awaited->size || is_over(awaited->peer);
}

// What has come instead of the answer, as one line of text.
static const char *shown(const struct peer *client)
{
    static char text[SUMMARY_SIZE];
    return show_bytes(text, "", client->in.at, client->in.size, 60);
}

void expect_answer(struct program *server, struct peer *client,
                   const char *answer, const char *why)
{
    const size_t size = strlen(answer);
    struct awaited_bytes awaited = {client, size};
    wants_only(client, size);
    const enum wait_result wait = stage_wait(has_enough, &awaited);
    if (client->in.size < size)
        stage_settle(); // the server, too, may be about to end
    struct failure failure = {
        .wait = wait,
        .program = server,
        .peer = client,
        .awaits = AWAITS_MESSAGE,
        .means = why != NULL ? why : why_none(server, client, answer),
    };
    char expected[SUMMARY_SIZE];
    show_bytes(expected, "the answer ", answer, size, 60);
    const size_t common = client->in.size < size ? client->in.size : size;
    if (client->in.size != size || memcmp(client->in.at, answer, size) != 0) {
        const bool is_part = memcmp(client->in.at, answer, common) == 0;
        if (why == NULL && (!is_part || client->in.size > size))
            failure.means = why_other(client, answer, &content);
        // Of who was refused, and reset, the calls tell nothing better.
        failure.is_sure =
            client->in.size > 0 ||
            (client->saw_error != 0 && strcmp(answer, TOO_LARGE) == 0);
        expect_fail(&failure, expected, "%s",
                    client->in.size == 0 ? "none" : shown(client));
    }
}

void expect_end_and_no_reset(struct program *server, struct peer *client)
{
    struct awaited_bytes awaited = {client, client->in.size + 1};
    const size_t before = client->in.size;
    struct failure failure = {
        .wait = stage_wait(has_enough, &awaited),
        .program = server,
        .peer = client,
        .awaits = AWAITS_STREAM_END,
    };
    const char *expected = "behind the answer the end of the stream";
    failure.is_sure = true;
    failure.means = "Behind the answer more has come: it is one line.";
    if (client->in.size > before)
        expect_fail(&failure, expected, "%zu bytes more",
                    client->in.size - before);
    if (client->saw_error != 0) {
        failure.means =
            "The connection was reset, and not ended: a close() does that "
            "while bytes lie unread at the socket, or when some come behind "
            "it; SO_LINGER with 0 does it, too. The client's calls fail, and "
            "what it has not received yet may be lost. " HOW_TO_DRAIN;
        expect_fail(&failure, expected, "%s", strerror(client->saw_error));
    }
    failure.is_sure = false;
    failure.means =
        "The answer is there, and its end is not: the client can't know that "
        "nothing more will come. Finish sending when the answer is sent; and "
        "who holds another copy of the socket has to close that, too.";
    if (!client->saw_end)
        expect_fail(&failure, expected, "nothing");
}

void expect_digest(struct program *server, const void *bytes, size_t size)
{
    struct peer *client = connect_to(server);
    peer_send(client, bytes, size);
    peer_finish_sending(client);
    expect_answer(server, client, digest_of(bytes, size), NULL);
    expect_end_and_no_reset(server, client);
}

void expect_answered_client(struct program *server)
{
    expect_digest(server, "a client like any other", 23);
}

void expect_complaints(struct program *server, size_t count)
{
    expect_complaints_of(
        server, count,
        "What goes wrong with one client is one line on stderr, and then the "
        "next one's turn.",
        "A client that finishes sending and gets its answer is no failure: "
        "there is nothing to be told of. And what is one is one line.");
}

// CALLS were made for 16 KiB. SIZE bytes would take a call for each, if few
// come with one.
static void need_few_calls(size_t calls, size_t size)
{
    enum { MANY = 100000 };
    if (calls * (size / KIB(16)) > MANY)
        verdict_not_run(formatted("your program moves so few bytes with each "
                                  "call that %zu MiB would take minutes",
                                  size / MIB(1)));
}

void need_large_pieces(size_t size)
{
    struct program *server = start_here();
    const size_t before = calls_made(CALLS_RECEIVE);
    expect_digest(server, random_bytes("probe", KIB(16)), KIB(16));
    need_few_calls(calls_made(CALLS_RECEIVE) - before, size);
    stop_server(server, SIGTERM);
    begin_timeline_anew();
}

void send_much(struct peer *client, size_t size)
{
    char *letters = alphabet_text(size);
    peer_send(client, letters, size);
    free(letters);
}

// When the last client was told that it has sent too much. On a busy machine
// the grader may hear of it much later, and the server's limits run from here.
static uint64_t told_us;

static uint64_t last_send_us(void)
{
    struct trace *trace = stage_current()->trace;
    size_t i = trace->count;
    for (const struct call *call; (call = trace_last_call(trace, &i)) != NULL;)
        if (call->on_socket && call->group == CALLS_SEND && call->finished &&
            call->result > 0)
            return trace_event(trace, i)->at_us;
    return 0;
}

void send_too_much_by(struct program *server, struct peer *client)
{
    send_much(client, CONTENT_MAX + 1);
    // Without this, one that waits for something else first, and not for ever,
    // would answer in the end.
    expect_quiet(server);
    const char *late = why_late(client);
    const struct failure failure = {.program = server,
                                    .peer = client,
                                    .awaits = AWAITS_MESSAGE,
                                    .means = late};
    if (client->in.size == 0 && !is_over(client) && !server->ended)
        expect_fail(&failure, "the answer \"too large\\n\"", "none");
    expect_answer(server, client, TOO_LARGE, NULL);
    told_us = last_send_us();
}

struct peer *send_too_much(struct program *server)
{
    struct peer *client = connect_to(server);
    send_too_much_by(server, client);
    return client;
}

// Whether the server still has that client: a byte that comes to a socket which
// nobody has any more is answered by a reset, of which the next one tells.
static bool is_received(struct program *server, struct peer *client)
{
    for (int i = 0; i < 2 && client->saw_error == 0; i++) {
        peer_send(client, ".", 1);
        expect_quiet(server);
    }
    return client->saw_error == 0;
}

void expect_given_up(struct program *server, struct peer *client,
                     const char *why)
{
    const struct failure failure = {
        .program = server,
        .peer = client,
        .awaits = AWAITS_CONNECTION_END,
        .is_sure = true,
        .means = why,
    };
    if (is_received(server, client))
        expect_fail(&failure, "the connection closed by now",
                    "one that still receives");
}

void expect_drained(struct program *server, struct peer *client,
                    const char *why)
{
    enum { MARGIN_US = 400 * 1000 }; // the checks leave more than that
    const struct failure failure = {
        .program = server, .peer = client, .is_sure = true, .means = why};
    const bool received = is_received(server, client);
    const uint64_t took_us = trace_now_us(stage_current()->trace) - told_us;
    if (!received && took_us < MARGIN_US)
        expect_fail(&failure, "a server that still receives",
                    "a closed connection: %s", strerror(client->saw_error));
}

struct program *start_with_input(struct peer *server, const void *input,
                                 size_t size)
{
    return start_client(
        CLIENT, server,
        (struct program_options){.input = input, .input_size = size});
}

static bool has_all(void *subject)
{
    return is_over(subject);
}

void expect_sent(struct program *client, struct peer *server, const void *bytes,
                 size_t size)
{
    wants_only(server, size);
    const enum wait_result wait = stage_wait(has_all, server);
    if (server->in.size < size)
        stage_settle(); // until it has said what is wrong, if anything
    struct failure failure = {
        .wait = wait,
        .program = client,
        .peer = server,
        .awaits = AWAITS_STREAM_END,
        .expected = bytes,
        .expected_size = size,
        .actual = server->in.at,
        .actual_size = server->in.size,
    };
    const bool is_other =
        server->in.size == size && memcmp(server->in.at, bytes, size) != 0;
    failure.means = why_not_sent(client, server, bytes, size, is_other);
    const char *said = client->err.bytes;
    failure.is_sure = client->ended && strstr(said, strerror(EINTR)) != NULL;
    const char *expected =
        formatted("%zu byte%s, and then the end of the stream", size,
                  size == 1 ? "" : "s");
    if (!server->saw_end)
        expect_fail(&failure, expected, "%zu, and %s", server->in.size,
                    server->saw_error != 0 ? strerror(server->saw_error)
                                           : "then nothing");
    if (server->in.size != size || is_other)
        expect_fail(&failure, expected,
                    is_other ? "%zu others" : "%zu, and then the end",
                    server->in.size);
}

void need_large_pieces_sent(size_t size)
{
    const void *bytes = random_bytes("probe", KIB(16));
    struct peer *server = peer_listen(peer_own_host());
    const size_t before = calls_made(CALLS_SEND);
    struct program *client = start_with_input(server, bytes, KIB(16));
    expect_connection(client, server);
    expect_sent(client, server, bytes, KIB(16));
    need_few_calls(calls_made(CALLS_SEND) - before, size);
    peer_send_text(server, digest_of(bytes, KIB(16)));
    peer_finish_sending(server);
    expect_end(client);
    begin_timeline_anew();
}

void expect_printed(struct program *client, const char *text, int status)
{
    const size_t size = strlen(text);
    char expected[SUMMARY_SIZE];
    show_bytes(expected, "on stdout ", text, size, 60);
    struct failure failure = {
        .wait = await_end(client),
        .program = client,
        .awaits = AWAITS_PROGRAM_END,
        .means = why_no_end(client),
    };
    if (!client->ended)
        expect_fail(&failure, expected, "no end");
    expect_end(client);
    failure = (struct failure){
        .program = client,
        .means = why_not_printed(client, text),
        .is_sure = has_closed_early(client),
        .expected = text,
        .expected_size = size,
        .actual = client->out.bytes,
        .actual_size = client->out.size,
    };
    char got[SUMMARY_SIZE];
    if (client->out.size != size || memcmp(client->out.bytes, text, size) != 0)
        expect_fail(
            &failure, expected, "%s",
            show_bytes(got, "", client->out.bytes, client->out.size, 60));
    failure = (struct failure){
        .program = client,
        .is_sure = true,
        .means = "\"too large\" was printed, and says that there is no digest: "
                 "whoever has only the exit status must learn it, too, and 0 "
                 "says that all went well.",
    };
    if (status == 1 && ended_with(client, 0))
        expect_fail(&failure, "exit status 1", " ");
    if (status != -1)
        expect_exit_status(client, status);
    else if (!ended_with(client, 0))
        expect_exit_status(client, 1);
}

void expect_found_with_a_reset(const char *answer)
{
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_with_input(server, NULL, 0);
    expect_connection(client, server);
    expect_quiet(client);
    hold(CALLS_WAIT);
    input_end(&client->input);
    comes_to_be_held(client);
    expect_sent(client, server, "", 0);
    peer_send_text(server, answer);
    peer_reset(server);
    end_weather();
    program_release(client);
    expect_quiet(client);
    const struct failure failure = {
        .program = client,
        .peer = server,
        .is_sure = true,
        .means = "The answer had come, and a reset behind it, before the "
                 "client looked; and it has received nothing of that. An "
                 "error (POLLERR, POLLHUP, SO_ERROR) does not say that nothing "
                 "is there: receive first, until recv() returns 0 or fails.",
    };
    if (client->ended && received_by(server) == 0)
        expect_fail(&failure, "the answer on stdout", "nothing");
    expect_printed(client, answer, 0);
}
