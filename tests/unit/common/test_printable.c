// Texts are read from and written to memory of just their size and room:
// AddressSanitizer sees its end.

#include "printable.h"
#include "base/random.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST_ROOM = 8, LONGEST = 64 };

// The caller frees it.
static char *printed(const void *bytes, size_t size, enum printable_kind kind,
                     size_t room)
{
    void *copy = memcpy(malloc(size), bytes, size);
    char *text = memset(malloc(room), 'x', room);
    // Not with ck_assert(), which takes long: this is called very often.
    if (printable(copy, size, kind, text, room) != text ||
        memchr(text, '\0', room) == NULL)
        ck_abort_msg("room %zu: no text", room);
    free(copy);
    return text;
}

static void expect_printed(const char *bytes, size_t size,
                           enum printable_kind kind, size_t room,
                           const char *want)
{
    char *text = printed(bytes, size, kind, room);
    if (strcmp(text, want) != 0)
        ck_abort_msg("room %zu: \"%s\", not \"%s\"", room, text, want);
    free(text);
}

// What stands for a byte where that isn't part of a longer character.
static void spell(unsigned char byte, enum printable_kind kind, char text[5])
{
    static const char own[] = "\n\r\t\\";
    const char *at = memchr(own, byte, kind == PRINTABLE_BYTES ? 4 : 3);
    if (at != NULL)
        sprintf(text, "\\%c", "nrt\\"[at - own]);
    else if (byte < ' ' || byte > '~')
        sprintf(text, "\\x%02x", byte);
    else
        sprintf(text, "%c", byte);
}

START_TEST(spells_every_byte)
{
    for (int i = 0; i < 256; i++) {
        char want[16], byte[3] = {'.', (char)i, '.'};
        for (int kind = PRINTABLE_BYTES; kind <= PRINTABLE_UTF8; kind++) {
            if (i >= 0x80 && kind == PRINTABLE_UTF8)
                continue;
            spell((unsigned char)i, (enum printable_kind)kind, want + 1);
            want[0] = '.';
            strcat(want, ".");
            expect_printed(byte, 3, (enum printable_kind)kind, SMALLEST_ROOM,
                           want);
        }
    }
    expect_printed("\n\r\t\\", 4, PRINTABLE_BYTES, 9, "\\n\\r\\t\\\\");
    expect_printed("\n\r\t\\", 4, PRINTABLE_UTF8, 8, "\\n\\r\\t\\");
    ck_assert_str_eq(printable(NULL, 0, PRINTABLE_UTF8, (char[8]){"x"}, 8), "");
}
END_TEST

START_TEST(keeps_characters)
{
    // The first and the last of each length; U+00A0 is no control character.
    static const char text[] = "\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"
                               "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
    expect_printed(text, sizeof text - 1, PRINTABLE_UTF8, sizeof text, text);
    expect_printed("\xc2\xa0", 2, PRINTABLE_BYTES, 9, "\\xc2\\xa0");
    expect_printed("\xc2\x80\xc2\x9f", 4, PRINTABLE_UTF8, 17,
                   "\\xc2\\x80\\xc2\\x9f");
    expect_printed("\xc3\x85", 2, PRINTABLE_UTF8, 8, "\xc3\x85");
}
END_TEST

