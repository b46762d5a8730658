// The rest of the codec: what is sent, and what a content says. Texts that are
// read stand in memory of just their size: AddressSanitizer sees its end.

#include "codec.h"
#include "base/random.h"
#include "unit.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct codec_problem problem;

static void expect_bytes(const struct buffer *buffer, const void *bytes,
                         size_t size)
{
    ck_assert_uint_eq(buffer_size(buffer), size);
    if (size > 0)
        ck_assert_mem_eq(buffer_bytes(buffer), bytes, size);
}

START_TEST(builds_these_bytes)
{
    struct buffer out = {.memory = NULL};
    char want[200], *text = want + 8;
    int size =
        sprintf(text,
                "{\"byteorder\": \"%s\", \"content-type\": \"a\\\"\\\\\", "
                "\"content-encoding\": \"\xc3\xa9\", \"content-length\": 4}",
                BYTE_ORDER == BIG_ENDIAN ? "big" : "little");
    memcpy(want, "before\0", 7);
    want[7] = (char)size;
    memcpy(text + size, "1\xff\0\n", 4);
    ck_assert_int_eq(buffer_append(&out, "before", 6), 0);
    ck_assert_int_eq(codec_build(&out, "a\"\\", "\xc3\xa9", text + size, 4), 0);
    expect_bytes(&out, want, (size_t)size + 12);
}
END_TEST

START_TEST(builds_nothing_wrong)
{
    char right[CODEC_NAME_SIZE] = "", too_long[CODEC_NAME_SIZE + 1] = "";
    memset(right, 'a', sizeof right - 1);
    memset(too_long, 'a', sizeof too_long - 1);
    const struct {
        const char *type, *encoding;
        size_t size;
        int reason;
    } wrong[] = {
        {"t", "e", CODEC_CONTENT_MAX + 1, EMSGSIZE},
        {"t", "e", SIZE_MAX, EMSGSIZE},
        {too_long, "e", 0, EMSGSIZE},
        {"t", too_long, 0, EMSGSIZE},
        {"\xff", "e", 1, EILSEQ},
        {"t", "\xc3", 1, EILSEQ},
        {"t\n", "e", 1, EINVAL},
        {"t", "\x7f", 1, EINVAL},
    };
    struct buffer out = {.memory = NULL};
    ck_assert_int_eq(buffer_append(&out, "xyz", 3), 0);
    buffer_drop(&out, 1);
    const struct buffer before = out;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(codec_build(&out, wrong[i].type, wrong[i].encoding, "",
                                     wrong[i].size),
                         -1);
        ck_assert_int_eq(errno, wrong[i].reason);
        ck_assert_mem_eq(&out, &before, sizeof out);
        expect_bytes(&out, "yz", 2);
    }
    ck_assert_int_eq(codec_build(&out, right, right, NULL, 0), 0);
    void *most = calloc(1, CODEC_CONTENT_MAX);
    ck_assert_int_eq(codec_build(&out, "t", "e", most, CODEC_CONTENT_MAX), 0);
}
END_TEST

START_TEST(reads_what_it_builds)
{
    struct random random = random_start(2, "codec");
    struct buffer out = {.memory = NULL};
    unsigned char content[5000];
    for (int turn = 0; turn < 100; turn++) {
        struct codec_message message;
        char type[CODEC_NAME_SIZE] = "";
        size_t size = random_below(&random, sizeof content);
        random_fill(&random, content, size);
        for (size_t i = random_below(&random, sizeof type); i > 0; i--)
            type[i - 1] = (char)(' ' + random_below(&random, '~' - ' ' + 1));
        ck_assert_int_eq(codec_build(&out, type, "e", content, size), 0);
        ck_assert_int_eq(codec_parse(buffer_bytes(&out), buffer_size(&out),
                                     &message, &problem),
                         CODEC_DONE);
        ck_assert_uint_eq(message.size, buffer_size(&out));
        ck_assert_str_eq(message.header.type, type);
        ck_assert_mem_eq(message.content, content, size);
        buffer_drop(&out, message.size);
    }
}
END_TEST

#define COUNT(table) (sizeof table / sizeof *table)
// A text and its size, without the final zero.
#define TEXT(text) text, sizeof text - 1
#define UNKNOWN "no encoding is known that is called '"
#define NO_TEXT(from, to) \
    "no text in " from ", or none that " to " has characters for"
