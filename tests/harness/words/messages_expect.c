// Expectations about what messages say.

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

void expect_members(struct program *program, struct peer *peer,
                    const char *json)
{
    struct message_in message = expect_message(program, peer);
    json_t *wanted = json_loads(json, 0, NULL);
    if (!has_members(message.json, wanted)) {
        char expected[SUMMARY_SIZE];
        int size =
            snprintf(expected, sizeof expected, "text/json, %.200s", json);
        fail_content(program, peer, expected, (size_t)size, &message, "");
    }
    json_decref(wanted);
    forget(&message);
}

// How far the content is right.
static void say_difference(char text[SUMMARY_SIZE],
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
    else
        snprintf(text, SUMMARY_SIZE,
                 " It should have %zu, and all are right that are in both.",
                 size);
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
            say_difference(difference, &message, bytes, size);
        else
            snprintf(difference, sizeof difference, " It should be of type %s.",
                     type);
        int length = snprintf(expected, sizeof expected, "%s, ", type);
        if (size > sizeof expected - (size_t)length)
            size = sizeof expected - (size_t)length;
        memcpy(expected + length, bytes, size);
        fail_content(program, peer, expected, (size_t)length + size, &message,
                     difference);
    }
    forget(&message);
}

static bool has_finished(void *subject)
{
    const struct peer *peer = subject;
    return is_over(peer) || peer->in.size > peer->taken;
}

// How often the last message came again; 0 if what follows it is another one.
static size_t repetitions(const struct peer *peer)
{
    const unsigned char *last = peer->in.at + peer->last_at;
    size_t size = peer->taken - peer->last_at, count = 0;
    for (size_t at = peer->taken; size > 0 && at + size <= peer->in.size;
         at += size, count++)
        if (memcmp(peer->in.at + at, last, size) != 0)
            return count;
    return count;
}

#define AGAIN                                                              \
    "The same response came again, over and over or once more, to one "    \
    "request: what your program knows of the request is still known when " \
    "it is answered. Forget it then, all of it, so that the next one begins."

#define SENT_AGAIN                                                           \
    "The same message came again: what has been sent is to be dropped from " \
    "what is to be sent, and a request is made once."

#define STILL_OPEN                                                         \
    "The response was there in whole, and the connection is still open. "  \
    "Close it once the response is sent; and see that nothing is left of " \
    "the request: a content that is not dropped looks like the beginning " \
    "of a next request, which will never be complete."

void expect_no_more(struct program *program, struct peer *peer)
{
    struct failure failure = {
        .wait = stage_wait(has_finished, peer),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_STREAM_END,
        .means = program->address.v4.sin_port != 0
                     ? STILL_OPEN
                     : "The message was there in whole: close the connection "
                       "once it is sent.",
    };
    const char *expected = "end of stream behind the message";
    if (repetitions(peer) > 0) {
        failure.means = program->address.v4.sin_port != 0 ? AGAIN : SENT_AGAIN;
        failure.is_sure = true;
        expect_fail(&failure, expected, "the same message again");
    }
    if (peer->in.size > peer->taken) {
        failure.means = "More bytes follow than the lengths in the message "
                        "say: it ends where they say so.";
        failure.is_sure = true;
        expect_fail(&failure, expected, "%zu bytes more",
                    peer->in.size - peer->taken);
    }
    if (peer->saw_error != 0)
        expect_fail(&failure, expected, "%s", strerror(peer->saw_error));
    failure.is_sure = failure.wait == WAIT_HANGS;
    if (!peer->saw_end)
        expect_fail(&failure, expected, "nothing");
}

struct complaint {
    struct program *program;
    size_t said;
};

static bool has_complained(void *subject)
{
    const struct complaint *complaint = subject;
    const struct output *err = &complaint->program->err;
    return err->size > complaint->said && err->bytes[err->size - 1] == '\n';
}

void expect_said_why(struct program *program, size_t said, const char *what)
{
    struct complaint complaint = {program, said};
    char means[SUMMARY_SIZE + 192];
    snprintf(means, sizeof means,
             "The client was wrong there: %s. Your program says nothing about "
             "that. Whoever runs it wants to know what was wrong, and where: "
             "say it in one line on stderr.",
             what);
    const struct failure failure = {
        .wait = stage_wait(has_complained, &complaint),
        .program = program,
        .means = means,
        .is_sure = true,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "a line on stderr about %s", what);
    if (!has_complained(&complaint))
        expect_fail(&failure, expected, "no such line");
}

void expect_refusal(struct program *program, const char *what)
{
    char expected[SUMMARY_SIZE], means[SUMMARY_SIZE + 128];
    snprintf(expected, sizeof expected, "exit status 1, because of %s", what);
    snprintf(means, sizeof means,
             "What your program got has %s. That is to be refused, whatever "
             "may come behind it: a line on stderr that says why, and exit "
             "status 1.",
             what);
    struct failure failure = {
        .wait = await_end(program),
        .program = program,
        .awaits = AWAITS_PROGRAM_END,
        .means = means,
    };
    failure.is_sure = program->ended || failure.wait == WAIT_HANGS;
    if (!program->ended)
        expect_fail(&failure, expected, "no end");
    expect_no_sanitizer_report(program);
    if (!ended_with(program, 1))
        expect_fail(&failure, expected, " ");
    expect_complaint(program, 1);
}

static bool has_gone(void *subject)
{
    const struct peer *peer = subject;
    return peer->closed || is_over(peer);
}

void expect_refused(struct program *program, struct peer *peer,
                    const char *what, const char *never)
{
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "the connection ended, because of %s",
             what);
    struct failure failure = {
        .wait = stage_wait(has_gone, peer),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_CONNECTION_END,
        .means = "What can't be right will not get right by waiting for more: "
                 "end the connection as soon as you know, and say why.",
    };
    if (program->ended)
        expect_fail(&failure, expected, " ");
    if (memmem(peer->in.at, peer->in.size, never, strlen(never)) != NULL) {
        failure.means = "Your program took it for right, and answered. Who "
                        "sent it may have meant something else.";
        failure.is_sure = true;
        expect_fail(&failure, expected, "an answer");
    }
    failure.is_sure = failure.wait == WAIT_HANGS;
    const char *line = program_line_about(program, peer->local.v4.sin_port);
    if (line != NULL)
        failure.means = formatted(
            "Your program has noticed: on stderr it said \"%.*s\". But the "
            "connection is still open: whichever way leads out, it is closed "
            "there.",
            (int)strcspn(line, "\n"), line);
    if (!has_gone(peer))
        expect_fail(&failure, expected, "nothing");
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
