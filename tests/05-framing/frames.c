#include "frames.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *framing_name(enum framing framing)
{
    static const char *const names[] = {"length", "line", "fixed"};
    return names[framing];
}

size_t framing_max(enum framing framing)
{
    static const size_t most[] = {LENGTH_MAX, LINE_MAX_SIZE - 1, FIXED_SIZE};
    return most[framing];
}

static unsigned char *make_room(struct wire *wire, size_t size)
{
    if (wire->size == 0 ||
        (wire->size + size) / KIB(64) != wire->size / KIB(64))
        wire->bytes = realloc(wire->bytes, wire->size + size + KIB(65));
    if (wire->bytes == NULL)
        err(EXIT_FAILURE, "wire");
    unsigned char *room = wire->bytes + wire->size;
    wire->size += size;
    return room;
}

void add_bytes(struct wire *wire, const void *bytes, size_t size)
{
    memcpy(make_room(wire, size), bytes, size);
}

void add_length(struct wire *wire, size_t length)
{
    const uint32_t bytes = htobe32((uint32_t)length);
    add_bytes(wire, &bytes, sizeof bytes);
}

void add_frame(struct wire *wire, const void *message, size_t size)
{
    if (wire->framing == LENGTH)
        add_length(wire, size);
    add_bytes(wire, message, size);
    if (wire->framing == LINE)
        add_bytes(wire, "\n", 1);
    if (wire->framing == FIXED)
        memset(make_room(wire, FIXED_SIZE - size), '\0', FIXED_SIZE - size);
}

void add_answer(struct wire *wire, const void *message, size_t size)
{
    const unsigned char *bytes = message;
    unsigned char *capitals = malloc(size + 1);
    if (capitals == NULL)
        err(EXIT_FAILURE, "answer");
    for (size_t i = 0; i < size; i++)
        capitals[i] = bytes[i] >= 'a' && bytes[i] <= 'z'
                          ? (unsigned char)(bytes[i] - 'a' + 'A')
                          : bytes[i];
    add_frame(wire, capitals, size);
    free(capitals);
}

struct program *start_framing_with(enum framing framing,
                                   struct program_options options)
{
    options.arguments[2] = framing_name(framing);
    return start_server_with(SERVER, "127.0.0.1", "0", options);
}

struct program *start_framing(enum framing framing)
{
    return start_framing_with(framing, (struct program_options){.input = NULL});
}

struct program *start_reusing(enum framing framing)
{
    return start_framing_with(framing,
                              (struct program_options){.reuses_memory = true});
}

// Else the next client would be refused, and nobody knew why.
static void expect_running(struct program *server)
{
    const struct failure failure = {
        .program = server,
        .means = formatted(
            "The server has ended, and the next client finds nobody: what goes "
            "wrong with one client ends that client's connection, and not the "
            "server. On stderr it said: \"%.*s\".",
            (int)strcspn(server->err.bytes, "\n"), server->err.bytes),
    };
    if (server->ended)
        expect_fail(&failure, "a server that serves the next client",
                    "its end");
}

struct talk begin_talk(struct program *server, enum framing framing)
{
    expect_running(server);
    return (struct talk){
        .server = server,
        .client = connect_to(server),
        .sent = {.framing = framing},
        .wanted = {.framing = framing},
    };
}

void say(struct talk *talk, const void *message, size_t size)
{
    const size_t before = talk->sent.size;
    add_frame(&talk->sent, message, size);
    peer_send(talk->client, talk->sent.bytes + before,
              talk->sent.size - before);
    add_answer(&talk->wanted, message, size);
}

void say_text(struct talk *talk, const char *message)
{
    say(talk, message, strlen(message));
}

void add_to_send(struct talk *talk, const char *message)
{
    add_frame(&talk->sent, message, strlen(message));
    add_answer(&talk->wanted, message, strlen(message));
}

static bool has_enough(void *subject)
{
    const struct talk *talk = subject;
    return talk->client->in.size >= talk->wanted.size || is_over(talk->client);
}