static bool acts_on_text(unsigned code)
{
    static const unsigned ranges[][2] = {{0x80, 0x9f},
                                         {0x61c, 0x61c},
                                         {0x200e, 0x200f},
                                         {0x2028, 0x202e},
                                         {0x2066, 0x2069}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}

// All characters of two and three bytes, by their numbers.
START_TEST(escapes_what_acts_on_text)
{
    for (unsigned code = 0x80; code <= 0xffff; code++) {
        unsigned char bytes[3] = {(unsigned char)(0xe0 | code >> 12),
                                  (unsigned char)(0x80 | (code >> 6 & 0x3f)),
                                  (unsigned char)(0x80 | (code & 0x3f))};
        size_t size = 3;
        if (code < 0x800) {
            bytes[0] = (unsigned char)(0xc0 | code >> 6);
            bytes[1] = bytes[2];
            size = 2;
        }
        char text[16];
        printable(bytes, size, PRINTABLE_UTF8, text, sizeof text);
        if ((text[0] == '\\') != acts_on_text(code) ||
            strlen(text) != (text[0] == '\\' ? 4 * size : size))
            ck_abort_msg("U+%04X: %s", code, text);
    }
}
END_TEST

// One character at random, and what stands for it. Returns its size.
static size_t choose(struct random *random, enum printable_kind kind,
                     char *bytes, char *spelled)
{
    static const char *const characters[] = {
        "\xc2\xa0", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xb6"};
    size_t which = random_below(random, 12);
    if (kind == PRINTABLE_UTF8 && which < 4) {
        strcpy(spelled, characters[which]);
        memcpy(bytes, characters[which], strlen(spelled));
        return strlen(spelled);
    }
    *bytes = (char)random_below(random, kind == PRINTABLE_UTF8 ? 128 : 256);
    if (which < 8)
        *bytes = (char)('a' + which);
    spell((unsigned char)*bytes, kind, spelled);
    return 1;
}

static bool is_cut_at(size_t length, const char *text, const char *whole)
{
    return strncmp(text, whole, length) == 0 &&
           strcmp(text + length, "...") == 0;
}

START_TEST(cuts_between_characters)
{
    struct random random = random_start(1, "printable");
    for (int turn = 0; turn < 200; turn++) {
        enum printable_kind kind =
            turn % 2 == 0 ? PRINTABLE_UTF8 : PRINTABLE_BYTES;
        char bytes[LONGEST + 4] = "", whole[4 * LONGEST + 16] = "";
        size_t size = 0, count = 0, ends[LONGEST + 1] = {0};
        for (size_t end = random_below(&random, LONGEST); size < end; count++) {
            char *behind = strchr(whole, '\0');
            size += choose(&random, kind, bytes + size, behind);
            ends[count + 1] = strlen(whole);
        }
        size_t length = strlen(whole), fits = 0;
        for (size_t room = SMALLEST_ROOM; room <= length; room++) {
            while (fits < count && ends[fits + 1] + sizeof "..." <= room)
                fits++;
            char *text = printed(bytes, size, kind, room);
            if (!is_cut_at(ends[fits], text, whole))
                ck_abort_msg("room %zu: \"%s\" of \"%s\"", room, text, whole);
            free(text);
        }
        for (size_t room = length + 1; room <= length + 5; room++)
            if (room >= SMALLEST_ROOM)
                expect_printed(bytes, size, kind, room, whole);
    }
}
END_TEST

// Whatever is there instead of UTF-8, no ASCII control character comes out,
// and the first byte of no other one.
START_TEST(does_no_harm)
{
    static const unsigned char often[] = {0xc2, 0x85, 0x9f, 0xa0, 0x7f};
    struct random random = random_start(2, "printable");
    for (int turn = 0; turn < 3000; turn++) {
        unsigned char bytes[20];
        size_t size = random_below(&random, sizeof bytes + 1);
        random_fill(&random, bytes, size);
        for (size_t i = 0; i < size; i++)
            if (random_below(&random, 2) == 0)
                bytes[i] = often[random_below(&random, sizeof often)];
        char *text = printed(bytes, size, PRINTABLE_UTF8,
                             SMALLEST_ROOM + random_below(&random, 80));
        for (const char *c = text; *c != '\0'; c++)
            if ((unsigned char)*c < ' ' || *c == 0x7f ||
                (*c == '\xc2' && (c[1] & 0xe0) == 0x80))
                ck_abort_msg("%s", text);
        free(text);
    }
}
END_TEST

Suite *printable_suite(void)
{
    Suite *suite = suite_create("printable");
    TCase *tcase = tcase_create("printable");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, spells_every_byte);
    tcase_add_test(tcase, keeps_characters);
    tcase_add_test(tcase, escapes_what_acts_on_text);
    tcase_add_test(tcase, cuts_between_characters);
    tcase_add_test(tcase, does_no_harm);
    suite_add_tcase(suite, tcase);
    return suite;
}
