#include "base/safe.h"

#include <stdio.h>
#include <string.h>

// How many bytes the UTF-8 character at AT has (RFC 3629); 0 if it is none, or
// one that controls a terminal: C0, DEL, and C1, which begins with 0xc2.
static size_t safe_size(const unsigned char *at)
{
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (size == 1)
        return at[0] >= ' ' && at[0] != 0x7f;
    if (at[0] < 0xc2 || at[0] > 0xf4 || (at[0] == 0xc2 && at[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    // Too long for what it says, a surrogate, or beyond the last character.
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return size;
}

char *safe_text(const char *text)
{
    char *copy = NULL;
    size_t room = 0;
    FILE *out = open_memstream(&copy, &room);
    if (out == NULL)
        return NULL;
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        size_t size = *at == '\n' ? 1 : safe_size(at);
        if (size > 0)
            fwrite(at, 1, size, out);
        else
            fprintf(out, "\\x%02x", *at);
        at += size > 0 ? size : 1;
    }
    return fclose(out) == 0 ? copy : NULL;
}

void safe_write_word(FILE *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789/._-+";
    if (text[strspn(text, plain)] == '\0') {
        fputs(text, out);
        return;
    }
    fputc('\'', out);
    for (const char *c = text; *c != '\0'; c++)
        fputs(*c == '\'' ? "'\\''" : (char[2]){*c, '\0'}, out);
    fputc('\'', out);
}
