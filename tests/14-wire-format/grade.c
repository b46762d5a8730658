// Grading tests for lesson 14: what wire promises, check by check. How it
// reads its input, and when it prints, is its own affair; so are the order,
// the spacing and the escapes of the JSON that it writes.

#include "grade.h"

#include "expect_fail.h"
#include "format.h"

#include <ctype.h>
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

LESSON("14-wire-format", "Bytes that a stranger understands")

#define THIS_ORDER (BYTE_ORDER == BIG_ENDIAN ? "big" : "little")
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CONTENT_MAX MIB(64)

enum {
    HEADER_MAX = 65535,
    LINES = 4,
    LARGE = 70000, // more than a pipe holds
};

// --- messages ----------------------------------------------------------------

// A message, and what is printed of it. Members left out: order "little", type
// "text/plain", encoding "binary", a plain header that says all this.
struct message {
    const char *order, *type, *encoding;
    const char *header; // with ' for "
    const void *content;
    size_t size;
    const char *json; // the content again, in UTF-8, where it is JSON
    const char *what; // what is special about it, for who gets it wrong
};

static const char *either(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static const char *type_of(const struct message *message)
{
    return either(message->type, message->json ? "text/json" : "text/plain");
}

// What a program is to read, or a part of that.
struct data {
    char *bytes;
    size_t size;
};

static void add(struct data *to, const void *bytes, size_t size)
{
    // Never empty: NULL would be an input that stays open.
    to->bytes = realloc(to->bytes, to->size + size + 1);
    if (to->bytes == NULL)
        err(EXIT_FAILURE, "bytes");
    if (size > 0)
        memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

// The text with " for each '. Freed with the process.
static char *quoted(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        err(EXIT_FAILURE, "text");
    for (char *c = copy; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

static void add_message(struct data *to, const struct message *message)
{
    char plain[512];
    snprintf(plain, sizeof plain,
             "{'byteorder': '%s', 'content-type': '%s', "
             "'content-encoding': '%s', 'content-length': %zu}",
             either(message->order, "little"), type_of(message),
             either(message->encoding, "binary"), message->size);
    const char *header = quoted(either(message->header, plain));
    size_t length = strlen(header);
    const unsigned char protoheader[] = {(unsigned char)(length >> 8),
                                         (unsigned char)length};
    add(to, protoheader, sizeof protoheader);
    add(to, header, length);
    add(to, message->content, message->size);
}

static struct data all_of(const struct message messages[], size_t count)
{
    struct data all = {.bytes = NULL};
    add(&all, "", 0);
    for (size_t i = 0; i < count; i++)
        add_message(&all, &messages[i]);
    return all;
}

static struct message plain(const char *text)
{
    return (struct message){.content = text, .size = strlen(text)};
}

// The same text in another encoding.
static struct data convert(const char *to, const char *from, const void *text,
                           size_t size)
{
    iconv_t converter = iconv_open(to, from);
    if (converter == (iconv_t)-1)
        return (struct data){.bytes = NULL};
    size_t room = size * 8 + 64, left = size, unused = room;
    char *in = (char *)(uintptr_t)text, *place = malloc(room), *next = place;
    bool good = place != NULL &&
                iconv(converter, &in, &left, &next, &unused) != (size_t)-1 &&
                iconv(converter, NULL, NULL, &next, &unused) != (size_t)-1;
    iconv_close(converter);
    return good ? (struct data){place, room - unused}
                : (struct data){.bytes = NULL};
}

// Random bytes, zeros among them, from the seed; freed with the process.
static void *random_bytes(size_t size)
{
    unsigned char *bytes = malloc(size);
    if (bytes == NULL)
        err(EXIT_FAILURE, "bytes");
    struct random random = random_start(stage_current()->seed, "content");
    random_fill(&random, bytes, size);
    return bytes;
}

// --- programs ----------------------------------------------------------------

static struct program *run(struct program_options options, struct data input)
{
    // Each program has the timeline to itself.
    stage_current()->trace->count = 0;
    options.input = input.bytes;
    options.input_size = input.size;
    struct program *program = program_start("wire", &options);
    // A pipe that holds little: however small the pieces are in which the
    // program reads, and is traced, it is seen to go on.
    if (stage_current()->traced)
        fcntl(program->input.fd, F_SETPIPE_SZ, 4096);
    return program;
}

static struct program *decode(struct data input)
{
    return run((struct program_options){.arguments = {"decode"}}, input);
}

static struct program *encode(const char *type, const char *encoding,
                              const void *content, size_t size)
{
    struct data input = {.bytes = NULL};
    add(&input, content, size);
    return run(
        (struct program_options){.arguments = {"encode", type, encoding}},
        input);
}

static void end_input(struct program *program)
{
    stage_unwatch(&program->input);
    close(program->input.fd);
    program->input.fd = -1;
}

// Writes the next byte to the program's standard input.
static void write_a_byte(struct source *source, uint32_t events)
{
    (void)events;
    struct program *program = source->owner;
    ssize_t size = write(source->fd, program->input_next, 1);
    if (size == -1 && errno == EAGAIN)
        return;
    stage_current()->moved++;
    program->input_next++;
    program->input_left--;
    if (size != 1 || program->input_left == 0)
        end_input(program);
}

// From now on, each read(2) of the program's brings one byte: each that is
// written stays by itself (O_DIRECT; man 2 pipe).
static void give_byte_by_byte(struct program *program)
{
    program->input.ready = write_a_byte;
    fcntl(program->input.fd, F_SETFL, O_NONBLOCK | O_DIRECT);
}

// Writes what is left of its standard input, which then stays open.
static void write_and_stay(struct source *source, uint32_t events)
{
    (void)events;
    struct program *program = source->owner;
    ssize_t size = write(source->fd, program->input_next, program->input_left);
    if (size == -1 && errno == EAGAIN)
        return;
    stage_current()->moved++;
    program->input_next += size > 0 ? size : 0;
    program->input_left -= size > 0 ? (size_t)size : program->input_left;
    if (program->input_left == 0)
        stage_unwatch(source);
}

static bool is_given(void *subject)
{
    const struct program *program = subject;
    return program->input_left == 0 || program->ended;
}

// Gives the program these bytes, and lets it do what it will.
static void give(struct program *program, struct data bytes)
{
    program->input_next = bytes.bytes;
    program->input_left = bytes.size;
    stage_watch(&program->input, EPOLLOUT);
    stage_wait(is_given, program);
    stage_settle();
}

// --- expectations ------------------------------------------------------------

// Ends the check. GOT is a whole line; the expected one is formatted.
__attribute__((format(printf, 4, 5))) static _Noreturn void
fail(struct program *program, const char *means, const char *got,
     const char *expected, ...)
{
    const struct failure failure = {
        .program = program, .means = means, .is_sure = means != NULL};
    char text[SUMMARY_SIZE];
    va_list arguments;
    va_start(arguments, expected);
    vsnprintf(text, sizeof text, expected, arguments);
    va_end(arguments);
    verdict_fail(&failure, text, got);
}

// BEFORE and then the bytes as text; good until the next call.
static const char *shown(const char *before, const void *bytes, size_t size)
{
    static char text[SUMMARY_SIZE];
    FILE *out = fmemopen(text, sizeof text, "w");
    if (out == NULL)
        err(EXIT_FAILURE, "text");
    fputs(before, out);
    if (size == 0)
        fputs("nothing", out);
    else
        format_bytes(out, bytes, size, 100);
    fclose(out);
    return text;
}

static bool has_ended(void *subject)
{
    return ((struct program *)subject)->ended;
}

// The program ends by itself. WHAT says what it was given, and MEANS what it
// means if it does not.
static void await_end(struct program *program, int status, const char *what,
                      const char *means)
{
    const struct failure failure = {
        .wait = stage_wait(has_ended, program),
        .program = program,
        .waits_for = WAITS_FOR_END,
        .means = means,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "exit status %d for %s", status, what);
    if (!program->ended)
        expect_fail(&failure, expected, "no end");
    if (program_sanitizer_report(program) != NULL)
        expect_fail(&failure, expected, "a sanitizer's report");
}

// It ends with that status.
static void expect_status(struct program *program, int status, const char *what,
                          const char *means)
{
    await_end(program, status, what, means);
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
    fail(program, means, shown(got, line, strcspn(line, "\n")),
         "exit status %d for %s", status, what);
}

static void expect_one_line(struct program *program, const char *what)
{
    const char *line = program->err.bytes;
    size_t length = strcspn(line, "\n");
    if (length > 0 && program->err.size - length <= 1 &&
        strstr(line, strerror(ENOSYS)) == NULL)
        return;
    fail(program, NULL, shown("", line, program->err.size),
         "one line on stderr that says what is wrong with %s", what);
}

static void expect_nothing_printed(struct program *program, const char *what,
                                   const char *means)
{
    if (program->out.size > 0)
        fail(program, means, shown("", program->out.bytes, program->out.size),
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
    fail(program,
         "These are the four members that every header has: "
         "byteorder, content-type, content-encoding and "
         "content-length.",
         text == NULL ? "no such member" : text, "a header with %s %s", name,
         wanted);
}

static void expect_length_member(struct program *program, const json_t *header,
                                 size_t size)
{
    const json_t *member = json_object_get(header, "content-length");
    char *text = json_dumps(member, JSON_ENCODE_ANY);
    if (json_is_integer(member) &&
        json_integer_value(member) == (json_int_t)size)
        return;
    fail(program,
         "content-length counts the bytes of the content: those of them that "
         "follow the header. They are not its characters, nor those that were "
         "read, and a zero does not end them.",
         text == NULL ? "no such member" : text,
         "a header with content-length %zu, as so many bytes follow it", size);
}

// Returns the header of the message on stdout; *content is where it ends.
static json_t *expect_header(struct program *program, size_t *content)
{
    const unsigned char *bytes = (const unsigned char *)program->out.bytes;
    size_t size = program->out.size;
    if (size < 2)
        fail(program, NULL, shown("", bytes, size), "a message on stdout");
    size_t length = (size_t)bytes[0] << 8 | bytes[1];
    char got[SUMMARY_SIZE];
    snprintf(got, sizeof got,
             "the bytes %02x %02x, which say %zu, and %zu bytes after them",
             bytes[0], bytes[1], length, size - 2);
    static const char *const means =
        "A message begins with the length of its header, without these 2 bytes "
        "themselves, in network byte order: the more significant byte first. "
        "Read: man 3 htons.";
    if (length == 0 || length > size - 2)
        fail(program, means, got, "the header's length, then so many bytes");
    json_error_t error;
    json_t *header = json_loadb((const char *)bytes + 2, length,
                                JSON_REJECT_DUPLICATES, &error);
    if (header == NULL || !json_is_object(header))
        fail(program, means, shown("", bytes + 2, length),
             "the %zu bytes after the length, which says so many, to be a JSON "
             "object",
             length);
    *content = 2 + length;
    return header;
}

static void expect_same_json(struct program *program, struct data got,
                             const char *encoding, const char *json)
{
    static const char *const means =
        "The content is the JSON that was given, in the encoding that the "
        "header names, to its last character. Read: man 3 iconv.";
    struct data utf8 = convert("utf-8", encoding, got.bytes, got.size);
    if (utf8.bytes == NULL)
        fail(program, means, shown("", got.bytes, got.size),
             "content that is text in %s", encoding);
    json_error_t error;
    json_t *value = json_loadb(utf8.bytes, utf8.size, JSON_DECODE_ANY, &error);
    json_t *wanted = json_loads(json, JSON_DECODE_ANY, NULL);
    if (value == NULL || !json_equal(value, wanted))
        fail(program, means,
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
    const struct failure failure = {
        .program = program,
        .means = "The content is what stands on standard input, byte for byte.",
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

// What encode comes to: one message, whose content is these bytes, or JSON.
static void expect_message(struct program *program, const char *what,
                           const char *encoding, const struct message *message)
{
    expect_status(program, 0, what, NULL);
    size_t at;
    json_t *header = expect_header(program, &at);
    struct data content = {program->out.bytes + at, program->out.size - at};
    expect_member(program, header, "byteorder", THIS_ORDER);
    expect_member(program, header, "content-type", type_of(message));
    expect_member(program, header, "content-encoding", encoding);
    expect_length_member(program, header, content.size);
    json_decref(header);
    if (message->json != NULL)
        expect_same_json(program, content, encoding, message->json);
    else
        expect_same_bytes(program, content, message);
}

static void encodes(const char *type, const char *encoding, const void *content,
                    size_t size)
{
    const struct message message = {
        .type = type, .content = content, .size = size};
    expect_message(encode(type, encoding, content, size), "any bytes", encoding,
                   &message);
}

static void encodes_json_in(const char *encoding, const char *json)
{
    char what[80];
    snprintf(what, sizeof what, "JSON to be encoded in %s", encoding);
    expect_message(encode("text/json", encoding, json, strlen(json)), what,
                   encoding, &(struct message){.json = json});
}

// Where in its output a program is, and at which message.
struct place {
    struct program *program;
    const char *at, *end;
    size_t number, count;
    const char *what;  // the message's
    const char *means; // what a mistake means here, if that is known
};

static _Noreturn void fail_print(const struct place *place, const char *means,
                                 const char *expected)
{
    const struct program *program = place->program;
    char which[80] = "", said[SUMMARY_SIZE + 512];
    if (place->count > 1)
        snprintf(which, sizeof which, " for message %zu of %zu", place->number,
                 place->count);
    const char *line = program->err.bytes;
    snprintf(said, sizeof said, "%s%s", either(place->means, means),
             line[0] == '\0' ? ""
                             : shown(" Your program said on stderr ", line,
                                     strcspn(line, "\n")));
    fail(place->program, said,
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

// The four lines, in any order, and the empty one.
static void expect_lines(struct place *place, const struct message *message)
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
    for (int i = 0; i < LINES; i++) {
        char expected[192];
        snprintf(expected, sizeof expected, "the line \"%.*s\"",
                 (int)strcspn(line[i], "\n"), line[i]);
        if (!found[i])
            fail_print(place, means, expected);
    }
    if (!is_at(place, "\n"))
        fail_print(place, means, "an empty line after the members");
}

static void expect_json(struct place *place, const struct message *message)
{
    static const char *const means =
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
        fail_print(place, means, expected);
    json_decref(value);
    json_decref(wanted);
    const char *after = place->at + error.position;
    // It may have had space around it.
    size_t space = strspn(after, " \t\r\n");
    if (memchr(after, '\n', space) == NULL)
        fail_print(place, means, "a newline after the content");
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
                   expected);
    place->at += size + 1;
}

// All that is on stdout is these messages.
static void expect_printed(struct program *program,
                           const struct message messages[], size_t count,
                           const char *what, const char *means)
{
    const struct output *out = &program->out;
    struct place place = {.program = program,
                          .at = out->bytes,
                          .end = out->bytes + out->size,
                          .count = count,
                          .means = means};
    for (size_t i = 0; i < count; i++) {
        place.number = i + 1;
        place.what = either(messages[i].what, "");
        expect_lines(&place, &messages[i]);
        if (messages[i].json != NULL)
            expect_json(&place, &messages[i]);
        else
            expect_bytes(&place, &messages[i]);
    }
    if (place.at != place.end)
        fail(program, means,
             shown("", place.at, (size_t)(place.end - place.at)),
             "nothing on stdout after message %zu, for %s", count, what);
}

// What decode comes to for good messages: it prints them and ends well.
static void decodes(const struct message messages[], size_t count,
                    const char *what)
{
    struct program *program = decode(all_of(messages, count));
    await_end(program, 0, what, NULL);
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

static const struct message before = {.content = "before", .size = 6};
static const struct message after = {.content = "after", .size = 5};

// After a good message come these bytes: the good one is printed, and nothing
// else; one line on stderr says what is wrong, and where; the status is 1.
// What stands behind them, up to BAD_SIZE, is none of it.
static void refuses_from(struct data bad, size_t bad_size, const char *what,
                         const char *means)
{
    struct data input = all_of(&before, 1);
    size_t start = input.size, end = start + bad_size;
    add(&input, bad.bytes, bad.size);
    struct program *program = decode(input);
    expect_status(program, 1, what, means);
    expect_printed(program, &before, 1, what, means);
    expect_one_line(program, what);
    const char *line = program->err.bytes;
    if (!has_number_in(line, start, end))
        fail(program,
             "Who looks for the mistake wants to know where it is: name the "
             "offset in the input at which the malformed message begins, or "
             "that of what is wrong in it.",
             shown("", line, strcspn(line, "\n")),
             "on stderr an offset from %zu to %zu, for %s", start, end, what);
    free(input.bytes);
}

static void refuses(const struct message *bad, const char *what,
                    const char *means)
{
    const struct message both[] = {*bad, after};
    struct data input = all_of(both, 2);
    refuses_from(input, input.size - all_of(&after, 1).size, what, means);
    free(input.bytes);
}

// A message with that header, in which ' stands for ", and SIZE bytes of
// content, after which more follows.
static void refuses_header(const char *header, size_t size, const char *what,
                           const char *means)
{
    refuses(&(struct message){.header = header,
                              .content = "0123456789",
                              .size = size},
            what, means);
}

// A header that is right but for one member, whose value is that, or which is
// missing.
static void refuses_member(const char *name, const char *value, size_t size,
                           const char *means)
{
    static const char *const right[LINES][2] = {
        {"byteorder", "'little'"},
        {"content-type", "'text/plain'"},
        {"content-encoding", "'binary'"},
        {"content-length", "3"},
    };
    char header[256] = "{'x': 0", what[80];
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

#define NAMES                                               \
    "'byteorder': 'little', 'content-type': 'text/plain', " \
    "'content-encoding': 'binary'"
#define ALL NAMES ", 'content-length': 3"

// --- encode, and bytes -------------------------------------------------------

GRADED(encodes_a_message, 2,
       "encode writes a message: 2 bytes of length, the header, the content",
       "Which bytes come first, and which of the two is the more significant? "
       "Does the length count itself?")
{
    encodes("text/plain", "binary", "Hello, world", 12);
}

GRADED(encodes_any_bytes, 2,
       "encode passes any bytes on as they are, also none at all",
       "Where does strlen() stop? And what is in a name of an encoding if the "
       "content is not text?")
{
    static const char zeros[] = "a\0b\0\0%s\n\xff\xfe";
    encodes("image/x-zeros", "binary", zeros, sizeof zeros);
    encodes("image/x-random", "x-unknown", random_bytes(LARGE), LARGE);
    encodes("text/plain", "binary", "", 0);
}

GRADED(escapes_its_names, 1,
       "encode writes JSON also for a TYPE with quotes in it",
       "What ends a string in JSON, and what if that is in the string?")
{
    encodes("a \"t\xc3\xbfpe\" \\ of its own", "{\"b\": 1}", "content", 7);
}

// --- decode, and messages that are as they should be -------------------------

GRADED(decodes_a_message, 2,
       "decode prints the four members, an empty line, and the content",
       "How many bytes are the header, and where do they stand?")
{
    const struct message message = plain("Hello, world");
    decodes(&message, 1, "a message");
}

GRADED(decodes_several_messages, 2,
       "decode prints all messages, one after the other; none for no input",
       "Where does the second message begin?")
{
    const struct message messages[] = {
        plain("one"),
        plain(""),
        {.type = "image/x-three", .content = "\x03", .size = 1},
        {.encoding = "none", .content = "4444", .size = 4},
        {.order = "big", .content = "\n\n", .size = 2},
        plain(""),
    };
    decodes(messages, COUNT(messages), "six messages");
    struct program *program = decode(all_of(messages, 0));
    expect_status(program, 0, "an empty input", NULL);
    expect_nothing_printed(program, "an empty input", NULL);
}

GRADED(decodes_any_bytes, 1, "decode prints any content as it is",
       "What do printf() and strlen() make of a zero, or of a %?")
{
    static const char zeros[] = "a\0b\0\0%s%n\n\xff\xfe";
    const struct message messages[] = {
        {.content = zeros, .size = sizeof zeros},
        {.content = random_bytes(LARGE), .size = LARGE},
        {.type = "text/jsonx",
         .encoding = "x-unknown",
         .content = "{",
         .size = 1},
    };
    decodes(messages, COUNT(messages), "content of any bytes");
}

GRADED(takes_any_good_header, 2,
       "decode understands a header in any order, spacing and escapes",
       "Who says where in the header a name stands, and how it is written? "
       "What reads JSON for you?")
{
    static const struct message messages[] = {
#define ONE .content = "one", .size = 3
        {ONE, .what = "its header has no spaces",
         .header = "{'byteorder':'little','content-type':'text/plain',"
                   "'content-encoding':'binary','content-length':3}"},
        {ONE, .what = "its header's members are in another order",
         .header = "{'content-length': 3, 'content-encoding': 'binary', "
                   "'content-type': 'text/plain', 'byteorder': 'little'}"},
        {ONE, .what = "its header has newlines and tabs",
         .header = "\n{\r\n\t'byteorder'\n:\n'little'\t,'content-type' :"
                   "'text/plain'\n,\n'content-encoding':  'binary' "
                   ",\n'content-length' \t :\n\n3\n}\n"},
        {ONE, .what = "its header has \\u escapes",
         .header = "{'byte\\u006frder': 'l\\u0069ttle', "
                   "'content\\u002dtype': 'text\\/pl\\u0061in', "
                   "'content-encoding': 'binary', 'content\\u002Dlength': 3}"},
        {ONE, .what = "its header has more than four members",
         .header = "{'x': null, '': [1.5, true, {}], " ALL
                   ", 'y': {'z': '\xf0\x9f\x90\xb6'}}"},
        {ONE, .what = "an object in its header has a content-length too",
         .header = "{'x': {'content-length': 9}, " ALL
                   ", 'y': [{'content-length': 1}]}"},
        {ONE, .what = "a string in its header has a content-length in it",
         .header = "{'x': '\\'content-length\\': 9, ', " ALL
                   ", 'y': 'content-length'}"},
        {ONE, .what = "the last of them"},
#undef ONE
    };
    decodes(messages, COUNT(messages), "good messages");
}

GRADED(takes_the_longest_header, 1,
       "decode takes a header of any length up to 65,535 bytes",
       "What is the largest number in 2 bytes? Does your buffer hold so many, "
       "and whatever you put behind them?")
{
    static const size_t lengths[] = {255, 256, HEADER_MAX};
    static char headers[COUNT(lengths)][HEADER_MAX + 1],
        what[COUNT(lengths)][40];
    struct message messages[COUNT(lengths)];
    for (size_t i = 0; i < COUNT(lengths); i++) {
        snprintf(headers[i], sizeof *headers, "{" ALL "%*s}",
                 (int)(lengths[i] - strlen("{" ALL "}")), "");
        snprintf(what[i], sizeof *what, "a header of %zu bytes", lengths[i]);
        messages[i] = (struct message){
            .header = headers[i], .content = "one", .size = 3, .what = what[i]};
    }
    decodes(messages, COUNT(messages), "messages with long headers");
}

GRADED(reads_in_any_pieces, 2,
       "reads its input to the end, in whatever pieces it comes",
       "read() returned 1. Is that all? Has the whole header come?")
{
    const struct message messages[] = {
        plain("one"), plain(""), {.order = "big", .content = "3", .size = 1}};
    struct program *program = decode(all_of(messages, COUNT(messages)));
    give_byte_by_byte(program);
    static const char what[] = "messages that come byte by byte";
    static const char means[] =
        "Each read() brought a byte here, as it may for any input: what is not "
        "complete yet has to wait until more has come, or all.";
    await_end(program, 0, what, means);
    expect_printed(program, messages, COUNT(messages), what, means);
    expect_status(program, 0, what, means);
    program = encode("text/plain", "binary", "byte by byte", 12);
    give_byte_by_byte(program);
    const struct message message = plain("byte by byte");
    expect_message(program, "content that comes byte by byte", "binary",
                   &message);
}

// --- decode, and messages that are wrong -------------------------------------

GRADED(reports_a_cut_message, 2,
       "decode says so, and where, if the input ends within a message",
       "The input is at its end. Is there anything left of it that you have "
       "not printed?")
{
    const struct message message = plain("this content is cut off");
    struct data whole = all_of(&message, 1);
    const size_t header = whole.size - message.size;
    const struct {
        size_t size;
        const char *what;
    } cuts[] = {
        {1, "an input that ends within the 2 bytes of the length"},
        {2, "an input that ends before the header"},
        {header - 1, "an input that ends within the header"},
        {header, "an input that ends before the content"},
        {header + 1, "an input that ends within the content"},
        {whole.size - 1, "an input that ends before the content's last byte"},
    };
    for (size_t i = 0; i < COUNT(cuts); i++)
        refuses_from(
            (struct data){whole.bytes, cuts[i].size}, cuts[i].size,
            cuts[i].what,
            "What came before it is printed, but not the message that is "
            "cut off; this is said on stderr, and the exit status is 1.");
}

GRADED(refuses_a_bad_header, 2,
       "decode refuses a header that is no JSON object in UTF-8",
       "What does the library return for bytes that are not JSON? And what "
       "for JSON of another kind?")
{
    static const char means[] =
        "This can't be a header: what came before it is printed, stderr gives "
        "the reason and the offset, and the exit status is 1.";
    static const struct {
        const char *header, *what;
    } bad[] = {
        {"{" ALL, "a header without its last brace"},
        {"{" ALL "} x", "a header with something behind its last brace"},
        {"{" ALL "}}", "a header with a brace too many"},
        {ALL, "a header without braces"},
        {"{" ALL ",}", "a header with a comma too many"},
        {"{byteorder: 'little', " ALL "}", "a header with a bare word in it"},
        {"{" ALL ", 'x': 03}", "a header with the number 03 in it"},
        {"[]", "a header that is an array"},
        {"['byteorder', 'content-type', 'content-encoding', "
         "'content-length']",
         "a header that is an array of the names"},
        {"'byteorder'", "a header that is a string"},
        {"null", "a header that is null"},
        {"3", "a header that is a number"},
        {"   ", "a header of spaces"},
        {"{" ALL ", 'x': '\xff'}", "a header with the byte ff, not UTF-8"},
        {"{" ALL ", 'x': '\xe9t\xe9'}", "a header in latin1, not UTF-8"},
        {"{" ALL ", 'x': '\xc0\xaf'}",
         "a header with the bytes c0 af, not UTF-8"},
    };
    refuses_header("", 0, "a header of 0 bytes", means);
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses_header(bad[i].header, 3, bad[i].what, means);
    static char deep[HEADER_MAX + 1];
    memset(deep, '[', HEADER_MAX);
    memcpy(deep, "{'x':", 5);
    refuses_header(deep, 3, "a header of 65,530 opening brackets", means);
}

GRADED(refuses_wrong_members, 2,
       "decode refuses a header if one of the four is missing, wrong or twice",
       "What do you get for a member that is not there, or is of another "
       "type? And which of two do you get?")
{
    static const char means[] =
        "All four members are required, each once, three of them strings. A "
        "member that is there twice would be one thing to a reader who takes "
        "the first, and another to one who takes the last.";
    static const struct {
        const char *name, *value;
    } bad[] = {
        {"byteorder", NULL},        {"content-type", NULL},
        {"content-encoding", NULL}, {"content-length", NULL},
        {"byteorder", "1"},         {"byteorder", "'middle'"},
        {"byteorder", "'bigger'"},  {"byteorder", "''"},
        {"content-type", "null"},   {"content-encoding", "['binary']"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses_member(bad[i].name, bad[i].value, 3, means);
    static const struct {
        const char *header, *what;
    } others[] = {
        {"{}", "a header without members"},
        {"{'x': {" ALL "}}", "a header with its members one level deeper"},
        {"{" ALL ", 'byteorder': 'big'}", "a header with byteorder twice"},
        {"{" ALL ", 'content-type': 'text/plain'}",
         "a header with content-type twice"},
        {"{" ALL ", 'content-encoding': 'binary'}",
         "a header with content-encoding twice"},
        {"{'content-length': 2, " ALL "}",
         "a header with content-length 2, and then 3"},
        {"{" ALL ", 'content\\u002dlength': 2}",
         "a header with content-length twice, once with an escape"},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        refuses_header(others[i].header, 3, others[i].what, means);
}

GRADED(refuses_a_bad_length, 2,
       "decode refuses a content-length that is no whole number up to 64 MiB",
       "Which values can the member have in JSON, and what does yours become "
       "in a size_t? Who has checked it before you use it?")
{
    static const struct {
        const char *value;
        size_t size; // what a careless reader may take it for
    } bad[] = {
        {"'10'", 10},
        {"1.5", 1},
        {"true", 1},
        {"null", 0},
        {"[3]", 3},
        {"-1", 1},
        {"-8", 0},
        {"-4294967293", 3},
        {"67108865", 3},
        {"4294967299", 3},
        {"9223372036854775807", 3},
        {"18446744073709551619", 3},
        {"1e300", 3},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses_member("content-length", bad[i].value, bad[i].size,
                       "content-length is a whole number from 0 to 67108864, "
                       "in digits. A peer may send any other; look at its type "
                       "and its value before anything relies on it.");
}

// A good message comes, then BAD, and then nothing more, but no end either.
static void refuses_at_once_this(const struct message *bad, const char *what)
{
    struct program *program = decode((struct data){.bytes = NULL});
    program->input.ready = write_and_stay;
    give(program, all_of(&before, 1));
    // One that prints at the end may also refuse at the end.
    if (!program->ended && program->out.size == 0) {
        end_input(program);
        await_end(program, 0, "a message", NULL);
        expect_printed(program, &before, 1, "a message", NULL);
        return;
    }
    give(program, all_of(bad, 1));
    static const char means[] =
        "Such a header stays wrong, whatever comes after it. Who waits for the "
        "content waits for as long as a peer likes.";
    expect_status(program, 1, what, means);
    expect_printed(program, &before, 1, what, means);
    expect_one_line(program, what);
}

GRADED(refuses_at_once, 1,
       "a decode that prints messages as they come refuses them as they come",
       "The header is there, and it is wrong. What do you still wait for?")
{
    static const struct message bad[] = {
        {.header = "{" NAMES ", 'content-length': 67108865}",
         .what = "a content-length of 67108865 as soon as it has come"},
        {.header = "{" NAMES ", 'content-length': -1}",
         .what = "a content-length of -1 as soon as it has come"},
        {.header = "", .what = "a header of 0 bytes as soon as it has come"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses_at_once_this(&bad[i], bad[i].what);
}

// --- text --------------------------------------------------------------------

#define EURO "\"a \xe2\x82\xac\""
#define RABBIT "{\"result\": \"Follow the white rabbit. \xf0\x9f\x90\xb0\"}"
#define CAFE "{\"caf\xc3\xa9\": [1, \"\xc3\xbc\\n\\\"\\u00e9\\\"\", null]}"

GRADED(decodes_json, 2, "decode prints JSON in UTF-8, whatever it came in",
       "What are the bytes of \"a\" in UTF-16? Which call makes text of one "
       "encoding from another?")
{
    static const struct {
        const char *encoding, *json;
    } good[] = {
        {"utf-8", RABBIT},
        {"utf-8", " \n [ {} , \"\", 0, false] \n"},
        {"utf-8", "\"only a string\""},
        {"UTF-8", "{}"},
        {"utf-16", RABBIT},
        {"utf-16le", RABBIT},
        {"utf-16be", CAFE},
        {"utf-32", CAFE},
        {"latin1", CAFE},
    };
    struct message messages[COUNT(good)];
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *json = good[i].json;
        struct data text =
            convert(good[i].encoding, "utf-8", json, strlen(json));
        messages[i] = (struct message){.encoding = good[i].encoding,
                                       .content = text.bytes,
                                       .size = text.size,
                                       .json = json};
    }
    decodes(messages, COUNT(good), "JSON in several encodings");
}

GRADED(encodes_json, 2, "encode writes JSON in the encoding it was told",
       "Which member says so, and are the bytes of the content like that? How "
       "many are they then?")
{
    static const struct {
        const char *encoding, *json;
    } good[] = {
        {"utf-8", RABBIT},      {"utf-8", "0"},   {"utf-16", RABBIT},
        {"utf-16le", RABBIT},   {"utf-32", CAFE}, {"latin1", CAFE},
        {"utf-7", "\"seven\""},
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        // Systems without UTF-7 exist.
        iconv_t known = iconv_open(good[i].encoding, "utf-8");
        if (known == (iconv_t)-1)
            continue;
        iconv_close(known);
        encodes_json_in(good[i].encoding, good[i].json);
    }
}

GRADED(converts_long_text, 1, "converts text of any length, to its end",
       "iconv() returned -1, and errno is E2BIG. Did anything go wrong?")
{
    enum { COPIES = LARGE / 3 };
    struct data json = {.bytes = NULL};
    add(&json, "\"", 1);
    for (int i = 0; i < COPIES; i++)
        add(&json, i % 2 == 0 ? "a\xc3\xa9" : "b\xc3\xbc", 3);
    add(&json, "\"", 2); // with a zero
    json.size--;
    struct data latin1 = convert("latin1", "utf-8", json.bytes, json.size);
    const struct message messages[] = {{.encoding = "latin1",
                                        .content = latin1.bytes,
                                        .size = latin1.size,
                                        .json = json.bytes}};
    decodes(messages, 1, "a long text in latin1");
    encodes_json_in("utf-32", json.bytes);
    encodes_json_in("utf-16le", json.bytes);
}

GRADED(refuses_bad_json, 2,
       "decode refuses text/json that is no JSON in its encoding",
       "What can be wrong with text that somebody else has encoded? Do you "
       "know it before you print the first line of the message?")
{
    static const struct {
        const char *encoding, *what, *content;
        size_t size;
    } bad[] = {
#define TEXT(text) text, sizeof text - 1
        {"utf-8", "JSON that ends too early", TEXT("{\"a\": ")},
        {"utf-8", "text/json that is a word", TEXT("hello")},
        {"utf-8", "JSON with something behind it", TEXT("{} x")},
        {"utf-8", "text/json without content", TEXT("")},
        {"utf-8", "JSON with the byte ff in UTF-8", TEXT("\"a\xff\"")},
        {"utf-8", "JSON whose last character is cut off", TEXT("\"\xe2\x82")},
        {"utf-8", "JSON in latin1 that is said to be UTF-8",
         TEXT("\"caf\xe9\"")},
        {"utf-8", "JSON in UTF-16 that is said to be UTF-8", TEXT("{\0}\0")},
        {"utf-16le", "JSON in UTF-8 that is said to be UTF-16",
         TEXT("{\"a\": 1}")},
        {"utf-16le", "JSON in UTF-16 with an odd number of bytes",
         TEXT("{\0}\0 ")},
        {"no-such-encoding", "JSON in \"no-such-encoding\"", TEXT("{}")},
#undef TEXT
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct message message = {.type = "text/json",
                                        .encoding = bad[i].encoding,
                                        .content = bad[i].content,
                                        .size = bad[i].size};
        refuses(&message, bad[i].what,
                "Such a message is malformed: nothing of it is printed, not "
                "its members either. It is known only after the whole content "
                "has been converted and read as JSON.");
    }
}

GRADED(refuses_to_encode, 2,
       "encode writes nothing but a reason for what can't be encoded",
       "Which of your calls tells that it can't be done, and what has been "
       "written by then?")
{
    static const struct {
        const char *encoding, *text, *what;
    } bad[] = {
        {"no-such-encoding", "{}", "the encoding \"no-such-encoding\""},
        {"utf-8", "{\"a\": ", "JSON that ends too early"},
        {"utf-8", "hello", "a word that is not JSON"},
        {"utf-8", "", "no JSON at all"},
        {"utf-8", "\"caf\xe9\"", "JSON that is not in UTF-8"},
        {"utf-16", "{} x", "JSON with something behind it"},
        {"latin1", EURO, "a euro sign in latin1"},
    };
    encodes_json_in("utf-16le", "{}");
    for (size_t i = 0; i < COUNT(bad); i++) {
        static const char means[] =
            "A message that can't be made is not made, and nothing else in its "
            "place: the reason goes to stderr, and the exit status is 1.";
        const char *text = bad[i].text;
        struct program *program =
            encode("text/json", bad[i].encoding, text, strlen(text));
        // Who writes it as \u20ac can do it.
        await_end(program, 1, bad[i].what, means);
        if (strcmp(text, EURO) == 0 && ended_with(program, 0)) {
            expect_message(program, bad[i].what, bad[i].encoding,
                           &(struct message){.json = text});
            continue;
        }
        expect_status(program, 1, bad[i].what, means);
        expect_nothing_printed(program, bad[i].what, means);
        expect_one_line(program, bad[i].what);
        if (i == 0 && strstr(program->err.bytes, bad[i].encoding) == NULL)
            fail(program, means,
                 shown("", program->err.bytes, program->err.size),
                 "the name \"%s\" on stderr", bad[i].encoding);
    }
}

// --- the rest ----------------------------------------------------------------

static void reports_full_stdout(size_t size)
{
    const struct message message = {.content = random_bytes(size),
                                    .size = size};
    static const char what[] = "a stdout that can't be written";
    static const char means[] =
        "stdio keeps what is short, and only fflush() or fclose() finds that "
        "it can't be written. What is long it writes at once: then fwrite() "
        "fails, and fflush() has nothing left to complain of; ferror() still "
        "knows. Read: man 3 ferror.";
    decodes(&message, 1, "a message");
    struct program_options full = {.arguments = {"decode"},
                                   .standard_output = STDOUT_FULL};
    struct program *program = run(full, all_of(&message, 1));
    expect_status(program, 1, what, means);
    expect_error(program, 1, ENOSPC);
    full.arguments[0] = "encode";
    full.arguments[1] = "text/plain";
    full.arguments[2] = "binary";
    struct data content = {.bytes = NULL};
    add(&content, message.content, size);
    program = run(full, content);
    expect_status(program, 1, what, means);
    expect_error(program, 1, ENOSPC);
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 and the reason when stdout can't be written",
       "stdio keeps what is short, and writes the rest at once. When do you "
       "learn that it could not be written, in either case?")
{
    reports_full_stdout(7);
    reports_full_stdout(LARGE);
}

GRADED(refuses_bad_arguments, 1,
       "refuses arguments that can't be right, with status 2 and its usage",
       "How many elements must argv have before you may read argv[2]?")
{
    static const char *const bad[][4] = {
        {NULL},
        {"recode"},
        {"encode"},
        {"encode", "text/json"},
        {"encode", "text/json", "utf-8", "more"},
        {"decode", "more"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        expect_usage_error(
            run((struct program_options){.arguments = {bad[i][0], bad[i][1],
                                                       bad[i][2], bad[i][3]}},
                (struct data){.bytes = NULL}));
}

GRADED_AT_SCALE(keeps_to_64_mib, 2,
                "takes content of 64 MiB, and not of a byte more",
                "Which number is the last that is allowed?")
{
    without_tracer();
    static const char means[] = "64 MiB are 67108864 bytes. So many are taken, "
                                "and not one more.";
    static char content[CONTENT_MAX + 1];
    memset(content, 'x', sizeof content);
    struct message message = {.content = content, .size = CONTENT_MAX};
    struct program *program =
        encode("text/plain", "binary", content, CONTENT_MAX);
    expect_status(program, 0, "content of 67108864 bytes", means);
    size_t at;
    expect_length_member(program, expect_header(program, &at), CONTENT_MAX);
    program = encode("text/plain", "binary", content, CONTENT_MAX + 1);
    expect_status(program, 1, "content of 67108865 bytes", means);
    expect_nothing_printed(program, "content of 67108865 bytes", means);
    expect_one_line(program, "content of 67108865 bytes");

    program = decode(all_of(&message, 1));
    expect_status(program, 0, "a message of 67108864 bytes", means);
    struct place place = {.program = program,
                          .at = program->out.bytes,
                          .end = program->out.bytes + program->out.size,
                          .number = 1,
                          .count = 1,
                          .what = "64 MiB"};
    expect_lines(&place, &message);
    message.size++;
    refuses(&message, "a message of 67108865 bytes", means);
}
