#include "blobs.h"

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

static uint64_t read_count(const unsigned char *bytes)
{
    uint64_t count;
    memcpy(&count, bytes, sizeof count);
    return be64toh(count);
}

// Where what has come differs from what should have; the smaller size if not.
static size_t find_difference(const struct peer *client,
                              const struct wire *wire)
{
    size_t at = 0;
    while (at < wire->size && at < client->in.size &&
           wire->bytes[at] == client->in.at[at])
        at++;
    return at;
}

// The last send on that connection that took fewer bytes than it was offered.
static const struct call *find_short_send(const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    const struct call *found = NULL;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->on_socket && call->group == CALLS_SEND && call->finished &&
            call->port == client->local.v4.sin_port && call->result > 0 &&
            (uint64_t)call->result < call->asked)
            found = call;
    return found;
}

// What byte AT of a wire with answers should be, where that is the first of a
// content behind an earlier one, and is there as if it went on from that.
static bool goes_on_from_the_last(const struct wire *wire, size_t at,
                                  unsigned char got)
{
    uint64_t before = 0;
    for (size_t from = 0; from + COUNT_SIZE <= at;) {
        const uint64_t count = read_count(wire->bytes + from);
        if (from + COUNT_SIZE == at)
            return before > 0 && got == blob_byte(before);
        before += count;
        from += COUNT_SIZE + count;
    }
    return false;
}

static const char *meaning_of(const struct peer *client,
                              const struct wire *wire, size_t at)
{
    const struct call *sent = find_short_send(client);
    if (sent != NULL)
        return formatted(
            "%s() took %" PRId64 " of the %" PRIu64
            " bytes it was offered, and "
            "what came next is not what stands behind these. After a short "
            "count the part in which it ended goes on from there, with "
            "iov_base and with iov_len, and the parts before it count no more. "
            "Read: man 2 sendmsg, RETURN VALUE; the lesson on parts.",
            sent->info->name, sent->result, sent->asked);
    uint64_t wanted = read_count(wire->bytes);
    if (at >= wire->size)
        return formatted("Behind the %zu bytes that were to come, others have: "
                         "as many as COUNT says, and not one more. What has "
                         "been sent once is not offered again.",
                         wire->size);
    if (goes_on_from_the_last(wire, at, client->in.at[at]))
        return formatted("Byte %zu of the stream is byte 0 of an answer's "
                         "content, and goes on where the content before it "
                         "has ended: each answer begins at place 0 again.",
                         at);
    if (at >= COUNT_SIZE)
        return formatted(
            "Byte %zu of the stream differs. Behind COUNT stands byte 0 of the "
            "content, and blob_byte() has each by its place in that: does the "
            "place go on from one piece to the next, by as much as has been "
            "sent?",
            at);
    uint64_t got = client->in.size < COUNT_SIZE ? 0 : read_count(client->in.at);
    if (wanted > UINT32_MAX && got == (uint32_t)wanted)
        return formatted("The answer begins with %" PRIu64 ", which is what is "
                         "left of %" PRIu64 " in 32 bits: each variable that "
                         "COUNT goes through needs 64.",
                         got, wanted);
    if (got == __builtin_bswap64(wanted))
        return "COUNT has its eight bytes in the wrong order: over the wire "
               "they go in network byte order, the most significant one first. "
               "Read: man 3 htobe64.";
    return formatted("The answer begins with COUNT, which is %" PRIu64
                     " here, in 8 bytes.",
                     wanted);
}

static bool has_enough(void *subject)
{
    const struct awaited_bytes *awaited = subject;
    return awaited->client->in.size >= awaited->size ||
           awaited->client->saw_end || awaited->client->saw_error != 0;
}

// The first receive on that connection that brought more than a request.
static const struct call *find_large_receive(const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->on_socket && call->group == CALLS_RECEIVE && call->finished &&
            !call->only_looks && call->port == client->local.v4.sin_port &&
            call->result > COUNT_SIZE)
            return call;
    return NULL;
}

// Why less has come than should have, while it still runs.
static const char *meaning_of_waiting(struct peer *client)
{
    const struct call *large = find_large_receive(client);
    if (large != NULL && received_by(client) == client->sent)
        return formatted(
            "All that the client has sent was received, and not all of its "
            "requests have an answer. %s() brought %" PRId64
            " bytes in one call, which is more than a request: ask for the 8 "
            "bytes of one, or keep what stands behind it for the next.",
            large->info->name, large->result);
    return "An answer is COUNT and as many bytes, and behind it may come "
           "another request. It waits for something else.";
}

// Why less has come than should have.
static const char *meaning_of_too_few(const struct program *server,
                                      struct peer *client,
                                      const struct wire *wire)
{
    size_t at = find_difference(client, wire);
    if (at < client->in.size)
        return meaning_of(client, wire, at);
    const char *said = server->err.bytes;
    // What it sends to a server that has closed already is answered by a reset.
    const bool is_over = client->saw_end || client->saw_error != 0;
    if (is_over && *said != '\0')
        return formatted(
            "The server has ended the connection, and says on "
            "stderr: \"%.*s\". The request was right: COUNT is %" PRIu64
            ", in 8 bytes, and all of them have been sent.",
            (int)strcspn(said, "\n"), said, read_count(wire->bytes));
    if (is_over)
        return "The server has ended the connection, and it is the client that "
               "does so: behind one request there may be another, until "
               "recv_exactly() tells of a clean end.";
    return meaning_of_waiting(client);
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
    failure.means = meaning_of_too_few(server, client, wire);
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
        .means = meaning_of(client, wire, at),
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
        .means = meaning_of(client, wire, wire->size),
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
