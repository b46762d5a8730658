// Grading tests for lesson 14: what wire promises, check by check. How it
// reads its input, and when it prints, is its own affair; so are the order,
// the spacing and the escapes of the JSON that it writes.

#include "grader/grade.h"

#include "wire.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LESSON("14-wire-format", "Bytes that a stranger understands", PROTOCOL_FILES)

#define CONTENT_MAX MIB(64)

enum { LARGE = 70000 }; // more than a pipe holds

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
    input_byte_by_byte(&program->input);
    static const char what[] = "messages that come byte by byte";
    static const char means[] =
        "Each read() brought a byte here, as it may for any input: what is not "
        "complete yet has to wait until more has come, or all.";
    await_end(program, 0, what, means);
    expect_printed(program, messages, COUNT(messages), what, means);
    expect_status(program, 0, what, means);
    program = encode("text/plain", "binary", "byte by byte", 12);
    input_byte_by_byte(&program->input);
    const struct message message = plain("byte by byte");
    expect_encoded(program, "content that comes byte by byte", "binary",
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
    input_stay_open(&program->input);
    give(program, all_of(&good_message, 1));
    // One that prints at the end may also refuse at the end.
    if (!program->ended && program->out.size == 0) {
        input_end(&program->input);
        await_end(program, 0, "a message", NULL);
        expect_printed(program, &good_message, 1, "a message", NULL);
        return;
    }
    give(program, all_of(bad, 1));
    static const char means[] =
        "Such a header stays wrong, whatever comes after it. Who waits for the "
        "content waits for as long as a peer likes.";
    expect_status(program, 1, what, means);
    expect_printed(program, &good_message, 1, what, means);
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
            expect_encoded(program, bad[i].what, bad[i].encoding,
                           &(struct message){.json = text});
            continue;
        }
        expect_status(program, 1, bad[i].what, means);
        expect_nothing_printed(program, bad[i].what, means);
        expect_one_line(program, bad[i].what);
        if (i == 0 && strstr(program->err.bytes, bad[i].encoding) == NULL)
            fail_wire(program, means,
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
