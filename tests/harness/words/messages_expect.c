// Expectations about what messages say.

#include "words/app_protocol.h"
#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "trace/format.h"
#include "words/messages.h"
#include "words/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Ends the check: a message is right in its form, and says something else.
// DIFFERENCE is "", or a sentence about that.
static _Noreturn void fail_content(struct program *program, struct peer *peer,
                                   const char *expected, size_t expected_size,
                                   const struct message_in *message,
                                   const char *difference)
{
    char lines[2][SUMMARY_SIZE] = {"", ""}, means[1024];
    const void *texts[] = {expected, message->content};
    const size_t sizes[] = {expected_size, message->size};
    for (int i = 0; i < 2; i++) {
        FILE *out = fmemopen(lines[i], SUMMARY_SIZE, "w");
        if (out == NULL)
            continue;
        if (i == 1)
            fprintf(out, "%s, ", message->type);
        format_bytes(out, texts[i], sizes[i], 120);
        fclose(out);
    }
    snprintf(means, sizeof means,
             "The message that came is right in its form, but its content is "
             "another one: its type is %s and it has %zu bytes.%s",
             message->type, message->size, difference);
    const struct failure failure = {
        .program = program, .peer = peer, .means = means, .is_sure = true};
    verdict_fail(&failure, lines[0], lines[1]);
}

static _Noreturn void fail_encoding(struct program *program, struct peer *peer,
                                    const struct message_in *message)
{
    const struct failure failure = {
        .program = program,
        .peer = peer,
        .means = "The content-encoding names how characters are written. What "
                 "is no text has none, and says so: binary.",
        .is_sure = true,
    };
    char got[SUMMARY_SIZE];
    snprintf(got, sizeof got, "%.100s", message->encoding);
    verdict_fail(&failure, "the content-encoding binary", got);
}

static const json_t *result_in(const struct message_in *message)
{
    return json_object_get(message->json, "result");
}

static void forget(struct message_in *message)
{
    json_decref(message->header);
    json_decref(message->json);
}

// Where a result ceases to be the one that it should be.
static void say_where(char text[SUMMARY_SIZE], const char *got, size_t size,
                      const char *wanted)
{
    enum { SHOWN = 40 };
    size_t same = 0;
    while (same < size && wanted[same] != '\0' && got[same] == wanted[same])
        same++;
    FILE *out = fmemopen(text, SUMMARY_SIZE, "w");
    if (out == NULL)
        return;
    if (same == size)
        fprintf(out,
                " Its result ends after %zu of %zu bytes, which are right.",
                size, strlen(wanted));
    else if (wanted[same] == '\0') {
        fprintf(out, " Its result is right, and then goes on with ");
        format_bytes(out, got + same, size - same, SHOWN);
        fprintf(out, ".");
    } else {
        fprintf(out, " In its result, behind the first %zu bytes, stands ",
                same);
        format_bytes(out, got + same, size - same, SHOWN);
        fprintf(out, ", and not ");
        format_bytes(out, wanted + same, strlen(wanted + same), SHOWN);
        fprintf(out, ".");
        // U+0080 to U+009F, in UTF-8.
        const unsigned char *at = (const unsigned char *)wanted + same;
        if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
            fprintf(out,
                    " In latin1 the byte %x is the character of that number; "
                    "in windows-1252 it is another.",
                    at[1]);
    }
    fclose(out);
}

void expect_result(struct program *program, struct peer *peer,
                   const char *result)
{
    struct message_in message = expect_message(program, peer);
    const json_t *got = result_in(&message);
    if (!json_is_string(got) || json_string_length(got) != strlen(result) ||
        strcmp(json_string_value(got), result) != 0) {
        char expected[SUMMARY_SIZE], difference[SUMMARY_SIZE] = "";
        if (json_is_string(got))
            say_where(difference, json_string_value(got),
                      json_string_length(got), result);
        int size = snprintf(expected, sizeof expected,
                            "text/json, {\"result\": \"%.200s\"}", result);
        fail_content(program, peer, expected, (size_t)size, &message,
                     difference);
    }
    forget(&message);
}

void expect_any_result(struct program *program, struct peer *peer)
{
    static const char expected[] = "text/json, {\"result\": \"...\"}";
    struct message_in message = expect_message(program, peer);
    if (!json_is_string(result_in(&message)))
        fail_content(program, peer, expected, sizeof expected - 1, &message,
                     "");
    forget(&message);
}

static bool has_members(const json_t *object, json_t *wanted)
{
    const char *name;
    json_t *value;
    json_object_foreach(wanted, name, value)
    {
        if (!json_equal(json_object_get(object, name), value))
            return false;
    }
    return json_is_object(object);
}

