// Text in all its encodings.

#include "grader/grade.h"

#include "wire.h"

#include <iconv.h>
#include <string.h>

PART(3)

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
        {"utf-8", "null"},
        {"UTF-8", "{}"},
        {"UTF8", "[8]"},
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
    // The result is shorter than the text, so nothing but the end of what it
    // was given stops a call: within a character, where it was cut to pieces.
    encodes_json_in("latin1", json.bytes);
}

#define SKIPPED                                                                 \
    "A byte that is no character in the encoding makes all of it wrong: it is " \
    "neither left out nor replaced. What iconv() or jansson says of it is the " \
    "answer."

// Content that is no JSON in that encoding, and what it means that it is taken.
static const struct bad_json {
    const char *encoding, *what, *content;
    size_t size;
    const char *means;
} bad_json[] = {
#define TEXT(text) text, sizeof text - 1
    {"utf-8", "JSON that ends too early", TEXT("{\"a\": "), NULL},
    {"utf-8", "text/json that is a word", TEXT("hello"), NULL},
    {"utf-8", "JSON with something behind it", TEXT("{} x"), NULL},
    {"utf-8", "JSON with a zero behind it, and more", TEXT("{}\0x"),
     "The content is as many bytes as its header says, and a zero is one of "
     "them: json_loads() stops there, and json_loadb() is told how many there "
     "are."},
    {"utf-8", "text/json without content", TEXT(""),
     "0 bytes are no JSON: there is no value in them, not even null. Does your "
     "program look at content only where there is some?"},
    {"utf-8", "JSON with the byte ff in UTF-8", TEXT("\"a\xff\""), SKIPPED},
    {"utf-8", "JSON whose last character is cut off", TEXT("\"\xe2\x82"), NULL},
    {"utf-8", "JSON in latin1 that is said to be UTF-8", TEXT("\"caf\xe9\""),
     SKIPPED},
    {"utf-8", "JSON in UTF-16 that is said to be UTF-8", TEXT("{\0}\0"), NULL},
    {"utf-16le", "JSON in UTF-8 that is said to be UTF-16", TEXT("{\"a\": 1}"),
     NULL},
    {"utf-16le", "JSON in UTF-16 with an odd number of bytes", TEXT("{\0}\0 "),
     NULL},
    {"ascii", "JSON in UTF-8 that is said to be ASCII", TEXT("\"caf\xc3\xa9\""),
     NULL},
    {"no-such-encoding", "JSON in \"no-such-encoding\"", TEXT("{}"),
     "Nobody knows which characters such bytes are: an encoding that is not "
     "known is not taken for UTF-8, nor for any other."},
#undef TEXT
};

GRADED(refuses_bad_json, 2,
       "decode refuses text/json that is no JSON in its encoding",
       "What can be wrong with text that somebody else has encoded? Do you "
       "know it before you print the first line of the message?")
{
    static const char means[] =
        "Such a message is malformed: nothing of it is printed, not its "
        "members either. It is known only after the whole content has been "
        "converted and read as JSON.";
    refuses_behind_json(&(struct message){.header = "{}"},
                        "a header without members",
                        "What came before it is printed, also if that is JSON; "
                        "stderr gives the reason and the offset, and the exit "
                        "status is 1.");
    for (const struct bad_json *bad = bad_json;
         bad < bad_json + COUNT(bad_json); bad++)
        refuses(&(struct message){.type = "text/json",
                                  .encoding = bad->encoding,
                                  .content = bad->content,
                                  .size = bad->size},
                bad->what, either(bad->means, means));
}

// A header is UTF-8, and so is each name in it.
static void refuses_names_that_are_no_text(void)
{
    static const char *const names[][2] = {
        {"t\xff\xfey", "binary"}, {"caf\xe9", "binary"}, {"text", "\xc0\xaf"}};
    static const char what[] = "a TYPE or an ENCODING that is not UTF-8";
    static const char means[] =
        "It can't be in a header, which is JSON, and so UTF-8. An argument can "
        "be any bytes: what does the library return for such?";
    for (size_t i = 0; i < COUNT(names); i++) {
        struct program *program = encode(names[i][0], names[i][1], "x", 1);
        expect_end_after(program, 1, what, means);
        expect_nothing_printed(program, what, means);
        // It may also be a wrong argument.
        if (!ended_with(program, 2))
            expect_status(program, 1, what, means);
        if (!ended_with(program, 2))
            expect_one_line(program, what);
    }
}

// It was encoded: then it is the same JSON, as "a \\u20ac".
static void expect_escaped_euro(struct program *program)
{
    size_t at;
    json_t *header = expect_header(program, &at);
    struct data content = {program->out.bytes + at, program->out.size - at};
    struct data utf8 = convert("utf-8", "latin1", content.bytes, content.size);
    json_t *value = json_loadb(utf8.bytes, utf8.size, JSON_DECODE_ANY, NULL);
    json_t *wanted = json_loads(EURO, JSON_DECODE_ANY, NULL);
    if (!json_equal(value, wanted))
        fail_wire(
            program,
            "latin1 has no euro sign, and something else was written in "
            "its place, or nothing (//TRANSLIT and //IGNORE make iconv() "
            "do that). Nobody has asked for another text: what can't be "
            "encoded is refused, with a line on stderr and exit status 1.",
            shown("the content, in UTF-8: ", utf8.bytes, utf8.size),
            "exit status 1 for a euro sign in latin1");
    json_decref(header);
    json_decref(value);
    json_decref(wanted);
}

#define NOT_MADE                                                                \
    "A message that can't be made is not made, and nothing else in its place: " \
    "the reason goes to stderr, and the exit status is 1. (What is sent as "    \
    "text/json is JSON: it is read as that also where it is UTF-8 already, "    \
    "and not to be converted.)"

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
    refuses_names_that_are_no_text();
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *text = bad[i].text, *means = NOT_MADE;
        struct program *program =
            encode("text/json", bad[i].encoding, text, strlen(text));
        // Who writes it as \u20ac can do it.
        expect_end_after(program, 1, bad[i].what, means);
        if (strcmp(text, EURO) == 0 && ended_with(program, 0)) {
            expect_escaped_euro(program);
            expect_encoded(program, bad[i].what, bad[i].encoding,
                           &(struct message){.json = text});
            continue;
        }
        expect_status(program, 1, bad[i].what, means);
        expect_nothing_printed(program, bad[i].what, means);
        expect_one_line(program, bad[i].what);
        if (i == 0 && strstr(program->err.bytes, bad[i].encoding) == NULL)
            fail_wire(program,
                      meaning(means, "The reason has to name \"%s\".",
                              bad[i].encoding),
                      shown("", program->err.bytes, program->err.size),
                      "the name \"%s\" on stderr", bad[i].encoding);
    }
}
