#include "check_printable.h"

#include "guard.h"
#include "printable.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The character, of text that is UTF-8, of which the byte there is a part.
static uint32_t character_at(const uint8_t *bytes, size_t size, size_t at)
{
    while (at > 0 && (bytes[at] & 0xc0) == 0x80)
        at--;
    int more = bytes[at] >= 0xf0 ? 3 : bytes[at] >= 0xe0 ? 2 : 1;
    uint32_t character = bytes[at] & (0x3fu >> more);
    while (++at < size && more-- > 0)
        character = character << 6 | (bytes[at] & 0x3fu);
    return character;
}

// Controls, marks of direction, ends of lines: what a terminal obeys.
static bool is_obeyed(uint32_t character)
{
    static const uint32_t ranges[][2] = {{0x80, 0x9f},
                                         {0x61c, 0x61c},
                                         {0x200e, 0x200f},
                                         {0x2028, 0x202e},
                                         {0x2066, 0x2069}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (character >= ranges[i][0] && character <= ranges[i][1])
            return true;
    return false;
}

bool is_harmless(const uint8_t *text, size_t size)
{
    for (size_t at = 0; at < size; at++)
        if (text[at] < ' ' || text[at] == 0x7f ||
            (text[at] >= 0x80 && is_obeyed(character_at(text, size, at))))
            return false;
    return true;
}

// Writes how the byte there must be spelled, with a final zero.
static void spell(const uint8_t *bytes, size_t size, size_t at,
                  enum printable_kind kind, char text[5])
{
    static const char letters[] = "\nn\rr\tt";
    uint8_t byte = bytes[at];
    const char *letter = byte == 0 ? NULL : strchr(letters, byte);
    bool is_ascii = byte >= ' ' && byte <= '~';
    bool stays = is_ascii || (kind == PRINTABLE_UTF8 && byte >= 0x80 &&
                              !is_obeyed(character_at(bytes, size, at)));
    if (!is_ascii && letter != NULL)
        snprintf(text, 5, "\\%c", letter[1]);
    else if (byte == '\\' && kind == PRINTABLE_BYTES)
        memcpy(text, "\\\\", 3);
    else
        snprintf(text, 5, stays ? "%c" : "\\x%02x", byte);
}

// How many of the bytes the first LENGTH characters of the text spell; claims
// that it is these, in the right way.
static size_t spelled(const char *text, size_t length, const uint8_t *bytes,
                      size_t size, enum printable_kind kind)
{
    size_t count = 0, at = 0;
    for (; at < length; count++) {
        claim(count < size, "what is printable has an end");
        char expected[5];
        spell(bytes, size, count, kind, expected);
        size_t added = strlen(expected);
        claim(added <= length - at && memcmp(text + at, expected, added) == 0,
              "what is printable says what the bytes are");
        at += added;
    }
    return count;
}

static bool is_utf8(const char *text, size_t size)
{
    json_t *string = json_stringn(text, size);
    json_decref(string);
    return string != NULL;
}

static bool is_fit_for_a_log(const char *text, enum printable_kind kind)
{
    for (const unsigned char *c = (const void *)text; *c != '\0'; c++)
        if (*c < ' ' || *c == 0x7f || (*c > 0x7f && kind == PRINTABLE_BYTES) ||
            (*c == 0xc2 && c[1] < 0xa0))
            return false;
    return true;
}

static void check_kind(enum printable_kind kind, const uint8_t *bytes,
                       size_t size, char *text, size_t room)
{
    memset(text, 0xee, room);
    claim(printable(bytes, size, kind, text, room) == text,
          "printable() returns its text");
    size_t length = strnlen(text, room);
    claim(length < room, "a printable text ends inside of its room");
    claim(is_fit_for_a_log(text, kind), "a printable text is fit for a log");
    claim(kind == PRINTABLE_BYTES || is_utf8(text, length),
          "of UTF-8, a printable text is UTF-8");
    bool cut = length >= 3 && strcmp(text + length - 3, "...") == 0;
    size_t count = spelled(text, cut ? length - 3 : length, bytes, size, kind);
    if (!cut)
        claim(count == size, "what is left out is said to be");
    else if (count + 3 != size || memcmp(bytes + count, "...", 3) != 0)
        claim(room <= 4 * size, "nothing is left out that would fit");
}

void check_printable(const uint8_t *bytes, size_t size, size_t room)
{
    uint8_t *copy = malloc(size);
    char *text = malloc(room);
    claim(copy != NULL && text != NULL, "there is memory");
    if (size > 0)
        memcpy(copy, bytes, size);
    check_kind(PRINTABLE_BYTES, copy, size, text, room);
    if (is_utf8((const char *)copy, size))
        check_kind(PRINTABLE_UTF8, copy, size, text, room);
    free(copy);
    free(text);
}
