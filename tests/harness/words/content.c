#include "words/content.h"

#include "words/expect.h"

#include <err.h>
#include <iconv.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL)
        err(EXIT_FAILURE, "content");
    return memory;
}

void *random_bytes(const char *purpose, size_t size)
{
    unsigned char *bytes = allocate(size);
    struct random random = check_random(purpose);
    random_payload(&random, bytes, size);
    return bytes;
}

char *random_text(const char *purpose, size_t size)
{
    char *text = allocate(size + 1);
    struct random random = check_random(purpose);
    random_letters(&random, text, size);
    text[size] = '\0';
    return text;
}

char *alphabet_text(size_t size)
{
    enum { LETTERS = 'z' - 'a' + 1 };
    char *text = allocate(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % LETTERS);
    text[size] = '\0';
    return text;
}

char *formatted(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size == -1)
        err(EXIT_FAILURE, "content");
    return text;
}

void send_every_byte(struct peer *peer)
{
    unsigned char bytes[2 * (UCHAR_MAX + 1)];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i + 1);
    peer_send(peer, bytes, sizeof bytes);
}

char *convert_text(const char *to, const char *from, const void *text,
                   size_t size, size_t *to_size)
{
    iconv_t converter = iconv_open(to, from);
    if (converter == (iconv_t)-1)
        return NULL;
    // Enough for any encoding, and for the marks that some put in front.
    size_t room = 8 * size + 64, left = room;
    char *result = allocate(room), *next = result;
    char *source = (char *)(uintptr_t)text;
    bool ok = iconv(converter, &source, &size, &next, &left) != (size_t)-1 &&
              iconv(converter, NULL, NULL, &next, &left) != (size_t)-1;
    iconv_close(converter);
    *to_size = room - left;
    if (ok)
        return result;
    free(result);
    return NULL;
}
