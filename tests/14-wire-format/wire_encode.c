// What is expected of a run, and of what encode writes.

#include "wire.h"
#include "wire_why.h"

#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "trace/format.h"
#include "words/verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void fail_wire(struct program *program, const char *means,
                         const char *got, const char *expected, ...)
{
    means = unread(program, means);
    const struct failure failure = {
        .program = program, .means = means, .is_sure = means != NULL};
    char text[SUMMARY_SIZE];
    va_list arguments;
    va_start(arguments, expected);
    vsnprintf(text, sizeof text, expected, arguments);
    va_end(arguments);
    verdict_fail(&failure, text, got);
}

const char *meaning(const char *means, const char *what, ...)
{
    static char text[MEANS_SIZE];
    char first[MEANS_SIZE / 2];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(first, sizeof first, what, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "%s%s%s", first, means == NULL ? "" : " ",
             means == NULL ? "" : means);
    return text;
}

const char *shown(const char *before, const void *bytes, size_t size)
{
    enum { LIMIT = 100 };
    static char text[SUMMARY_SIZE];
    return show_bytes(text, before, bytes, size, LIMIT);
}

void expect_end_after(struct program *program, int status, const char *what,
                      const char *means)
{
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "exit status %d for %s", status, what);
    expect_to_end(
        program, expected,
        means == NULL
            ? NULL
            : meaning(means, "Your program does not end after %s.", what));
    const struct failure failure = {
        .program = program,
        .awaits = AWAITS_PROGRAM_END,
        .means = means,
    };
    if (program_sanitizer_report(program) != NULL)
        expect_fail(&failure, expected, "a sanitizer's report");
}

void expect_status(struct program *program, int status, const char *what,
                   const char *means)
{
    expect_end_after(program, status, what, means);
    if (ended_with(program, status))
        return;
    char got[80] = "";
    FILE *out = fmemopen(got, sizeof got, "w");
    if (out != NULL) {
        format_status(out, program->status);
        fputs(", and on stderr ", out);
        fclose(out);
    }
    const char *line = program->err.bytes;
    if (status == 0)
        means = meaning(means,
                        "Your program refused what is right: %s. On stderr it "
                        "said %s.",
                        what, shown("", line, strcspn(line, "\n")));
    else if (ended_with(program, 0))
        means = meaning(means, "Your program took for right what is not: %s.",
                        what);
    fail_wire(program, means, shown(got, line, strcspn(line, "\n")),
              "exit status %d for %s", status, what);
}

