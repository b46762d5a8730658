// Bytes that are parsed stand right before a page that nobody may touch: it is
// noticed if one too many is read. In the headers here ' stands for ".

#include "codec.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ORDER "'byteorder':'big',"
#define TYPE "'content-type':'text/json',"
#define THREE ORDER TYPE "'content-encoding':'utf-8'"
#define LENGTH(text) "{" THREE ",'content-length':" text "}"
#define FOUR THREE ",'content-length':3"

enum {
    PAGE = 65536,                         // as large as any machine's
    ARENA = CODEC_CONTENT_MAX + 2 * PAGE, // bytes before that page
};

// The last SIZE bytes before that page, zeros at first.
static unsigned char *last_bytes(size_t size)
{
    static unsigned char *arena;
    if (arena == NULL) {
        arena = mmap(NULL, ARENA + PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ck_assert_ptr_ne(arena, MAP_FAILED);
        ck_assert_int_eq(mprotect(arena + ARENA, PAGE, PROT_NONE), 0);
    }
    return arena + ARENA - size;
}

static struct codec_problem problem;

static enum codec_result parse(const void *bytes, size_t size,
                               struct codec_message *message)
{
    unsigned char *copy = last_bytes(size);
    memcpy(copy, bytes, size);
    memset(&problem, 0xff, sizeof problem);
    return codec_parse(copy, size, message, &problem);
}

// Writes a message's first two parts; returns their size.
static size_t put_header(unsigned char *to, const char *header)
{
    size_t length = strlen(header);
    to[0] = (unsigned char)(length >> 8);
    to[1] = (unsigned char)length;
    for (size_t i = 0; i < length; i++)
        to[2 + i] = header[i] == '\'' ? '"' : (unsigned char)header[i];
    return 2 + length;
}

// HEADER is refused as soon as its last byte is there, and not before.
static void expect_malformed(const char *header, const char *why, size_t offset)
{
    unsigned char bytes[1024] = {0};
    size_t end = put_header(bytes, header);
    for (size_t size = 0; size < end + 10; size++) {
        struct codec_message message;
        enum codec_result want = size < end ? CODEC_NEED_MORE : CODEC_MALFORMED;
        ck_assert_msg(parse(bytes, size, &message) == want, "%zu bytes of %s",
                      size, header);
        if (size < end)
            continue;
        ck_assert_str_eq(problem.why, why);
        ck_assert_msg(problem.offset == offset, "%s: offset %zu, not %zu",
                      header, problem.offset, offset);
    }
}

START_TEST(reads_the_length)
{
    static const struct {
        unsigned char bytes[3];
        size_t length;
    } some[] = {
        {{0, 1}, 1}, {{1, 0}, 256}, {{1, 2, 3}, 258}, {{255, 255}, 65535}};
    size_t length = 7;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        // With 2 bytes at an even address, with 3 at an odd one.
        for (size_t size = 2; size <= 3; size++) {
            unsigned char *bytes = last_bytes(size);
            memcpy(bytes, some[i].bytes, size);
            ck_assert_int_eq(
                codec_parse_protoheader(bytes, size, &length, &problem),
                CODEC_DONE);
            ck_assert_uint_eq(length, some[i].length);
        }
    }
    expect_malformed("", "the header's length is 0", 0);
}
END_TEST

static const struct {
    const char *header;
    const char *content;
    size_t size; // of the content
    bool big_endian;
} right[] = {
    {"{" FOUR "}", "{ }", 3, true},
    {LENGTH("0"), "", 0, true},
    {LENGTH("-0"), "", 0, true},
    {"{\r\n\t'content-length' : 1 ,\n'content-encoding': 'utf-8',"
     "'content-type': 'text/json', 'byteorder': 'little'}\n ",
     "\0", 1, false},
    {"{'x':'\\'content-length\\':9','y':{'content-length':9},'z':[null,true,"
     "1e5]," FOUR ",'\xf0\x9f\x90\xb6':'\xc3\xa9'}",
     "\1\2\xff", 3, true},
    {"{'content-\\u006cength':4,'byte\\u006frder':'littl\\u0065','content-type"
     "':'text\\/json','content-encoding':'u\\u0074f-8'}",
     "\0\0\0\0", 4, false},
};

