// What is expected of what decode prints.

#include "wire.h"
#include "wire_why.h"

#include "words/expect.h"
#include "words/verdict.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONE                                                                 \
    " JSON is a value of any kind, and not only an object or an array: for " \
    "another json_loadb() has to be told JSON_DECODE_ANY, and json_dumps() " \
    "JSON_ENCODE_ANY; else they return NULL."

// How many good messages stand in front of a bad one.
enum { GOOD = 2 };

// What may become of the length of its header, where none before it was like
// that.
static const char *why_header_length(const struct place *place)
{
    static char text[200];
    if (place->header > UINT16_MAX - 2)
        return " (The length of its header, with its own 2 bytes, is more than "
               "16 bits hold; with a sign they hold 32767.)";
    if (place->header > INT16_MAX)
        return " (The length of its header is above 32767, the most that 16 "
               "bits with a sign can hold.)";
    if ((place->header & 0xff) < 0x80 || place->had_such_a_header)
        return "";
    snprintf(text, sizeof text,
             " (Its header has %zu bytes, 0x%02zx 0x%02zx: where char has a "
             "sign, a byte from 0x80 on is less than 0. Take unsigned char.)",
             place->header, place->header >> 8, place->header & 0xff);
    return text;
}

_Noreturn void fail_print(const struct place *place, const char *means,
                          const char *why, const char *expected)
{
    const struct program *program = place->program;
    char which[80] = "", said[2 * MEANS_SIZE];
    if (place->count > 1)
        snprintf(which, sizeof which, " for message %zu of %zu", place->number,
                 place->count);
    const char *line = program->err.bytes;
    // Of what is right as a whole, it went no further than this.
    const bool refused = place->means == NULL && place->at == place->end &&
                         program->ended && program->status != 0 &&
                         line[0] != '\0';
    char refusal[600] = "Your program refused what is right.";
    if (place->count > 1)
        snprintf(refusal, sizeof refusal,
                 "Your program refused message %zu of %zu, although it is "
                 "right.%s",
                 place->number, place->count, why_header_length(place));
    if (refused && place->is_lone)
        strcat(refusal, LONE);
    if (refused)
        means = refusal;
    snprintf(
        said, sizeof said, "%s%s%s",
        meaning(either(place->means, means), "Not on stdout: %s%s%s%s%s.%s",
                expected, which, place->what[0] ? " (" : "", place->what,
                place->what[0] ? ")" : "", why),
        line[0] == '\0'
            ? ""
            : shown(" Your program said on stderr ", line, strcspn(line, "\n")),
        line[0] == '\0' ? "" : ".");
    fail_wire(place->program, said,
              shown("", place->at, (size_t)(place->end - place->at)),
              "on stdout%s%s%s%s: %.150s", which, place->what[0] ? " (" : "",
              place->what, place->what[0] ? ")" : "", expected);
}

// True if that text comes next, which is then passed over.
static bool is_at(struct place *place, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(place->at, text, length) != 0)
        return false;
    place->at += length;
    return true;
}

// The line that has not been found and is about the member that comes next, or
// else the first that has not; LINES if there is none.
static int missing_line(const struct place *place, char line[LINES][160],
                        const bool found[LINES])
{
    int missing = LINES;
    for (int i = LINES - 1; i >= 0; i--)
        if (!found[i])
            missing = i;
    for (int i = 0; i < LINES; i++)
        if (!found[i] &&
            strncasecmp(place->at, line[i], strcspn(line[i], ":")) == 0)
            missing = i;
    return missing;
}

void expect_lines(struct place *place, const struct message *message)
{
    static const char *const means =
        "Each message is printed as four lines, one for each member of its "
        "header, an empty line, its content and a newline.";
    char line[LINES][160];
    bool found[LINES] = {false};
    snprintf(line[0], sizeof *line, "byteorder: %s\n",
             either(message->order, "little"));
    snprintf(line[1], sizeof *line, "content-type: %s\n", type_of(message));
    snprintf(line[2], sizeof *line, "content-encoding: %s\n",
             either(message->encoding, "binary"));
    snprintf(line[3], sizeof *line, "content-length: %zu\n", message->size);
    for (int i = 0, which = 0; i < LINES && which < LINES; i++) {
        for (which = 0; which < LINES; which++)
            if (!found[which] && is_at(place, line[which]))
                break;
        if (which < LINES)
            found[which] = true;
    }
    int missing = missing_line(place, line, found);
    if (missing < LINES) {
        char expected[192];
        snprintf(expected, sizeof expected, "the line \"%.*s\"",
                 (int)strcspn(line[missing], "\n"), line[missing]);
        fail_print(place, means, why_line(place, line[missing], message),
                   expected);
    }
    if (!is_at(place, "\n"))
        fail_print(place, means, why_line(place, NULL, message),
                   "an empty line after the members");
}

