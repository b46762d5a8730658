#include "printable.h"

#include <stdbool.h>
#include <string.h>

// The control characters U+0080 to U+009F are two bytes, the second of them
// below 0xa0; to some terminals they are commands.
static bool is_control(const unsigned char *start, const unsigned char *byte,
                       const unsigned char *end)
{
    bool begins =
        *byte == 0xc2 && end - byte > 1 && byte[1] >= 0x80 && byte[1] < 0xa0;
    bool goes_on =
        *byte >= 0x80 && *byte < 0xa0 && byte > start && byte[-1] == 0xc2;
    return *byte < ' ' || *byte == 0x7f || begins || goes_on;
}

// Writes what stands for the byte at BYTE. Returns how many characters.
static size_t spell(const unsigned char *start, const unsigned char *byte,
                    const unsigned char *end, enum printable_kind kind,
                    char text[4])
{
    static const char digits[] = "0123456789abcdef";
    bool is_bytes = kind == PRINTABLE_BYTES;
    text[0] = '\\';
    switch (*byte) {
    case '\n': text[1] = 'n'; return 2;
    case '\r': text[1] = 'r'; return 2;
    case '\t': text[1] = 't'; return 2;
    case '\\': text[1] = '\\'; return is_bytes ? 2 : 1;
    default: break;
    }
    if (is_control(start, byte, end) || (*byte > '~' && is_bytes)) {
        text[1] = 'x';
        text[2] = digits[*byte >> 4];
        text[3] = digits[*byte & 0xf];
        return 4;
    }
    text[0] = (char)*byte;
    return 1;
}

char *printable(const void *bytes, size_t size, enum printable_kind kind,
                char *text, size_t room)
{
    static const char more[] = "...";
    const unsigned char *start = size == 0 ? (const void *)text : bytes;
    const unsigned char *byte = start, *end = start + size;
    size_t length = 0, fits = 0; // fits: up to here, "..." has room behind it
    for (; byte < end; byte++) {
        char spelled[4];
        size_t added = spell(start, byte, end, kind, spelled);
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