static void expect_message(const struct codec_message *message, int i,
                           size_t start)
{
    ck_assert(message->header.big_endian == right[i].big_endian);
    ck_assert_str_eq(message->header.type, "text/json");
    ck_assert_str_eq(message->header.encoding, "utf-8");
    ck_assert_uint_eq(message->header.content_length, right[i].size);
    ck_assert_mem_eq(message->content, right[i].content, right[i].size);
    ck_assert_uint_eq(message->size, start + right[i].size);
}

START_TEST(reads_messages_cut_and_whole)
{
    unsigned char bytes[2048];
    struct codec_message message;
    size_t start = put_header(bytes, right[_i].header);
    memcpy(bytes + start, right[_i].content, right[_i].size);
    size_t end = start + right[_i].size;
    for (size_t size = 0; size < end; size++)
        ck_assert_int_eq(parse(bytes, size, &message), CODEC_NEED_MORE);
    // Behind it stands nothing, or two bytes that no message begins with.
    memset(bytes + end, 0, 2);
    for (size_t size = end; size <= end + 2; size++) {
        ck_assert_int_eq(parse(bytes, size, &message), CODEC_DONE);
        ck_assert_ptr_eq(message.content, last_bytes(size) + start);
        expect_message(&message, _i, start);
    }
    // Two messages, the second at an even address and at an odd one.
    memcpy(bytes + end, bytes, end);
    for (size_t size = 2 * end; size <= 2 * end + 1; size++) {
        ck_assert_int_eq(parse(bytes, size, &message), CODEC_DONE);
        const unsigned char *second = last_bytes(size) + message.size;
        ck_assert_int_eq(codec_parse(second, end, &message, &problem),
                         CODEC_DONE);
        expect_message(&message, _i, start);
    }
}
END_TEST

static const struct {
    const char *header, *why;
} wrong[] = {
    {"[]", "the header is not a JSON object"},
    {"{'Byteorder':'big'}", "the header has no byteorder"},
    {"{" ORDER "'x':1}", "the header has no content-type"},
    {"{" ORDER TYPE "'x':1}", "the header has no content-encoding"},
    {"{'y':{'content-length':9}," THREE "}",
     "the header has no content-length"},
    {"{'byteorder':'Big'}", "byteorder is 'Big', neither little nor big"},
    {"{'byteorder':'\xc3\xa9'}", "byteorder is '?\?', neither little nor big"},
    {"{'byteorder':'bi\\ng'}", "byteorder has a control character"},
    {"{" ORDER "'content-type':null}", "content-type is not a string"},
    {"{" ORDER TYPE "'content-encoding':[]}",
     "content-encoding is not a string"},
    {LENGTH("67108865"), "content-length is 67108865, not from 0 to 67108864"},
    {LENGTH("-1"), "content-length is -1, not from 0 to 67108864"},
    {LENGTH("4294967297"),
     "content-length is 4294967297, not from 0 to 67108864"},
    {LENGTH("1.5"), "content-length is not a whole number"},
    {LENGTH("41.0"), "content-length is not a whole number"},
    {LENGTH("1e1"), "content-length is not a whole number"},
    {LENGTH("'10'"), "content-length is not a whole number"},
    {LENGTH("true"), "content-length is not a whole number"},
    {LENGTH("null"), "content-length is not a whole number"},
};

START_TEST(refuses_wrong_members)
{
    expect_malformed(wrong[_i].header, wrong[_i].why, 2);
}
END_TEST

static const struct {
    const char *header, *why; // as jansson says it
    size_t offset;
} not_json[] = {
    {" ", "'[' or '{' expected near end of file", 3},
    {"{" FOUR, "'}' expected near end of file", 93},
    {"{" FOUR ",}", "string or '}' expected near '}'", 95},
    {"{" FOUR "}x", "end of file expected near 'x'", 95},
    {"\xef\xbb\xbf{}", "'[' or '{' expected near '?\?\?'", 5},
    {LENGTH("1e400"), "real number overflow near '1e400'", 97},
    {LENGTH("99999999999999999999"),
     "too big integer near '99999999999999999999'", 112},
    {LENGTH("010"), "invalid token near '0'", 93},
    {LENGTH("+5"), "invalid token near '+'", 93},
    // Members that are there twice, of those that count and of others.
    {"{" FOUR ",'content-length':3}",
     "duplicate object key near '\"content-length\"'", 110},
    {"{'x':{'\\u0061':1,'a':1}," FOUR "}", "duplicate object key near '\"a\"'",
     22},
    // No text in UTF-8: a stray byte, a long form of '/', a surrogate, one cut.
    {"{'a':'\xff'}", "unable to decode byte 0xff near '\"'", 8},
    {"{'a':'\xc0\xaf'}", "unable to decode byte 0xc0 near '\"'", 8},
    {"{'a':'\xed\xa0\x80'}", "unable to decode byte 0xed near '\"'", 8},
    {"{'a':'\xc3", "unable to decode byte 0xc3 near '\"'", 8},
    {"{'a':'\n'}", "unexpected newline near '\"'", 8},
    {"{'a':'\\u0000'}",
     "\\u0000 is not allowed without JSON_ALLOW_NUL near '\"\\u0000\"'", 15},
};

