#include "frames.h"

#include "stage/stage.h"
#include "trace/format.h"
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

struct talk begin_talk(struct program *server, enum framing framing)
{
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

// Why less has come than should have, all of it right.
static const char *meaning_of_too_few(const struct talk *talk)
{
    const char *said = talk->server->err.bytes;
    if (is_over(talk->client) && *said != '\0')
        return formatted(
            "The server has ended the connection, and says on "
            "stderr: \"%.*s\". What the client has sent was right.",
            (int)strcspn(said, "\n"), said);
    if (is_over(talk->client))
        return "The server has ended the connection, and it is the client that "
               "does so: behind one message there may be another, until an "
               "end comes between two of them.";
    const size_t received = received_by(talk->client);
    if (received > 0 && received >= talk->client->sent &&
        talk->client->in.size > 0)
        return "All bytes of the client have been received, and not all its "
               "messages answered: one recv() may bring several, or the end of "
               "one and the beginning of the next. What stands behind a "
               "message is looked at before anything else is received.";
    if (received > 0 && received >= talk->client->sent)
        return "All bytes of the client have been received, and the message is "
               "whole: what else does the program wait for? What one recv() "
               "brings may be a part of it, so each has to be looked at "
               "together with those before.";
    return "Not all bytes of the client have been received: it waits for "
           "something else.";
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
    failure.means = differs
                        ? meaning_of_difference(&talk->wanted, client->in.at,
                                                client->in.size, at)
                        : meaning_of_too_few(talk);
    expect_fail(&failure, formatted("%zu bytes of answers", talk->wanted.size),
                differs ? "others (%zu)" : "%zu", client->in.size);
}

void expect_answers(struct talk *talk)
{
    expect_beginning(talk);
    const struct failure failure = {
        .program = talk->server,
        .peer = talk->client,
        .means = "More has come than the answers: each message has one, and "
                 "what has been sent or answered once is not sent again.",
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

void expect_complaints(struct program *server, size_t count)
{
    expect_complaints_of(
        server, count,
        "What goes wrong with one client is one line on stderr, and then the "
        "next one's turn. An end within a message is an early end, though "
        "recv() returned 0 as for a clean one.",
        "A client's end between two messages is no failure: there is nothing "
        "to be told of. And what is one is one line.");
}

void expect_talk_refused(struct talk *talk, const char *why)
{
    expect_beginning(talk);
    expect_connection_gone(talk->server, talk->client);
    const struct failure failure = {
        .program = talk->server,
        .peer = talk->client,
        .is_sure = true,
        .means = formatted("%s The server says so in a line on stderr, and "
                           "closes the connection; nothing is answered that "
                           "is no message.",
                           why),
    };
    if (talk->client->in.size > talk->wanted.size)
        expect_fail(
            &failure,
            formatted("%zu bytes of answers, and the end", talk->wanted.size),
            "%zu", talk->client->in.size);
    expect_complaints(talk->server, 1);
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

void expect_no_growth(struct program *program, const struct level *before,
                      const char *means)
{
    enum { SLACK = 4 << 20 };
    struct level now = level_of(program);
    const struct failure failure = {
        .program = program, .is_sure = true, .means = means};
    if (now.memory > before->memory + SLACK)
        expect_fail(&failure,
                    formatted("about %zu KiB of memory, as before",
                              before->memory / 1024),
                    "%zu KiB", now.memory / 1024);
}

size_t count_receives(void)
{
    struct trace *trace = stage_current()->trace;
    size_t count = 0, i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        count += call->on_socket && (call->group & CALLS_RECEIVE) != 0;
    return count;
}