// What is said of a member that is right as far as it goes.
static const char *cut_member(const json_t *object, json_t *wanted)
{
    const char *name;
    json_t *value;
    json_object_foreach(wanted, name, value)
    {
        const json_t *got = json_object_get(object, name);
        const size_t size = json_string_length(got);
        if (json_is_string(got) && size > 0 &&
            size < json_string_length(value) &&
            memcmp(json_string_value(got), json_string_value(value), size) == 0)
            return formatted(" Its \"%s\" is right as far as it goes, and has "
                             "%zu of %zu bytes: what cuts it off, an array's "
                             "size?",
                             name, size, json_string_length(value));
    }
    return "";
}

void expect_members(struct program *program, struct peer *peer,
                    const char *json)
{
    struct message_in message = expect_message(program, peer);
    json_t *wanted = json_loads(json, 0, NULL);
    if (!has_members(message.json, wanted)) {
        char expected[SUMMARY_SIZE];
        int size =
            snprintf(expected, sizeof expected, "text/json, %.200s", json);
        fail_content(program, peer, expected, (size_t)size, &message,
                     cut_member(message.json, wanted));
    }
    json_decref(wanted);
    forget(&message);
}

// True if the bytes that are too many are also the last of the message before
// this one, on the same connection.
static bool is_left_over(const struct peer *peer,
                         const struct message_in *message, size_t size)
{
    size_t more = message->size - size;
    return peer->last_at >= more && memcmp(peer->in.at + peer->last_at - more,
                                           message->content + size, more) == 0;
}

// How far the content is right.
static void say_difference(char text[SUMMARY_SIZE], const struct peer *peer,
                           const struct message_in *message, const void *bytes,
                           size_t size)
{
    const unsigned char *expected = bytes;
    size_t same = 0, most = message->size < size ? message->size : size;
    while (same < most && message->content[same] == expected[same])
        same++;
    if (same < most)
        snprintf(
            text, SUMMARY_SIZE,
            " Of the %zu that it should have, the first %zu are right; the "
            "next one is another byte.",
            size, same);
    else if (message->size > size && is_left_over(peer, message, size))
        snprintf(text, SUMMARY_SIZE,
                 " It should have %zu, which are right. The %zu behind them "
                 "are the last of the response before it, too: when a request "
                 "is answered, forget what you knew of it.",
                 size, message->size - size);
    else
        snprintf(text, SUMMARY_SIZE,
                 " It should have %zu, and all are right that are in both.%s",
                 size,
                 message->size < size && expected[message->size] == '\0'
                     ? " The next would be a zero. These are bytes, and no "
                       "string: strlen(), strncpy() and %s take a zero for the "
                       "end. Their number is known: memcpy()."
                     : "");
}

void expect_content(struct program *program, struct peer *peer,
                    const char *type, const void *bytes, size_t size)
{
    struct message_in message = expect_message(program, peer);
    // Bytes that are no text have no encoding.
    bool is_binary =
        strcmp(message.type, type) == 0 && strncmp(type, "binary/", 7) == 0;
    if (is_binary && strcmp(message.encoding, "binary") != 0)
        fail_encoding(program, peer, &message);
    if (strcmp(message.type, type) != 0 || message.size != size ||
        memcmp(message.content, bytes, size) != 0) {
        char expected[SUMMARY_SIZE], difference[SUMMARY_SIZE] = "";
        if (strcmp(message.type, type) == 0)
            say_difference(difference, peer, &message, bytes, size);
        else
            snprintf(difference, sizeof difference,
                     " It should be of type %s.%s", type,
                     strcmp(type, BINARY) == 0
                         ? " Only the action \"search\" is a search: all of "
                           "it, in small letters, and nothing behind it."
                         : "");
        int length = snprintf(expected, sizeof expected, "%s, ", type);
        if (size > sizeof expected - (size_t)length)
            size = sizeof expected - (size_t)length;
        memcpy(expected + length, bytes, size);
        fail_content(program, peer, expected, (size_t)length + size, &message,
                     difference);
    }
    forget(&message);
}

void expect_result_with_zero(struct program *program, struct peer *peer,
                             const char *result, size_t size)
{
    expect_refused(program, peer, "a zero in a string", "\"\\u0000never\"");
    if (peer->in.size == peer->taken)
        return;
    struct message_in message = expect_message(program, peer);
    const json_t *got = result_in(&message);
    size_t before = strlen(result); // the zero
    bool same = json_is_string(got) && json_string_length(got) == size &&
                memcmp(json_string_value(got), result, size) == 0;
    if (!same && json_is_string(got) && json_string_length(got) >= before &&
        memcmp(json_string_value(got), result, before) == 0) {
        const struct failure failure = {
            .program = program,
            .peer = peer,
            .means =
                "A string of JSON may have a zero in it (\\u0000), and the "
                "text of your program's answer is cut off there: strlen(), "
                "strcmp() and %s take a zero for the end. The string knows "
                "its size. Read: jansson's json_string_length().",
            .is_sure = true,
        };
        char said[SUMMARY_SIZE];
        expect_fail(&failure, "what stands behind the zero, too, or a refusal",
                    "%s",
                    show_bytes(said, "", json_string_value(got),
                               json_string_length(got), 100));
    }
    forget(&message);
}