// Where what has come differs from what should have; the smaller size if not.
static size_t find_difference(const struct talk *talk)
{
    const struct bytes *in = &talk->client->in;
    size_t at = 0;
    while (at < talk->wanted.size && at < in->size &&
           talk->wanted.bytes[at] == in->at[at])
        at++;
    return at;
}

void expect_beginning(struct talk *talk)
{
    struct peer *client = talk->client;
    struct failure failure = {
        .wait = stage_wait(has_enough, talk),
        .program = talk->server,
        .peer = client,
        .awaits = AWAITS_MESSAGE,
        .expected = talk->wanted.bytes,
        .expected_size = talk->wanted.size,
        .actual = client->in.at,
        .actual_size = client->in.size,
    };
    const size_t at = find_difference(talk);
    if (at == talk->wanted.size)
        return;
    const bool differs = at < client->in.size;
    failure.means =
        differs ? meaning_of_answers(talk, at) : meaning_of_too_few(talk);
    expect_fail(&failure, formatted("%zu bytes of answers", talk->wanted.size),
                differs ? "others (%zu)" : "%zu", client->in.size);
}

void expect_answers(struct talk *talk)
{
    expect_beginning(talk);
    const struct failure failure = {
        .program = talk->server,
        .peer = talk->client,
        .means = meaning_of_too_many(talk),
    };
    if (talk->client->in.size > talk->wanted.size)
        expect_fail(&failure,
                    formatted("%zu bytes of answers", talk->wanted.size), "%zu",
                    talk->client->in.size);
}

void end_talk(struct talk *talk)
{
    expect_answers(talk);
    peer_finish_sending(talk->client);
    expect_end_from(talk->server, talk->client);
    expect_answers(talk);
    free(talk->sent.bytes);
    free(talk->wanted.bytes);
}

void expect_answered_client(struct program *server, enum framing framing)
{
    struct talk talk = begin_talk(server, framing);
    say_text(&talk, "one");
    say_text(&talk, "");
    expect_answers(&talk);
    say_text(&talk, "two");
    end_talk(&talk);
}

void expect_complaints(struct program *server, size_t count, const char *why)
{
    expect_complaints_of(
        server, count,
        formatted("%s That is one line on stderr, and then it is the next "
                  "client's turn.",
                  why),
        count == 0 ? "A client's end between two messages is no failure: there "
                     "is nothing to be told of."
                   : "What goes wrong with a client is told in one line, and "
                     "an end between two messages is nothing wrong.");
}

static bool is_gone(void *subject)
{
    return is_over(((struct talk *)subject)->client);
}

void expect_talk_closed(struct talk *talk, const char *why)
{
    expect_beginning(talk);
    const struct failure failure = {
        .wait = stage_wait(is_gone, talk),
        .program = talk->server,
        .peer = talk->client,
        .awaits = AWAITS_CONNECTION_END,
        .is_sure = true,
        .means = formatted("%s Whatever follows, it can't get right any more: "
                           "a line on stderr, close, and the next client's "
                           "turn. Nothing is waited for, and nothing "
                           "answered.",
                           why),
    };
    if (!is_over(talk->client) || talk->client->in.size > talk->wanted.size)
        expect_fail(
            &failure,
            formatted("%zu bytes of answers, and the end", talk->wanted.size),
            "%zu", talk->client->in.size);
}

void expect_talk_refused(struct talk *talk, const char *why)
{
    expect_talk_closed(talk, why);
    expect_complaints(talk->server, 1, why);
}

static bool says_any(const struct program *server, size_t from, size_t to)
{
    for (size_t number = from; number <= to; number++)
        if (says_number(server, number))
            return true;
    return false;
}

void expect_place(struct program *server, size_t begin, size_t from, size_t to,
                  const char *why)
{
    if (says_any(server, from - 1, to + 1) ||
        says_any(server, begin - 1, begin + 1))
        return;
    expect_fail_stderr(
        server, formatted("a line with %zu, the number of the byte", to),
        formatted("%s The line names the byte by its number in the stream, "
                  "counted from 0 at the connection's first: what has been "
                  "consumed before counts, too.",
                  why));
}