#define JSON "JSON" // not an encoding: the value, as jansson writes it
#define NOT_JSON "the content is not JSON: "

struct sample {
    const char *to, *from, *text;
    size_t size;
    const char *result; // or what is wrong
    size_t number;      // the result's size, or where it is wrong
};

static const struct sample right[] = {
    {"UTF-8", "utf-8", TEXT("a\0\xc3\xa9"), TEXT("a\0\xc3\xa9")},
    {"utf_8", "UTF8", TEXT("\xf0\x9f\x90\xb6"), TEXT("\xf0\x9f\x90\xb6")},
    {"UTF-8", "latin1", TEXT("\0\xe9"), TEXT("\0\xc3\xa9")},
    {"UTF-8", "Windows_1252", TEXT("\x80"), TEXT("\xe2\x82\xac")},
    {"latin-1", "utf_8", TEXT("\xc3\xa9\0"), TEXT("\xe9\0")},
    {"UTF-8", "iso_8859_15", TEXT("\xa4"), TEXT("\xe2\x82\xac")},
    {"UTF-8", "UTF-16LE", TEXT("a\0\0\0\xe9\0"), TEXT("a\0\xc3\xa9")},
    {"UTF-8", "utf_16be", TEXT("\xd8\x3d\xdc\x36"), TEXT("\xf0\x9f\x90\xb6")},
    {"UTF-8", "UTF-16", TEXT("\xfe\xff\0a"), TEXT("a")},
    {"UTF-8", "UTF-16", TEXT("\xff\xfe\xe9\0"), TEXT("\xc3\xa9")},
    {"UTF-8", "UTF-32", TEXT("\0\0\xfe\xff\0\0\0\xe9"), TEXT("\xc3\xa9")},
    {"UTF-32BE", "UTF-8", TEXT("\xf0\x9f\x90\xb6"), TEXT("\0\1\xf4\x36")},
    {"UTF-16BE", "UTF-16LE", TEXT("\1\2"), TEXT("\2\1")},
    {"UTF-16LE", "UTF-8", TEXT(""), TEXT("")},
    {"UTF-8", "-ISO8859_7", TEXT("\xe1"), TEXT("\xce\xb1")},
    {"UTF-8", "koi8r", TEXT("\xc1"), TEXT("\xd0\xb0")},
    {"UTF-8", "cp1258", TEXT("\xd0"), TEXT("\xc4\x90")},
    // It writes something behind the last character.
    {"UTF-8", "utf-7", TEXT("+AOk-"), TEXT("\xc3\xa9")},
    {"UTF-7", "UTF-8", TEXT("\xc3\xa9"), TEXT("+AOk-")},
    {JSON, "utf-8", TEXT("null"), TEXT("null")},
    {JSON, "latin-1", TEXT("1.5"), TEXT("1.5")},
    {JSON, "utf_8", TEXT("[{\"a\":\"\"}]"), TEXT("[{\"a\":\"\"}]")},
    {JSON, "utf-8", TEXT("\"a\\u0000b\""), TEXT("\"a\\u0000b\"")},
    {JSON, "utf-8", TEXT("\"\\udbff\\udfff\""), TEXT("\"\\uDBFF\\uDFFF\"")},
    {JSON, "Utf-8", TEXT("\"\xf0\x9f\x90\xb6\""), TEXT("\"\\uD83D\\uDC36\"")},
    {JSON, "utf-16", TEXT("\xff\xfe\"\0\xe9\0\"\0"), TEXT("\"\\u00E9\"")},
};

