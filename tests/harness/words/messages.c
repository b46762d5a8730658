#include "words/messages.h"

#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "trace/format.h"
#include "words/verdict.h"
#include "stage/stage.h"

#include <arpa/inet.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_SIZE = 2 };

void message_send_raw(struct peer *peer, const char *header, size_t length,
                      const void *content, size_t size)
{
    uint16_t protoheader = htons((uint16_t)length);
    // A response may be longer than its request, but a request is short.
    bool is_server = peer->listening || peer->accepts;
    peer->allowance = is_server ? KIB(256) : MIB(1);
    // At once, so that one send() takes all of it.
    char *message = malloc(LENGTH_SIZE + length + size);
    if (message == NULL)
        err(EXIT_FAILURE, "message");
    memcpy(message, &protoheader, LENGTH_SIZE);
    memcpy(message + LENGTH_SIZE, header, length);
    if (size > 0)
        memcpy(message + LENGTH_SIZE + length, content, size);
    peer_send(peer, message, LENGTH_SIZE + length + size);
    free(message);
}

void message_send(struct peer *peer, const char *type, const char *encoding,
                  const void *content, size_t size)
{
    json_t *header = json_pack("{s:s, s:s, s:s, s:I}", "byteorder", OWN_ORDER,
                               "content-type", type, "content-encoding",
                               encoding, "content-length", (json_int_t)size);
    char *text = json_dumps(header, 0);
    if (text == NULL)
        err(EXIT_FAILURE, "header");
    message_send_raw(peer, text, strlen(text), content, size);
    free(text);
    json_decref(header);
}

void message_send_json(struct peer *peer, const char *encoding,
                       const char *text)
{
    size_t size;
    char *content = convert_text(encoding, "UTF-8", text, strlen(text), &size);
    if (content == NULL)
        err(EXIT_FAILURE, "%s", encoding);
    message_send(peer, "text/json", encoding, content, size);
    free(content);
}

static void send_object(struct peer *peer, json_t *object)
{
    char *text = json_dumps(object, 0);
    if (text == NULL)
        err(EXIT_FAILURE, "content");
    message_send_json(peer, "utf-8", text);
    free(text);
    json_decref(object);
}

void message_send_search(struct peer *peer, const char *value)
{
    send_object(peer,
                json_pack("{s:s, s:s}", "action", "search", "value", value));
    // The answer may repeat it in UTF-32, or with \uxxxx for each character.
    peer_allow_more(peer, 6 * strlen(value));
}

void message_send_result(struct peer *peer, const char *result)
{
    send_object(peer, json_pack("{s:s}", "result", result));
}

#define NO_BEGINNING                                                   \
    "Where a message should begin, something else stands: the end of " \
    "one that was sent before, what is another's, or bytes of a "      \
    "buffer that was not filled. Each connection has what it sends "   \
    "to itself. "

// True if the header of the peer's next message does not begin as one does.
static bool begins_wrongly(const struct peer *peer)
{
    return peer->in.size - peer->taken > LENGTH_SIZE &&
           peer->in.at[peer->taken + LENGTH_SIZE] != '{';
}

// After how many bytes the peer's next message begins anew, as if none of it
// had been sent; 0 if it does not.
static size_t begins_anew(const struct peer *peer)
{
    enum { FIRST = LENGTH_SIZE + 4 };
    const unsigned char *from = peer->in.at + peer->taken;
    const size_t size = peer->in.size - peer->taken;
    const unsigned char *again =
        size < FIRST ? NULL : memmem(from + 1, size - 1, from, FIRST);
    return again == NULL ? 0 : (size_t)(again - from);
}

// Ends the check: what the peer has received is no message, because of that.
__attribute__((format(printf, 3, 4))) static _Noreturn void
fail_message(struct program *program, struct peer *peer, const char *why, ...)
{
    char got[SUMMARY_SIZE], means[1024] = "";
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(got, sizeof got, why, arguments);
    va_end(arguments);
    FILE *out = fmemopen(means, sizeof means, "w");
    if (out != NULL) {
        if (begins_wrongly(peer))
            fputs(NO_BEGINNING, out);
        if (begins_anew(peer) > 0)
            fprintf(out,
                    "It begins anew after %zu bytes: what a send() has taken "
                    "is sent, and is not offered again, even if the next one "
                    "says EAGAIN. ",
                    begins_anew(peer));
        else if (strstr(got, "control character") != NULL)
            fputs("Within a string of JSON no byte may be below 0x20: each of "
                  "these is written as \\u00 and two digits, and a library "
                  "does that for you. ",
                  out);
        fputs("What your program sent, from the first byte of this message "
              "on:\n\n    ",
              out);
        format_bytes(out, peer->in.at + peer->taken,
                     peer->in.size - peer->taken, 250);
        fclose(out);
    }
    const struct failure failure = {
        .program = program, .peer = peer, .means = means, .is_sure = true};
    verdict_fail(&failure, "a message", got);
}

// What is there of the peer's next message.
static size_t there(const struct peer *peer)
{
    return peer->in.size - peer->taken;
}

