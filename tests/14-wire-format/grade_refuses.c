// What decode does with messages that are wrong.

#include "grader/grade.h"

#include "wire.h"

#include <string.h>

PART(2)

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

// For who takes it for a C string, a header ends at a zero.
static void refuses_a_zero_behind(void)
{
    static const char means[] =
        "The header is as many bytes as its length says, and a zero is one of "
        "them: json_loads() stops there, and json_loadb() is told how many "
        "there are.";
    static const char rest[] = "\0} x";
    const char *header = quoted("{" ALL "}");
    const size_t size = strlen(header) + sizeof rest - 1;
    const char length[] = {(char)(size >> 8), (char)size};
    struct data bad = {.bytes = NULL};
    add(&bad, length, sizeof length);
    add(&bad, header, strlen(header));
    add(&bad, rest, sizeof rest - 1);
    add(&bad, "one", 3);
    refuses_from(bad, bad.size, "a header with a zero behind its last brace",
                 means);
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
    refuses_a_zero_behind();
    static char deep[HEADER_MAX + 1];
    memset(deep, '[', HEADER_MAX);
    memcpy(deep, "{'x':", 5);
    refuses_header(deep, 3, "a header of 65,530 opening brackets", means);
}

// Values of byteorder, a string that is compared byte for byte.
static void refuses_byteorders(void)
{
    static const char means[] =
        "It is the string \"little\" or \"big\", byte for byte: whatever is "
        "another one, by a capital or by its length, is wrong.";
    static const char *const bad[] = {"1",  "'middle'", "'bigger'",
                                      "''", "'LITTLE'", "'Big'"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses_member("byteorder", bad[i], 3, means);
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
    refuses_member("byteorder", NULL, 3, means);
    refuses_member("content-type", NULL, 3, means);
    refuses_member("content-encoding", NULL, 3, means);
    refuses_member("content-length", NULL, 3, means);
    refuses_byteorders();
    refuses_member("content-type", "null", 3, means);
    refuses_member("content-encoding", "['binary']", 3, means);
    static const char too_long[] =
        "A name of a type or an encoding has at most 127 bytes, so that it fits "
        "with its zero into an array of 128 (CODEC_NAME_SIZE).";
    refuses_member("content-type", "'" LONGEST_NAME "t'", 3, too_long);
    refuses_member("content-encoding", "'" LONGEST_NAME "t'", 3, too_long);
    refuses_member("byteorder", "'" LONGEST_NAME "t'", 3, means);
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
    for (size_t i = 0; i < COUNT(bad); i++) {
        const bool wraps = bad[i].size == 3 && strlen(bad[i].value) >= 10;
        refuses_member(
            "content-length", bad[i].value, bad[i].size,
            wraps ? "content-length is a whole number from 0 to 67108864, in "
                    "digits. Cut down to 32 bits this one may look like 3: "
                    "look at its value while it has all of its 64."
                  : "content-length is a whole number from 0 to 67108864, in "
                    "digits. A peer may send any other; look at its type and "
                    "its value before anything relies on it.");
    }
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
        expect_end_after(program, 0, "a message", NULL);
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
        {.header = "hello world",
         .what = "a header that is no JSON as soon as it has come"},
        {.header = "{'byteorder': 'middle', 'content-type': 'text/plain', "
                   "'content-encoding': 'binary', 'content-length': 50}",
         .what = "a wrong byteorder as soon as it has come"},
        {.header = "{'byteorder': 'little', 'content-encoding': 'binary', "
                   "'content-length': 50}",
         .what = "a header without a content-type as soon as it has come"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses_at_once_this(&bad[i], bad[i].what);
}
