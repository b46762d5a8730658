// Grading tests for lesson 14: what wire promises, check by check. How it
// reads its input, and when it prints, is its own affair; so are the order,
// the spacing and the escapes of the JSON that it writes.

#include "grader/grade.h"

#include "wire.h"

#include <stdio.h>
#include <string.h>

LESSON("14-wire-format", "Bytes that a stranger understands", PROTOCOL_FILES)

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
    encodes("image/x-random", "x-unknown", random_content(LARGE), LARGE);
    encodes("text/plain", "binary", "", 0);
    encodes("text/plain", "binary", "  two lines\r\n\n", 14);
    // Its header has more bytes than a char can count with a sign, and fewer
    // than it can without.
    encodes("application/vnd.openxmlformats-officedocument.wordprocessingml."
            "document",
            "binary", "PK", 2);
    // Only text/json is JSON.
    encodes("text/jsonx", "x-unknown", "{", 1);
    encodes("application/json", "binary", "\xff", 1);
}

GRADED(escapes_its_names, 1,
       "encode writes JSON also for a TYPE with quotes in it",
       "What ends a string in JSON, and what if that is in the string?")
{
    encodes("a \"t\xc3\xbfpe\" \\ of its own", "{\"b\": 1}", "content", 7);
    // Each as long as a name may be, and twice that in the header.
    char quotes[128] = "";
    memset(quotes, '"', sizeof quotes - 1);
    encodes(quotes, quotes, "content", 7);
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
    const struct message empties[] = {plain(""), plain(""), plain(""),
                                      plain("end")};
    decodes(empties, COUNT(empties), "three empty messages and another");
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
        {.content = random_content(LARGE), .size = LARGE},
        {.type = "text/jsonx",
         .encoding = "x-unknown",
         .content = "{",
         .size = 1,
         .what = "its type is text/jsonx, and not text/json, so its content is "
                 "just bytes"},
        {.type = "application/json",
         .content = "\xff",
         .size = 1,
         .what = "its type is application/json, and not text/json"},
        {.type = "TEXT/JSON",
         .content = "\xff",
         .size = 1,
         .what =
             "its type is TEXT/JSON, in capitals, and not text/json, so its "
             "content is just bytes"},
    };
    decodes(messages, COUNT(messages), "content of any bytes");
}

GRADED(takes_the_longest_header, 1,
       "decode takes a header of any length up to 65,535 bytes",
       "What is the largest number in 2 bytes? Does your buffer hold so many, "
       "and whatever you put behind them?")
{
    static const size_t lengths[] = {127, 128, 256, HEADER_MAX};
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

static const struct message any_good[] = {
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
     .header =
         "{'x': {'content-length': 9}, " ALL ", 'y': [{'content-length': 1}]}"},
    {ONE, .what = "a string in its header has a content-length in it",
     .header =
         "{'x': '\\'content-length\\': 9, ', " ALL ", 'y': 'content-length'}"},
    {ONE, .what = "its content-type is a name of 127 bytes",
     .type = LONGEST_NAME,
     .header = "{'byteorder': 'little', 'content-type': '" LONGEST_NAME
               "', 'content-encoding': 'binary', 'content-length': 3}"},
    {ONE, .what = "its content-type has a letter that is not ASCII",
     .type = "caf\xc3\xa9",
     .header = "{'byteorder': 'little', 'content-type': 'caf\xc3\xa9', "
               "'content-encoding': 'binary', 'content-length': 3}"},
    {ONE, .what = "its content-type has such a letter as a \\u escape",
     .type = "t\xc3\xbfpe",
     .header = "{'byteorder': 'little', 'content-type': 't\\u00ffpe', "
               "'content-encoding': 'binary', 'content-length': 3}"},
    {ONE, .what = "the last of them"},
#undef ONE
};

GRADED(takes_any_good_header, 2,
       "decode understands a header in any order, spacing and escapes",
       "Who says where in the header a name stands, and how it is written? "
       "What reads JSON for you?")
{
    decodes(any_good, COUNT(any_good), "good messages");
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
    expect_end_after(program, 0, what, means);
    expect_printed(program, messages, COUNT(messages), what, means);
    expect_status(program, 0, what, means);
    program = encode("text/plain", "binary", "byte by byte", 12);
    input_byte_by_byte(&program->input);
    const struct message message = plain("byte by byte");
    expect_encoded(program, "content that comes byte by byte", "binary",
                   &message);
}
