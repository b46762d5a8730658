#include "guard.h"

#include "buffer.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <jansson.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- what is printed ---------------------------------------------------------

// What standard output got: there is no other way to it from where it is
// written. With a final zero.
static struct {
    char *text;
    size_t size, room;
    bool in_ascii;
} log_text;

static void check_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        claim((text[i] >= ' ' && text[i] <= '~') || text[i] == '\n' ||
                  ((unsigned char)text[i] >= 0x80 && !log_text.in_ascii),
              "what is printed is fit for a terminal");
}

static ssize_t write_log(void *cookie, const char *text, size_t size)
{
    check_text(text, size);
    if (cookie == NULL)
        return (ssize_t)size;
    if (size >= log_text.room - log_text.size) {
        log_text.room = 2 * (log_text.size + size + 1);
        log_text.text = realloc(log_text.text, log_text.room);
        claim(log_text.text != NULL, "there is memory");
    }
    memcpy(log_text.text + log_text.size, text, size);
    log_text.size += size;
    log_text.text[log_text.size] = '\0';
    return (ssize_t)size;
}

static FILE *open_log(void *cookie)
{
    cookie_io_functions_t functions = {.write = write_log};
    FILE *stream = fopencookie(cookie, "w", functions);
    claim(stream != NULL, "a stream can be opened");
    setvbuf(stream, NULL, _IOFBF, 16384);
    return stream;
}

void guard_check_log(void)
{
    fflush(stdout);
    fflush(stderr);
}

void guard_forget_log(void)
{
    guard_check_log();
    log_text.size = 0;
}

unsigned guard_count_lines(const char *label, const char **last)
{
    guard_check_log();
    unsigned count = 0;
    const char *line = log_text.size == 0 ? NULL : log_text.text;
    while (line != NULL && *line != '\0') {
        if (strncmp(line, label, strlen(label)) == 0) {
            *last = line + strlen(label);
            count++;
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return count;
}

// --- encodings ---------------------------------------------------------------

iconv_t __real_iconv_open(const char *to, const char *from);
iconv_t __wrap_iconv_open(const char *to, const char *from);

// Without '-' and '_', in lower case. Between them they have one byte for a
// character, several, marks at the start, and states that end at the end.
static const char *const encodings[] = {
    "utf8",  "utf16",  "utf16le", "utf16be",  "utf32",     "utf7",
    "ascii", "latin1", "cp1252",  "shiftjis", "iso2022jp", "ucs2"};
enum { ENCODINGS = sizeof encodings / sizeof *encodings };

static bool is_allowed(const char *name)
{
    char plain[16];
    size_t length = 0, letters = 0;
    for (const char *c = name; *c != '\0'; c++)
        letters += isalnum((unsigned char)*c) != 0;
    claim(letters > 0, "iconv gets no name that is empty to it");
    for (; *name != '\0'; name++) {
        claim(*name != '/' && *name != ',', "iconv gets names, not options");
        if (*name == '-' || *name == '_')
            continue;
        if (length == sizeof plain - 1)
            return false;
        plain[length++] = (char)tolower((unsigned char)*name);
    }
    plain[length] = '\0';
    for (int i = 0; i < ENCODINGS; i++)
        if (strcmp(plain, encodings[i]) == 0)
            return true;
    return false;
}

iconv_t __wrap_iconv_open(const char *to, const char *from)
{
    if (is_allowed(to) && is_allowed(from))
        return __real_iconv_open(to, from);
    errno = EINVAL;
    return (iconv_t)-1;
}

void guard_prepare(enum printable_kind log)
{
    json_object_seed(1); // the same input does the same each time
    log_text.in_ascii = log == PRINTABLE_BYTES;
    stdout = open_log(&log_text);
    stderr = open_log(NULL);
    // The C library forgets an encoding with the last that is open.
    static iconv_t kept[ENCODINGS][2];
    for (int i = 0; i < ENCODINGS; i++) {
        kept[i][0] = __real_iconv_open("UTF-8", encodings[i]);
        kept[i][1] = __real_iconv_open(encodings[i], "UTF-8");
    }
}

// --- JSON --------------------------------------------------------------------

json_t *__real_json_loadb(const char *bytes, size_t size, size_t flags,
                          json_error_t *error);
json_t *__wrap_json_loadb(const char *bytes, size_t size, size_t flags,
                          json_error_t *error);

json_t *__wrap_json_loadb(const char *bytes, size_t size, size_t flags,
                          json_error_t *error)
{
    // The cast: it is declared without const, and writes nothing.
    if (size > 0)
        claim(__asan_region_is_poisoned((void *)(uintptr_t)bytes, size) == NULL,
              "json_loadb() gets bytes that may be read");
    return __real_json_loadb(bytes, size, flags, error);
}

// --- buffers -----------------------------------------------------------------

void *__real_buffer_reserve(struct buffer *buffer, size_t size);
void __real_buffer_added(struct buffer *buffer, size_t size);
int __real_buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void __real_buffer_drop(struct buffer *buffer, size_t size);
void __real_buffer_free(struct buffer *buffer);
void *__wrap_buffer_reserve(struct buffer *buffer, size_t size);
void __wrap_buffer_added(struct buffer *buffer, size_t size);
int __wrap_buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void __wrap_buffer_drop(struct buffer *buffer, size_t size);
void __wrap_buffer_free(struct buffer *buffer);

static void open_up(struct buffer *buffer)
{
    if (buffer->memory != NULL)
        ASAN_UNPOISON_MEMORY_REGION(buffer->memory, buffer->room);
}

// Only what waits, and RESERVED bytes behind it, may be touched.
static void fence(struct buffer *buffer, size_t reserved)
{
    claim(buffer->from <= buffer->to && buffer->to <= buffer->room,
          "a buffer's bytes are inside of its memory");
    if (buffer->memory == NULL)
        return;
    size_t end = buffer->to + reserved;
    ASAN_POISON_MEMORY_REGION(buffer->memory, buffer->from);
    ASAN_POISON_MEMORY_REGION(buffer->memory + end, buffer->room - end);
}

void *__wrap_buffer_reserve(struct buffer *buffer, size_t size)
{
    open_up(buffer);
    void *place = __real_buffer_reserve(buffer, size);
    fence(buffer, place == NULL ? 0 : size);
    return place;
}

void __wrap_buffer_added(struct buffer *buffer, size_t size)
{
    claim(size <= buffer->room - buffer->to, "no more is added than reserved");
    __real_buffer_added(buffer, size);
    open_up(buffer);
    fence(buffer, 0);
}

int __wrap_buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    open_up(buffer);
    int result = __real_buffer_append(buffer, bytes, size);
    fence(buffer, 0);
    return result;
}

void __wrap_buffer_drop(struct buffer *buffer, size_t size)
{
    claim(size <= buffer_size(buffer), "no more is dropped than waits");
    __real_buffer_drop(buffer, size);
    open_up(buffer);
    fence(buffer, 0);
}

void __wrap_buffer_free(struct buffer *buffer)
{
    open_up(buffer);
    __real_buffer_free(buffer);
}