static void expect_json(struct place *place, const struct message *message)
{
    static const char encoded[] =
        "Content of type text/json is printed in UTF-8, whatever its encoding, "
        "which the header names. Read: man 3 iconv.";
    json_error_t error;
    json_t *value =
        json_loadb(place->at, (size_t)(place->end - place->at),
                   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
    json_t *wanted = json_loads(message->json, JSON_DECODE_ANY, NULL);
    char expected[160];
    snprintf(expected, sizeof expected,
             "the JSON %.60s in UTF-8, which came "
             "in %s",
             message->json, either(message->encoding, "binary"));
    if (value == NULL || !json_equal(value, wanted))
        fail_print(place, place->is_lone ? &LONE[1] : encoded,
                   why_printed_json(place, message), expected);
    json_decref(value);
    json_decref(wanted);
    const char *after = place->at + error.position;
    // It may have had space around it.
    size_t space = strspn(after, " \t\r\n");
    if (memchr(after, '\n', space) == NULL)
        fail_print(place, encoded, "", "a newline after the content");
    place->at = after + space;
}

static void expect_bytes(struct place *place, const struct message *message)
{
    size_t left = (size_t)(place->end - place->at), size = message->size;
    char expected[80];
    snprintf(expected, sizeof expected, "its %zu bytes and a newline", size);
    if (left <= size ||
        (size > 0 && memcmp(place->at, message->content, size) != 0) ||
        place->at[size] != '\n')
        fail_print(place,
                   "The content is as many bytes as content-length says, "
                   "zeros among them, and is printed as it is. Read: man 3 "
                   "fwrite.",
                   why_printed_bytes(place, message), expected);
    place->at += size + 1;
}

// What there is to say of a message that is not as most are; "" if nothing is.
static const char *oddity(const struct message *message)
{
    static char text[120];
    const char *encoding = either(message->encoding, "binary");
    if (message->json != NULL && strcasecmp(encoding, "utf-8") != 0)
        snprintf(text, sizeof text, "JSON in %s", encoding);
    else if (message->json == NULL && strcmp(encoding, "binary") != 0)
        snprintf(text, sizeof text,
                 "its encoding is %s; only of text/json that matters",
                 encoding);
    else if (message->size == 0)
        snprintf(text, sizeof text, "its content has 0 bytes");
    else
        return "";
    return text;
}

void expect_printed(struct program *program, const struct message messages[],
                    size_t count, const char *what, const char *means)
{
    const struct output *out = &program->out;
    struct place place = {.program = program,
                          .at = out->bytes,
                          .end = out->bytes + out->size,
                          .count = count,
                          .means = means};
    for (size_t i = 0; i < count; i++) {
        place.number = i + 1;
        place.what = either(messages[i].what, oddity(&messages[i]));
        place.is_lone =
            messages[i].json != NULL && strpbrk(messages[i].json, "{[") == NULL;
        place.before = i > 0 ? &messages[i - 1] : NULL;
        place.had_such_a_header =
            place.had_such_a_header || (place.header & 0xff) >= 0x80;
        place.header = strlen(either(messages[i].header, ""));
        expect_lines(&place, &messages[i]);
        if (messages[i].json != NULL)
            expect_json(&place, &messages[i]);
        else
            expect_bytes(&place, &messages[i]);
    }
    if (place.at != place.end)
        fail_wire(program,
                  meaning(means, "Your program printed something for %s.%s",
                          what, why_more(place.at, place.end)),
                  shown("", place.at, (size_t)(place.end - place.at)),
                  "nothing on stdout after message %zu, for %s", count, what);
}

void decodes(const struct message messages[], size_t count, const char *what)
{
    struct program *program = decode(all_of(messages, count));
    expect_end_after(program, 0, what, NULL);
    expect_printed(program, messages, count, what, NULL);
    expect_status(program, 0, what, NULL);
}

// True if the text has a number from FROM to TO in it.
static bool has_number_in(const char *text, size_t from, size_t to)
{
    while (*text != '\0') {
        if (!isdigit((unsigned char)*text)) {
            text++;
            continue;
        }
        char *end;
        unsigned long long number = strtoull(text, &end, 10);
        if (number >= from && number <= to)
            return true;
        text = end;
    }
    return false;
}

const struct message good_message = {.content = "before", .size = 6};
static const struct message after = {.content = "after", .size = 5};

// What may have become of the number in LINE, which is not where the message
// behind GOOD begins, at START.
static const char *why_offset(const char *line, const struct message good[],
                              size_t start)
{
    const size_t lengths = 2 * GOOD;
    static char text[200];
    if (has_number_in(line, start - lengths, start - lengths))
        return " (It is too low by 2 for each message in front: those are the "
               "bytes of its length, which count, too.)";
    for (size_t i = 0; i < GOOD; i++) {
        size_t size = all_of(&good[i], 1).size;
        if (has_number_in(line, start - size, start - size)) {
            snprintf(
                text, sizeof text,
                " (It is too low by %zu, the size of message %zu, which is "
                "%s: does the offset move on with each?)",
                size, i + 1, type_of(&good[i]));
            return text;
        }
    }
    return "";
}

// After these good messages come these bytes.
static void refuses_behind(const struct message good[], struct data bad,
                           size_t bad_size, const char *what, const char *means)
{
    struct data input = all_of(good, GOOD);
    size_t start = input.size, end = start + bad_size;
    add(&input, bad.bytes, bad.size);
    struct program *program = decode(input);
    expect_status(program, 1, what, means);
    expect_printed(program, good, GOOD, what, means);
    expect_one_line(program, what);
    const char *line = program->err.bytes;
    if (!has_number_in(line, start, end))
        fail_wire(
            program,
            meaning(NULL,
                    "Who looks for the mistake wants to know where it is: name "
                    "the offset in the input at which the malformed message "
                    "begins, or that of what is wrong in it.%s",
                    why_offset(line, good, start)),
            shown("", line, strcspn(line, "\n")),
            "on stderr an offset from %zu to %zu, for %s", start, end, what);
    free(input.bytes);
}

void refuses_from(struct data bad, size_t bad_size, const char *what,
                  const char *means)
{
    // Two, so that an offset is the sum of what came before.
    const struct message good[GOOD] = {good_message, good_message};
    refuses_behind(good, bad, bad_size, what, means);
}

void refuses_behind_json(const struct message *bad, const char *what,
                         const char *means)
{
    const struct message good[GOOD] = {
        good_message,
        {.encoding = "utf-8", .content = "[1]", .size = 3, .json = "[1]"}};
    struct data input = all_of(bad, 1);
    refuses_behind(good, input, input.size, what, means);
    free(input.bytes);
}

void refuses(const struct message *bad, const char *what, const char *means)
{
    const struct message both[] = {*bad, after};
    struct data input = all_of(both, 2);
    refuses_from(input, input.size - all_of(&after, 1).size, what, means);
    free(input.bytes);
}

void refuses_header(const char *header, size_t size, const char *what,
                    const char *means)
{
    refuses(&(struct message){.header = header,
                              .content = "0123456789",
                              .size = size},
            what, means);
}

void refuses_member(const char *name, const char *value, size_t size,
                    const char *means)
{
    static const char *const right[LINES][2] = {
        {"byteorder", "'little'"},
        {"content-type", "'text/plain'"},
        {"content-encoding", "'binary'"},
        {"content-length", "3"},
    };
    char header[512] = "{'x': 0", what[256];
    for (int i = 0; i < LINES; i++) {
        bool is_wrong = strcmp(right[i][0], name) == 0;
        size_t length = strlen(header);
        if (!is_wrong || value != NULL)
            snprintf(header + length, sizeof header - length, ", '%s': %s",
                     right[i][0], is_wrong ? value : right[i][1]);
    }
    strcat(header, "}");
    if (value == NULL)
        snprintf(what, sizeof what, "a header without %s", name);
    else
        snprintf(what, sizeof what, "a header whose %s is %s", name,
                 quoted(value));
    refuses_header(header, size, what, means);
}