static const struct sample wrong[] = {
    {"UTF-8", "", TEXT("a"), UNKNOWN "'", 0},
    {"UTF-8", "-", TEXT("a"), UNKNOWN "-'", 0},
    {"_", "UTF-8", TEXT("a"), UNKNOWN "_'", 0},
    {"UTF-8", " ", TEXT("a"), UNKNOWN " '", 0},
    {"UTF-8", "\xc3\xa9", TEXT("a"), UNKNOWN "?\?'", 0},
    {"utf-8", "klingon", TEXT("a"), UNKNOWN "klingon'", 0},
    {"", "UTF-8", TEXT("a"), UNKNOWN "'", 0},
    {"UTF-8", "klin\n\xc3\xa9", TEXT("a"), UNKNOWN "klin?\?\?'", 0},
    {"klingon", "UTF-8", TEXT(""), UNKNOWN "klingon'", 0},
    {"UTF-8", "utf-8//IGNORE", TEXT("\xff"), UNKNOWN "utf-8//IGNORE'", 0},
    {"ASCII//TRANSLIT", "UTF-8", TEXT("a"), UNKNOWN "ASCII//TRANSLIT'", 0},
    {"UTF-8", "latin1,", TEXT("a"), UNKNOWN "latin1,'", 0},
    {"UTF-8", "latin", TEXT("a"), UNKNOWN "latin'", 0},
    {"UTF-8", "latin11", TEXT("a"), UNKNOWN "latin11'", 0},
    {"UTF-8", "ISO-2022-JP", TEXT("a"), UNKNOWN "ISO-2022-JP'", 0},
    {"ISO-2022-CN-EXT", "UTF-8", TEXT("a"), UNKNOWN "ISO-2022-CN-EXT'", 0},
    {"latin1,", "UTF-8", TEXT("a"), UNKNOWN "latin1,'", 0},
    {"UTF-8", "UTF-8", TEXT("ab\xff."), NO_TEXT("UTF-8", "UTF-8"), 2},
    {"UTF-8", "utf8", TEXT("\xed\xa0\x80"), NO_TEXT("utf8", "UTF-8"), 0},
    {"UTF-8", "UTF-16LE", TEXT("a\0\0\xdc"), NO_TEXT("UTF-16LE", "UTF-8"), 2},
    {"latin1", "UTF-8", TEXT("\0\xe2\x82\xac"), NO_TEXT("UTF-8", "latin1"), 1},
    {"latin1", "UTF-8", TEXT("ab\xc3"), "UTF-8 ends within a character", 2},
    {"UTF-8", "UTF-16LE", TEXT("a\0b"), "UTF-16LE ends within a character", 2},
    {"UTF-8", "UTF-16BE", TEXT("\xd8="), "UTF-16BE ends within a character", 0},
    {JSON, "utf-8", TEXT(""), NOT_JSON "unexpected token near end of file", 0},
    {JSON, "utf16", TEXT(""), NOT_JSON "unexpected token near end of file", 0},
    {JSON, "utf-8", TEXT("1 2"), NOT_JSON "end of file expected near '2'", 3},
    {JSON, "utf8", TEXT("[1"), NOT_JSON "']' expected near end of file", 0},
    {JSON, "utf-8", TEXT("\"\xc3"),
     NOT_JSON "unable to decode byte 0xc3 near '\"'", 1},
    {JSON, "utf-8", TEXT("[{\"a\":1,\"a\":1}]"),
     NOT_JSON "duplicate object key near '\"a\"'", 11},
    {JSON, "utf-8", TEXT("\"\\ud800\""),
     NOT_JSON "invalid Unicode '\\uD800' near '\"\\ud800\"'", 8},
    {JSON, "utf8", TEXT("\"\xc3\""), NO_TEXT("utf8", "UTF-8"), 1},
    {JSON, "UTF-16LE", TEXT("1\0002"), "UTF-16LE ends within a character", 2},
    {JSON, "UCS-2LE", TEXT("1\000"), UNKNOWN "UCS-2LE'", 0},
    {JSON, "klingon", TEXT("1"), UNKNOWN "klingon'", 0},
};

static int convert(struct buffer *out, const struct sample *sample)
{
    void *text = NULL;
    if (sample->size > 0)
        text = memcpy(malloc(sample->size), sample->text, sample->size);
    if (strcmp(sample->to, JSON) != 0)
        return codec_convert(out, sample->to, sample->from, text, sample->size,
                             &problem);
    json_t *value =
        codec_parse_json(text, sample->size, sample->from, &problem);
    if (value == NULL)
        return -1;
    const char *result =
        json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    return buffer_append(out, result, strlen(result));
}

START_TEST(converts)
{
    struct buffer out = {.memory = NULL};
    ck_assert_int_eq(buffer_append(&out, "xy", 2), 0);
    ck_assert_int_eq(convert(&out, &right[_i]), 0);
    ck_assert_mem_eq(buffer_bytes(&out), "xy", 2);
    buffer_drop(&out, 2);
    expect_bytes(&out, right[_i].result, right[_i].number);
}
END_TEST

START_TEST(refuses)
{
    struct buffer out = {.memory = NULL};
    ck_assert_int_eq(convert(&out, &wrong[_i]), -1);
    ck_assert_str_eq(problem.why, wrong[_i].result);
    ck_assert_uint_eq(problem.offset, wrong[_i].number);
}
END_TEST

