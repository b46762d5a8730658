#include "blobs.h"
#include "why.h"

#include "stage/stage.h"
#include "trace/format.h"
#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned char blob_byte(uint64_t i)
{
    return (unsigned char)((i * 7 + 3) % 251);
}

struct awaited_bytes {
    struct peer *client;
    size_t size;
};

static unsigned char *make_room(struct wire *wire, size_t size)
{
    wire->bytes = realloc(wire->bytes, wire->size + size + 1);
    if (wire->bytes == NULL)
        err(EXIT_FAILURE, "wire");
    unsigned char *room = wire->bytes + wire->size;
    wire->size += size;
    return room;
}

void add_count(struct wire *wire, uint64_t count)
{
    const uint64_t bytes = htobe64(count);
    memcpy(make_room(wire, sizeof bytes), &bytes, sizeof bytes);
}

void add_blob(struct wire *wire, uint64_t from, size_t size)
{
    unsigned char *room = make_room(wire, size);
    for (size_t i = 0; i < size; i++)
        room[i] = blob_byte(from + i);
}

void add_answer(struct wire *wire, size_t count)
{
    add_count(wire, count);
    add_blob(wire, 0, count);
}

struct program *start_here(void)
{
    return start_server(SERVER, "127.0.0.1", "0");
}

void ask(struct peer *client, uint64_t count)
{
    struct wire request = {.size = 0};
    add_count(&request, count);
    peer_send(client, request.bytes, request.size);
    peer_allow_more(client, count < MIB(64) ? (size_t)count : MIB(64));
    free(request.bytes);
}

static bool has_enough(void *subject)
{
    const struct awaited_bytes *awaited = subject;
    return awaited->client->in.size >= awaited->size ||
           awaited->client->saw_end || awaited->client->saw_error != 0;
}

static void expect_enough(struct program *server, struct peer *client,
                          const struct wire *wire)
{
    struct awaited_bytes awaited = {client, wire->size};
    struct failure failure = {
        .wait = stage_wait(has_enough, &awaited),
        .program = server,
        .peer = client,
        .awaits = AWAITS_MESSAGE,
    };
    if (client->in.size >= wire->size)
        return;
    failure.means = why_too_few(server, client, wire);
    expect_fail(&failure, formatted("at least %zu bytes", wire->size), "%zu",
                client->in.size);
}

void expect_beginning(struct program *server, struct peer *client,
                      const struct wire *wire)
{
    expect_enough(server, client, wire);
    size_t at = find_difference(client, wire);
    const struct failure failure = {
        .wait = WAIT_MET,
        .program = server,
        .peer = client,
        .means = why_other(client, wire, at),
        .expected = wire->bytes,
        .expected_size = wire->size,
        .actual = client->in.at,
        .actual_size = client->in.size,
    };
    if (at < wire->size)
        expect_fail(&failure,
                    formatted("%zu bytes: COUNT and the content", wire->size),
                    "others");
}

void expect_answers(struct program *server, struct peer *client,
                    const struct wire *wire)
{
    expect_beginning(server, client, wire);
    const struct failure failure = {
        .program = server,
        .peer = client,
        .means = why_other(client, wire, wire->size),
    };
    if (client->in.size > wire->size)
        expect_fail(&failure,
                    formatted("%zu bytes: COUNT and the content", wire->size),
                    "%zu", client->in.size);
}

void expect_answered_client(struct program *server)
{
    enum { SOME = 100 };
    struct wire wire = {.size = 0};
    struct peer *client = connect_to(server);
    ask(client, SOME);
    add_answer(&wire, SOME);
    expect_answers(server, client, &wire);
    peer_finish_sending(client);
    expect_end_from(server, client);
    expect_answers(server, client, &wire);
    free(wire.bytes);
}

void expect_complaints(struct program *server, size_t count)
{
    expect_complaints_of(
        server, count,
        "What goes wrong with one client is one line on stderr, and then the "
        "next one's turn. An end within the 8 bytes of a request is an early "
        "end, though recv() returned 0 as for a clean one.",
        "A client's end between two requests is no failure: there is nothing "
        "to be told of. And what is one is one line.");
}

