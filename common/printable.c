#include "printable.h"

#include <string.h>

// How many bytes the character at BYTE has, if a terminal would act on it: a
// control character (also U+0080 to U+009F, commands to some), or one that
// changes the direction of the text around it, or ends a line (U+061C, U+200E,
// U+200F, U+2028 to U+202E, U+2066 to U+2069). 0 for all others.
static size_t harmful(const unsigned char *byte, const unsigned char *end)
{
    unsigned char second = end - byte > 1 ? byte[1] : 0;
    unsigned char third = end - byte > 2 ? byte[2] : 0;
    if (*byte < ' ' || *byte == 0x7f)
        return 1;
    if ((*byte == 0xc2 && second >= 0x80 && second < 0xa0) ||
        (*byte == 0xd8 && second == 0x9c))
        return 2;
    if ((*byte == 0xe2 && second == 0x80 &&
         (third == 0x8e || third == 0x8f ||
          (third >= 0xa8 && third <= 0xae))) ||
        (*byte == 0xe2 && second == 0x81 && third >= 0xa6 && third <= 0xa9))
        return 3;
    return 0;
}

// Writes what stands for BYTE, in hexadecimal if it must not stay as it is.
// Returns how many characters.
static size_t spell(unsigned char byte, bool in_hexadecimal,
                    enum printable_kind kind, char text[4])
{
    static const char digits[] = "0123456789abcdef";
    bool is_bytes = kind == PRINTABLE_BYTES;
    text[0] = '\\';
    switch (byte) {
    case '\n': text[1] = 'n'; return 2;
    case '\r': text[1] = 'r'; return 2;
    case '\t': text[1] = 't'; return 2;
    case '\\': text[1] = '\\'; return is_bytes ? 2 : 1;
    default: break;
    }
    if (in_hexadecimal || (byte > '~' && is_bytes)) {
        text[1] = 'x';
        text[2] = digits[byte >> 4];
        text[3] = digits[byte & 0xf];
        return 4;
    }
    text[0] = (char)byte;
    return 1;
}

char *printable(const void *bytes, size_t size, enum printable_kind kind,
                char *text, size_t room)
{
    static const char more[] = "...";
    const unsigned char *byte = size == 0 ? (const void *)text : bytes;
    const unsigned char *end = byte + size;
    size_t length = 0, fits = 0; // fits: up to here, "..." has room behind it
    size_t harm = 0; // bytes, from this one on, of a character that does some
    for (; byte < end; byte++) {
        char spelled[4];
        if (harm == 0)
            harm = harmful(byte, end);
        size_t added = spell(*byte, harm > 0, kind, spelled);
        harm -= harm > 0;
        // A character of several bytes is left out as a whole.
        bool begins = (*byte & 0xc0) != 0x80 || kind == PRINTABLE_BYTES;
        if (begins && length + sizeof more <= room)
            fits = length;
        if (length + added >= room)
            break;
        memcpy(text + length, spelled, added);
        length += added;
    }
    if (byte < end) {
        memcpy(text + fits, more, sizeof more);
        return text;
    }
    text[length] = '\0';
    return text;
}

bool printable_does_harm(const char *text, size_t size)
{
    const unsigned char *byte = (const void *)text, *end = byte + size;
    while (byte < end && harmful(byte, end) == 0)
        byte++;
    return byte < end;
}