START_TEST(converts_long_texts)
{
    static const char *const to[] = {"UTF-8", "UTF-16LE", "UTF-32LE"};
    static char text[1024 * 1024];
    memset(text, 0xe9, sizeof text);
    for (size_t i = 0; i < 3; i++) {
        struct buffer out = {.memory = NULL}, back = {.memory = NULL};
        struct sample there = {to[i], "latin1", text, sizeof text, NULL, 0};
        ck_assert_int_eq(convert(&out, &there), 0);
        ck_assert_uint_eq(buffer_size(&out), (i == 2 ? 4 : 2) * sizeof text);
        struct sample again = {
            "latin1",          to[i], (const char *)buffer_bytes(&out),
            buffer_size(&out), NULL,  0};
        ck_assert_int_eq(convert(&back, &again), 0);
        expect_bytes(&back, text, sizeof text);
    }
    // The offset counts from the start, however many calls it took.
    struct buffer out = {.memory = NULL};
    struct sample bad = {"UTF-32", "UTF-8", text, sizeof text, NULL, 0};
    memset(text, 'a', 700001);
    ck_assert_int_eq(convert(&out, &bad), -1);
    ck_assert_uint_eq(problem.offset, 700001);
}
END_TEST

// A converter is a file that is opened: without a descriptor, the bytes are not
// to blame.
START_TEST(says_that_it_can_not)
{
    const struct rlimit none = {0, 0};
    struct buffer out = {.memory = NULL};
    struct sample text = {"UTF-8", "KOI8-U", "a", 1, NULL, 0};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(convert(&out, &text), -1);
    ck_assert_str_eq(problem.why, "no memory or descriptor for iconv()");
    ck_assert_int_ne(problem.error, 0);
}
END_TEST

START_TEST(limits_the_depth)
{
    for (size_t depth = 2048; depth <= 2049; depth++) {
        struct codec_header header;
        char text[5000] = "{\"\":";
        size_t size = 2 * depth + 3;
        memset(text + 4, '[', depth - 1);
        memset(text + 3 + depth, ']', depth - 1);
        text[size - 1] = '}';
        json_t *value = codec_parse_json(text, size, "utf-8", &problem);
        ck_assert((value != NULL) == (depth == 2048));
        codec_parse_header(text, size, &header, &problem);
        ck_assert((strncmp(problem.why, "the header has", 14) == 0) ==
                  (depth == 2048));
    }
}
END_TEST

START_TEST(explains_whatever_comes)
{
    struct random random = random_start(3, "codec");
    for (int turn = 0; turn < 1000; turn++) {
        char text[40] = "{\"byteorder\":\"", name[200] = "";
        struct codec_header header;
        size_t start = turn % 2 == 0 ? strlen(text) : 1;
        random_fill(&random, text + start, sizeof text - start);
        random_fill(&random, name, sizeof name - 1);
        const char *encoding = right[(size_t)turn % COUNT(right)].from;
        memset(&problem, 0xff, sizeof problem);
        if (turn % 3 == 0)
            codec_parse_header(text, sizeof text, &header, &problem);
        else if (codec_parse_json(text, sizeof text,
                                  turn % 3 == 1 ? name + turn % 199 : encoding,
                                  &problem) != NULL)
            continue;
        ck_assert_uint_le(problem.offset, sizeof text);
        ck_assert_ptr_ne(memchr(problem.why, 0, sizeof problem.why), NULL);
        for (const char *c = problem.why; *c != '\0'; c++)
            if (*c < ' ' || *c > '~')
                ck_abort_msg("not fit for a log: %s", problem.why);
    }
}
END_TEST

Suite *codec_json_suite(void)
{
    Suite *suite = suite_create("codec_json");
    TCase *tcase = tcase_create("codec_json");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, builds_these_bytes);
    tcase_add_test(tcase, builds_nothing_wrong);
    tcase_add_test(tcase, reads_what_it_builds);
    tcase_add_loop_test(tcase, converts, 0, COUNT(right));
    tcase_add_loop_test(tcase, refuses, 0, COUNT(wrong));
    tcase_add_test(tcase, converts_long_texts);
    tcase_add_test(tcase, says_that_it_can_not);
    tcase_add_test(tcase, limits_the_depth);
    tcase_add_test(tcase, explains_whatever_comes);
    suite_add_tcase(suite, tcase);
    return suite;
}