struct program *start_with_count(struct peer *server, const char *count)
{
    return start_client(CLIENT, server,
                        (struct program_options){.arguments = {[2] = count}});
}

struct program *fetch(struct peer *server, uint64_t count)
{
    struct awaited_bytes awaited = {server, COUNT_SIZE};
    struct program *client =
        start_with_count(server, formatted("%" PRIu64, count));
    expect_connection(client, server);
    const struct failure failure = {
        .wait = stage_wait(has_enough, &awaited),
        .program = client,
        .peer = server,
        .awaits = AWAITS_ITS_MESSAGE,
        .means = formatted("The request is COUNT, %" PRIu64 ", in 8 bytes, the "
                           "most significant one first: does each variable on "
                           "its way have 64 bits?",
                           count),
    };
    if (server->in.size != COUNT_SIZE)
        expect_fail(&failure, "a request of 8 bytes", "%zu bytes",
                    server->in.size);
    if (read_count(server->in.at) != count)
        expect_fail(&failure, formatted("a request for %" PRIu64, count),
                    "one for %" PRIu64, read_count(server->in.at));
    return client;
}

void expect_count_refused(struct program *server, struct peer *client)
{
    struct awaited_bytes any = {client, 1};
    struct failure failure = {
        .wait = stage_wait(has_enough, &any),
        .program = server,
        .peer = client,
        .is_sure = true,
        .means = "A COUNT over 2^40 has no answer: one line on stderr, close, "
                 "and the next client's turn.",
    };
    if (client->in.size > 0)
        failure.means = formatted(
            "A COUNT over 2^40 has no answer, not even the %zu bytes that have "
            "come back: look at COUNT before anything is sent. Then one line "
            "on stderr, close, and the next client's turn.",
            client->in.size);
    if (client->in.size > 0 || !(client->saw_end || client->saw_error != 0))
        expect_fail(&failure, "the end of the connection, without an answer",
                    "%zu bytes", client->in.size);
}

static void compare_written(struct program *client, size_t least, size_t most,
                            const char *means, bool is_sure)
{
    struct wire wire = {.size = 0};
    const struct output *out = &client->out;
    add_blob(&wire, 0, most);
    size_t same = 0;
    while (same < most && same < out->size &&
           out->bytes[same] == (char)wire.bytes[same])
        same++;
    const struct failure failure = {
        .program = client,
        .means = means,
        .is_sure = is_sure,
        .expected = wire.bytes,
        .expected_size = wire.size,
        .actual = out->bytes,
        .actual_size = out->size,
    };
    if (same < out->size || same < least)
        expect_fail(&failure, formatted("%zu bytes of content on stdout", most),
                    "others (%zu)", out->size);
    free(wire.bytes);
}

void expect_written(struct program *client, size_t least, size_t most,
                    const char *means)
{
    compare_written(client, least, most, means, true);
}

void expect_fetched(struct program *client, size_t count)
{
    expect_exit_status(client, 0);
    compare_written(
        client, count, count,
        "What it writes to stdout is the content, byte by byte, and "
        "nothing else: a byte may be zero, so it is no string for "
        "printf().",
        false);
}

void expect_told(struct program *client, uint64_t number, uint64_t another,
                 const char *why)
{
    expect_failure(client, why);
    if (says_number(client, number) && says_number(client, another))
        return;
    expect_fail_stderr(
        client,
        number == another ? formatted("a line with %" PRIu64, number)
                          : formatted("a line with %" PRIu64 " and %" PRIu64,
                                      number, another),
        number == another
            ? formatted("%s It is byte %" PRIu64 " of the content, counted "
                        "from its beginning, and not from that of a piece; and "
                        "that number has to stand there.",
                        why, number)
            : formatted("%s The numbers, %" PRIu64 " and %" PRIu64
                        ", say how far it got.",
                        why, number, another));
}