static size_t header_length(const struct peer *peer)
{
    uint16_t length;
    memcpy(&length, peer->in.at + peer->taken, LENGTH_SIZE);
    return ntohs(length);
}

// Reads the header, if all of it is there. Returns NULL if it is not JSON.
static json_t *read_header(const struct peer *peer, json_error_t *error)
{
    return json_loadb((const char *)peer->in.at + peer->taken + LENGTH_SIZE,
                      header_length(peer), JSON_REJECT_DUPLICATES, error);
}

// How many bytes the next message has, as far as can be known now. What is
// wrong with it is not for here.
static size_t size_of_next(const struct peer *peer)
{
    if (there(peer) < LENGTH_SIZE)
        return LENGTH_SIZE;
    size_t size = LENGTH_SIZE + header_length(peer);
    if (there(peer) < size)
        return size;
    json_error_t error;
    json_t *header = read_header(peer, &error);
    json_int_t length =
        json_integer_value(json_object_get(header, "content-length"));
    json_decref(header);
    return length > 0 ? size + (size_t)length : size;
}

struct awaited_message {
    struct program *program;
    struct peer *peer;
};

static bool has_message(void *subject)
{
    const struct awaited_message *awaited = subject;
    const struct peer *peer = awaited->peer;
    // Looking at a long one again and again would take long.
    if (there(peer) < peer->next_size)
        return is_over(peer) || awaited->program->ended;
    awaited->peer->next_size = size_of_next(peer);
    return there(peer) >= peer->next_size || is_over(peer) ||
           awaited->program->ended;
}

static const char *text_of(struct program *program, struct peer *peer,
                           const json_t *header, const char *name)
{
    const json_t *member = json_object_get(header, name);
    if (member == NULL)
        fail_message(program, peer, "a header without \"%s\"", name);
    if (!json_is_string(member))
        fail_message(program, peer, "\"%s\" that is not a string", name);
    return json_string_value(member);
}

static void check_order(struct program *program, struct peer *peer,
                        const json_t *header)
{
    const char *order = text_of(program, peer, header, "byteorder");
    if (strcmp(order, OWN_ORDER) != 0)
        fail_message(program, peer, "byteorder \"%s\", on a machine that is %s",
                     order, OWN_ORDER);
}

static json_t *read_json(struct program *program, struct peer *peer,
                         const struct message_in *message)
{
    size_t size;
    char *text = convert_text("UTF-8", message->encoding, message->content,
                              message->size, &size);
    if (text == NULL)
        fail_message(program, peer, "a content that is not text in %s",
                     message->encoding);
    json_error_t error;
    json_t *json =
        json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (json == NULL)
        fail_message(program, peer, "a content that is not JSON: %s",
                     error.text);
    free(text);
    return json;
}

static struct message_in take_message(struct program *program,
                                      struct peer *peer)
{
    json_error_t error;
    struct message_in message = {.header = read_header(peer, &error)};
    if (header_length(peer) == 0)
        fail_message(program, peer, "a header of 0 bytes");
    if (message.header == NULL)
        fail_message(program, peer, "a header of %zu bytes that is no JSON: %s",
                     header_length(peer), error.text);
    if (!json_is_object(message.header))
        fail_message(program, peer, "a header that is no JSON object");
    check_order(program, peer, message.header);
    message.type = text_of(program, peer, message.header, "content-type");
    message.encoding =
        text_of(program, peer, message.header, "content-encoding");
    const json_t *length = json_object_get(message.header, "content-length");
    if (!json_is_integer(length) || json_integer_value(length) < 0)
        fail_message(program, peer,
                     "a header without a right \"content-length\"");
    message.size = (size_t)json_integer_value(length);
    message.content =
        peer->in.at + peer->taken + LENGTH_SIZE + header_length(peer);
    if (strcmp(message.type, "text/json") == 0)
        message.json = read_json(program, peer, &message);
    peer->last_at = peer->taken;
    peer->taken += size_of_next(peer);
    peer->next_size = 0;
    return message;
}

struct message_in expect_message(struct program *program, struct peer *peer)
{
    struct awaited_message awaited = {program, peer};
    struct failure failure = {
        .wait = stage_wait(has_message, &awaited),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_MESSAGE,
    };
    if (program->ended)
        stage_settle(); // what is still under way
    size_t size = size_of_next(peer);
    if (there(peer) >= size)
        return take_message(program, peer);

    char means[2 * SUMMARY_SIZE] = "", expected[] = "a message";
    if (there(peer) > LENGTH_SIZE) {
        snprintf(
            means, sizeof means,
            "%sBy its first bytes, the message that your program sends has "
            "%zu bytes: compare the two lengths in it with what follows "
            "them.",
            begins_wrongly(peer) ? NO_BEGINNING : "", size);
        failure.means = means;
        failure.is_sure = begins_wrongly(peer);
    }
    if (is_over(peer))
        expect_fail(
            &failure, expected, "%zu of %zu bytes, then %s", there(peer), size,
            peer->saw_end ? "end of stream" : strerror(peer->saw_error));
    if (there(peer) == 0)
        expect_fail(&failure, expected, "nothing");
    expect_fail(&failure, expected, "%zu of %zu bytes, then nothing",
                there(peer), size);
}