START_TEST(refuses_what_is_not_json)
{
    char why[160];
    snprintf(why, sizeof why, "the header is not JSON: %s", not_json[_i].why);
    expect_malformed(not_json[_i].header, why, not_json[_i].offset);
}
END_TEST

START_TEST(takes_the_longest_parts)
{
    static unsigned char bytes[2 + CODEC_HEADER_MAX];
    struct codec_message message;
    memset(bytes, ' ', sizeof bytes);
    put_header(bytes, LENGTH("67108864"));
    memset(bytes, 0xff, 2);
    ck_assert_int_eq(parse(bytes, sizeof bytes - 1, &message), CODEC_NEED_MORE);
    ck_assert_int_eq(parse(bytes, sizeof bytes, &message), CODEC_NEED_MORE);
    // The content is not looked at: what the arena has there will do.
    size_t whole = sizeof bytes + CODEC_CONTENT_MAX;
    unsigned char *first = last_bytes(whole);
    memcpy(first, bytes, sizeof bytes);
    ck_assert_int_eq(codec_parse(first, whole - 1, &message, &problem),
                     CODEC_NEED_MORE);
    ck_assert_int_eq(codec_parse(first, whole, &message, &problem), CODEC_DONE);
    ck_assert_uint_eq(message.size, whole);
    ck_assert_uint_eq(message.header.content_length, CODEC_CONTENT_MAX);
    bytes[sizeof bytes - 1] = 'x';
    ck_assert_int_eq(parse(bytes, sizeof bytes, &message), CODEC_MALFORMED);
    ck_assert_uint_eq(problem.offset, sizeof bytes);
}
END_TEST

START_TEST(limits_names)
{
    static const char *const controls[] = {"\\u0001",     "\\u001f", "\x7f",
                                           "\\u0085",     "\\u009b", "\\u202e",
                                           "\xe2\x81\xa6"};
    char header[512], name[129] = "", why[200];
    unsigned char bytes[514] = {0};
    struct codec_message message;
    for (size_t length = 0; length <= 128; length++) {
        snprintf(header, sizeof header,
                 "{" ORDER "'content-type':'%s','content-encoding':' \xc3\xa9',"
                 "'content-length':0}",
                 name);
        if (length == 128)
            break;
        ck_assert_int_eq(parse(bytes, put_header(bytes, header), &message),
                         CODEC_DONE);
        ck_assert_str_eq(message.header.type, name);
        ck_assert_str_eq(message.header.encoding, " \xc3\xa9");
        name[length] = '~';
    }
    expect_malformed(header, "content-type has 128 bytes, more than 127", 2);
    // Of what is wrong here, no more can be said than has room.
    snprintf(header, sizeof header, "{'byteorder':'%.127s'}", name);
    snprintf(why, sizeof why, "byteorder is '%.127s', neither little ", name);
    expect_malformed(header, why, 2);
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        snprintf(header, sizeof header, "{" ORDER "'content-type':'a%s'}",
                 controls[i]);
        expect_malformed(header, "content-type has a control character", 2);
    }
}
END_TEST

Suite *codec_suite(void)
{
    Suite *suite = suite_create("codec");
    TCase *tcase = tcase_create("codec");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, reads_the_length);
    tcase_add_loop_test(tcase, reads_messages_cut_and_whole, 0,
                        sizeof right / sizeof *right);
    tcase_add_loop_test(tcase, refuses_wrong_members, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_loop_test(tcase, refuses_what_is_not_json, 0,
                        sizeof not_json / sizeof *not_json);
    tcase_add_test(tcase, takes_the_longest_parts);
    tcase_add_test(tcase, limits_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