void expect_one_line(struct program *program, const char *what)
{
    const char *line = program->err.bytes;
    size_t length = strcspn(line, "\n");
    int lines = 0;
    for (const char *at = line; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    if (length > 0 && program->err.size - length <= 1 &&
        strstr(line, strerror(ENOSYS)) == NULL)
        return;
    if (length > 0 && lines > 1)
        fail_wire(
            program,
            meaning("The first, or the last, may be right: one is enough, "
                    "and each failure has one.",
                    "Your program refused %s, and says so in %d lines.", what,
                    lines),
            shown("", line, program->err.size),
            "one line on stderr that says what is wrong with %s", what);
    fail_wire(program,
              meaning("Whoever started it wants to know why: say it in one "
                      "line.",
                      length == 0 ? "Your program refused %s, and says nothing "
                                    "on stderr."
                                  : "Your program refused %s, and what it says "
                                    "on stderr is not that.",
                      what),
              shown("", line, program->err.size),
              "one line on stderr that says what is wrong with %s", what);
}

void expect_nothing_printed(struct program *program, const char *what,
                            const char *means)
{
    if (program->out.size > 0)
        fail_wire(
            program,
            meaning(means, "Your program printed something for %s.", what),
            shown("", program->out.bytes, program->out.size),
            "nothing on stdout for %s", what);
}

// One member of a message that was written, a string.
static void expect_member(struct program *program, const json_t *header,
                          const char *name, const char *value)
{
    const json_t *member = json_object_get(header, name);
    char *text = json_dumps(member, JSON_ENCODE_ANY);
    if (json_is_string(member) && strcmp(json_string_value(member), value) == 0)
        return;
    char wanted[SUMMARY_SIZE];
    snprintf(wanted, sizeof wanted, "%s", shown("", value, strlen(value)));
    fail_wire(program,
              meaning("These are the four members that every header has: "
                      "byteorder, content-type, content-encoding and "
                      "content-length.",
                      "The header's %s should be %s.%s%s", name, wanted,
                      why_member(header, name),
                      member != NULL && strcmp(name, "byteorder") == 0
                          ? " It is that of the machine that writes the "
                            "message, for numbers in its content."
                          : ""),
              text == NULL ? "no such member" : text, "a header with %s %s",
              name, wanted);
}

// What is wrong about a content-length, or about the content that it is right
// for. The result is good until the next call.
static const char *about_content_length(const json_t *header,
                                        struct data content, struct data wanted)
{
    static char why[MEANS_SIZE / 2];
    const json_t *member = json_object_get(header, "content-length");
    bool is_right = wanted.bytes != NULL && json_is_integer(member) &&
                    json_integer_value(member) == (json_int_t)wanted.size;
    if (is_right)
        snprintf(why, sizeof why,
                 "content-length is right, %zu, but %zu bytes follow the "
                 "header.%s",
                 wanted.size, content.size, why_content(content, wanted));
    else
        snprintf(why, sizeof why,
                 "content-length has to be the number %zu here%s.%s",
                 content.size,
                 json_is_string(member) ? ", and not a string" : "",
                 why_member(header, "content-length"));
    return why;
}

void expect_length_member(struct program *program, const json_t *header,
                          struct data content, struct data wanted)
{
    const json_t *member = json_object_get(header, "content-length");
    char *text = json_dumps(member, JSON_ENCODE_ANY);
    if (json_is_integer(member) &&
        json_integer_value(member) == (json_int_t)content.size)
        return;
    fail_wire(
        program,
        meaning(
            "content-length counts the bytes of the content, those that "
            "follow the header. They are not its characters, nor those that were "
            "read, and a zero does not end them.",
            "%s", about_content_length(header, content, wanted)),
        text == NULL ? "no such member" : text,
        "a header with content-length %zu, as so many bytes follow it",
        content.size);
}

static const char *about_length(const unsigned char *bytes, size_t size)
{
    const char *text = why_bad_text(bytes, size);
    if (text != NULL)
        return text;
    return meaning(
        "A message begins with the length of its header, without these 2 bytes "
        "themselves, in network byte order: the more significant byte first. "
        "Read: man 3 htons.",
        "The length that comes first is %d.%s", bytes[0] << 8 | bytes[1],
        why_length(bytes, size));
}

json_t *expect_header(struct program *program, size_t *content)
{
    const unsigned char *bytes = (const unsigned char *)program->out.bytes;
    size_t size = program->out.size;
    if (size < 2)
        fail_wire(program, NULL, shown("", bytes, size), "a message on stdout");
    size_t length = (size_t)bytes[0] << 8 | bytes[1];
    char got[SUMMARY_SIZE];
    snprintf(got, sizeof got,
             "the bytes %02x %02x, which say %zu, and %zu bytes after them",
             bytes[0], bytes[1], length, size - 2);
    if (length == 0 || length > size - 2)
        fail_wire(program, about_length(bytes, size), got,
                  "the header's length, then so many bytes");
    json_error_t error;
    json_t *header = json_loadb((const char *)bytes + 2, length,
                                JSON_REJECT_DUPLICATES, &error);
    if (header == NULL || !json_is_object(header))
        fail_wire(
            program, about_length(bytes, size), shown("", bytes + 2, length),
            "the %zu bytes after the length, which says so many, to be a JSON "
            "object",
            length);
    *content = 2 + length;
    return header;
}

// The plain name says nothing about the order of the bytes.
static void expect_mark(struct program *program, struct data content,
                        const char *encoding)
{
    bool has_mark =
        content.size >= 2 && (memcmp(content.bytes, "\xff\xfe", 2) == 0 ||
                              memcmp(content.bytes, "\xfe\xff", 2) == 0);
    if (strcasecmp(encoding, "utf-16") == 0 && !has_mark)
        fail_wire(program,
                  "The name utf-16 does not say which byte of a pair is the "
                  "first. The byte order mark does, the number feff in front "
                  "of the text: without it the reader has to guess.",
                  shown("", content.bytes, content.size),
                  "content in utf-16 that begins with ff fe or fe ff");
}

static void expect_same_json(struct program *program, struct data got,
                             const char *encoding, const char *json)
{
    static const char *const means =
        "The content is the JSON that was given, in the encoding that the "
        "header names, to its last character. Read: man 3 iconv.";
    struct data utf8 = convert("utf-8", encoding, got.bytes, got.size);
    if (utf8.bytes == NULL)
        fail_wire(program,
                  meaning(means, "The content is no text in %s.%s", encoding,
                          why_json(got, encoding, json)),
                  shown("", got.bytes, got.size), "content that is text in %s",
                  encoding);
    json_error_t error;
    json_t *value = json_loadb(utf8.bytes, utf8.size, JSON_DECODE_ANY, &error);
    json_t *wanted = json_loads(json, JSON_DECODE_ANY, NULL);
    if (value == NULL || !json_equal(value, wanted))
        fail_wire(program,
                  meaning(means, "The content, read as %s, is another text.%s",
                          encoding, why_json(got, encoding, json)),
                  shown("the content, in UTF-8: ", utf8.bytes, utf8.size),
                  "the same JSON in %s: %.160s", encoding, json);
    json_decref(value);
    json_decref(wanted);
}

static void expect_same_bytes(struct program *program, struct data content,
                              const struct message *message)
{
    if (content.size == message->size &&
        (content.size == 0 ||
         memcmp(content.bytes, message->content, content.size) == 0))
        return;
    struct data wanted = {(char *)(uintptr_t)message->content, message->size};
    const struct failure failure = {
        .program = program,
        .means = unread(
            program,
            meaning("The content is what stands on standard input, byte "
                    "for byte.",
                    "Your program was given %zu bytes, and wrote %zu.%s",
                    message->size, content.size, why_content(content, wanted))),
        .is_sure = true,
        .expected = message->content,
        .expected_size = message->size,
        .actual = content.bytes,
        .actual_size = content.size};
    char expected[80], got[80];
    snprintf(expected, sizeof expected, "content of %zu bytes, as they came",
             message->size);
    snprintf(got, sizeof got, "%zu bytes: ", content.size);
    verdict_fail(&failure, expected, shown(got, content.bytes, content.size));
}

void expect_encoded(struct program *program, const char *what,
                    const char *encoding, const struct message *message)
{
    expect_status(program, 0, what, NULL);
    size_t at;
    json_t *header = expect_header(program, &at);
    struct data content = {program->out.bytes + at, program->out.size - at};
    expect_member(program, header, "byteorder", OWN_ORDER);
    expect_member(program, header, "content-type", type_of(message));
    expect_member(program, header, "content-encoding", encoding);
    // JSON may be written in other ways, and its bytes are NULL here.
    struct data wanted = {(char *)(uintptr_t)message->content, message->size};
    expect_length_member(program, header, content, wanted);
    json_decref(header);
    if (message->json != NULL) {
        expect_same_json(program, content, encoding, message->json);
        expect_mark(program, content, encoding);
    } else
        expect_same_bytes(program, content, message);
}

void encodes(const char *type, const char *encoding, const void *content,
             size_t size)
{
    const struct message message = {
        .type = type, .content = content, .size = size};
    char what[200];
    const bool is_binary = strcmp(encoding, "binary") == 0;
    snprintf(what, sizeof what, "any bytes, of a TYPE that is %.60s%s%.20s%s",
             type, is_binary ? "" : " (and an ENCODING that is ",
             is_binary ? "" : encoding,
             is_binary ? "" : ", which is only looked at for text/json)");
    expect_encoded(encode(type, encoding, content, size), what, encoding,
                   &message);
}

void encodes_json_in(const char *encoding, const char *json)
{
    static const char why_long[] =
        "The text is right, and longer than a buffer may be. If it is converted "
        "in pieces, a character may be cut in two: EINVAL says so, and means "
        "that its bytes are to be given once more, with the next. And E2BIG "
        "says that the room for the result is full: empty it, and go on.";
    const size_t size = strlen(json);
    char what[80];
    snprintf(what, sizeof what, "JSON to be encoded in %s", encoding);
    struct program *program = encode("text/json", encoding, json, size);
    expect_status(program, 0, what, size < LARGE / 2 ? NULL : why_long);
    expect_encoded(program, what, encoding, &(struct message){.json = json});
}
