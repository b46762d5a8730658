// No library for JSON: a small reader and writer of its own. What it writes is
// compact, in another order, with a member more, and all in \u escapes that is
// not a letter.

#include "net.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEPTH = 100, LIMIT = 64 * 1024 * 1024 };

static int give_up(const char *what, const char *why)
{
    fprintf(stderr, "app_client: %s: %s\n", what, why);
    return -1;
}

// ---- Reading

struct text {
    const unsigned char *at, *end;
    int depth;
};

// A value: where it stands, and, of a string, its characters.
struct value {
    const unsigned char *from, *to;
    char *string; // NULL: it is none
    size_t length;
};

static bool read_value(struct text *text, struct value *value);

static void skip_space(struct text *text)
{
    while (text->at < text->end && *text->at != '\0' &&
           strchr(" \t\r\n", *text->at) != NULL)
        text->at++;
}

static bool read_char(struct text *text, char c)
{
    if (text->at == text->end || *text->at != (unsigned char)c)
        return false;
    text->at++;
    return true;
}

static size_t put_utf8(char *to, unsigned long code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)(first[size] | code);
    return size;
}

// How many bytes the character at the start has; 0 if it is no UTF-8.
static size_t utf8_size(const unsigned char *at, const unsigned char *end)
{
    size_t size = *at < 0x80   ? 1
                  : *at < 0xc2 ? 0
                  : *at < 0xe0 ? 2
                  : *at < 0xf0 ? 3
                  : *at < 0xf5 ? 4
                               : 0;
    if (size == 0 || (size_t)(end - at) < size)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool is_wrong = (*at == 0xe0 && at[1] < 0xa0) ||
                    (*at == 0xed && at[1] > 0x9f) ||
                    (*at == 0xf0 && at[1] < 0x90) ||
                    (*at == 0xf4 && at[1] > 0x8f);
    return is_wrong ? 0 : size;
}

static bool read_hex(struct text *text, unsigned long *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, text->at++) {
        if (text->at == text->end || !isxdigit(*text->at))
            return false;
        int digit = tolower(*text->at);
        *code = *code * 16 + (unsigned long)(isdigit(digit) ? digit - '0'
                                                            : digit - 'a' + 10);
    }
    return true;
}

static bool read_escape(struct text *text, char *to, size_t *length)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (text->at == text->end || *text->at == '\0')
        return false;
    unsigned char c = *text->at++;
    const char *name = strchr(names, c);
    if (name != NULL) {
        to[(*length)++] = meant[name - names];
        return true;
    }
    unsigned long code, low;
    if (c != 'u' || !read_hex(text, &code) || (code & 0xfc00) == 0xdc00)
        return false;
    if ((code & 0xfc00) == 0xd800) {
        if (!read_char(text, '\\') || !read_char(text, 'u') ||
            !read_hex(text, &low) || (low & 0xfc00) != 0xdc00)
            return false;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    *length += put_utf8(to + *length, code);
    return true;
}

static bool read_string(struct text *text, struct value *value)
{
    if (!read_char(text, '"'))
        return false;
    value->string = malloc((size_t)(text->end - text->at) + 1);
    value->length = 0;
    if (value->string == NULL)
        return false;
    while (text->at < text->end && *text->at != '"') {
        size_t size = utf8_size(text->at, text->end);
        if (*text->at < ' ' || size == 0)
            break;
        if (read_char(text, '\\')) {
            if (!read_escape(text, value->string, &value->length))
                break;
            continue;
        }
        memcpy(value->string + value->length, text->at, size);
        value->length += size;
        text->at += size;
    }
    value->string[value->length] = '\0';
    if (read_char(text, '"'))
        return true;
    free(value->string);
    value->string = NULL;
    return false;
}

static bool read_digits(struct text *text)
{
    const unsigned char *from = text->at;
    while (text->at < text->end && isdigit(*text->at))
        text->at++;
    return text->at > from;
}

static bool read_number(struct text *text)
{
    read_char(text, '-');
    if (!read_char(text, '0') && !read_digits(text))
        return false;
    if (read_char(text, '.') && !read_digits(text))
        return false;
    if (read_char(text, 'e') || read_char(text, 'E')) {
        if (!read_char(text, '+'))
            read_char(text, '-');
        return read_digits(text);
    }
    return true;
}

static bool read_word(struct text *text, const char *word)
{
    for (; *word != '\0'; word++)
        if (!read_char(text, *word))
            return false;
    return true;
}

// Reads an object. Its members of these names go into *values, where a name
// that is there twice is an error.
static bool read_object(struct text *text, const char *const *names,
                        struct value *values, size_t count)
{
    if (!read_char(text, '{'))
        return false;
    skip_space(text);
    if (read_char(text, '}'))
        return true;
    do {
        struct value name = {.string = NULL}, value = {.string = NULL};
        skip_space(text);
        if (!read_string(text, &name))
            return false;
        skip_space(text);
        bool ok = read_char(text, ':') && read_value(text, &value);
        for (size_t i = 0; ok && i < count; i++)
            if (strcmp(names[i], name.string) == 0) {
                ok = values[i].from == NULL;
                if (ok) {
                    values[i] = value;
                    value.string = NULL;
                }
            }
        free(name.string);
        free(value.string);
        if (!ok)
            return false;
        skip_space(text);
    } while (read_char(text, ','));
    return read_char(text, '}');
}

static bool read_list(struct text *text)
{
    if (!read_char(text, '['))
        return false;
    skip_space(text);
    if (read_char(text, ']'))
        return true;
    do {
        struct value value = {.string = NULL};
        if (!read_value(text, &value))
            return false;
        free(value.string);
        skip_space(text);
    } while (read_char(text, ','));
    return read_char(text, ']');
}

static bool read_value(struct text *text, struct value *value)
{
    skip_space(text);
    value->from = text->at;
    if (text->at == text->end || text->depth == DEPTH)
        return false;
    text->depth++;
    bool ok;
    switch (*text->at) {
    case '{': ok = read_object(text, NULL, NULL, 0); break;
    case '[': ok = read_list(text); break;
    case '"': ok = read_string(text, value); break;
    case 't': ok = read_word(text, "true"); break;
    case 'f': ok = read_word(text, "false"); break;
    case 'n': ok = read_word(text, "null"); break;
    default: ok = read_number(text); break;
    }
    text->depth--;
    value->to = text->at;
    return ok;
}

// Reads a text that is one object, and nothing else.
static bool read_all(const void *bytes, size_t size, const char *const *names,
                     struct value *values, size_t count)
{
    struct text text = {.at = bytes};
    text.end = text.at + size;
    skip_space(&text);
    bool ok = read_object(&text, names, values, count);
    skip_space(&text);
    return ok && text.at == text.end;
}

// ---- The response

static int receive(int fd, unsigned char *bytes, size_t size, const char *part)
{
    for (size_t have = 0; have < size;) {
        ssize_t count = recv(fd, bytes + have, size - have, 0);
        if (count == 0)
            return give_up(part, "the server has ended the connection");
        if (count == -1 && errno != EINTR)
            return give_up(part, strerror(errno));
        if (count > 0)
            have += (size_t)count;
    }
    return 0;
}

enum { ORDER, TYPE, ENCODING, LENGTH, MEMBERS };

// Returns what is wrong with the header; NULL if nothing is.
static const char *look_at(const struct value member[MEMBERS], size_t *length)
{
    if (member[ORDER].string == NULL ||
        (strcmp(member[ORDER].string, "little") != 0 &&
         strcmp(member[ORDER].string, "big") != 0))
        return "byteorder";
    if (member[TYPE].string == NULL)
        return "content-type";
    if (member[ENCODING].string == NULL)
        return "content-encoding";
    const unsigned char *digit = member[LENGTH].from;
    if (digit == NULL)
        return "no content-length";
    for (*length = 0; digit < member[LENGTH].to; digit++) {
        if (!isdigit(*digit) || *length > LIMIT)
            return "content-length is no number of bytes";
        *length = *length * 10 + (size_t)(*digit - '0');
    }
    return *length > LIMIT ? "content-length is too large" : NULL;
}

// Returns the text in UTF-8, to be freed; NULL if it is no text.
static char *to_utf8(const char *encoding, char *text, size_t *size)
{
    size_t room = 4 * *size + 16, left = room;
    char *result = malloc(room), *to = result;
    iconv_t converter =
        *encoding == '\0' ? (iconv_t)-1 : iconv_open("UTF-8", encoding);
    if (result == NULL || converter == (iconv_t)-1) {
        free(result);
        return NULL;
    }
    size_t status = iconv(converter, &text, size, &to, &left);
    iconv_close(converter);
    if (status == (size_t)-1) {
        free(result);
        return NULL;
    }
    *size = room - left;
    return result;
}

// Returns 0; -1 if it can't be written.
static int show_result(const struct value *result)
{
    fputs("got result: ", stdout);
    fwrite(result->string, 1, result->length, stdout);
    return putchar('\n') != EOF ? 0 : -1;
}

static int show_json(const char *encoding, char *content, size_t size)
{
    static const char *const name[] = {"result"};
    struct value result = {.string = NULL};
    char *text = to_utf8(encoding, content, &size);
    if (text == NULL)
        return give_up("no text in this encoding", encoding);
    int status = -1;
    if (!read_all(text, size, name, &result, 1))
        give_up("content", "it is no JSON object");
    else if (result.string == NULL)
        give_up("content", "it has no result that is a text");
    else
        status = show_result(&result);
    free(result.string);
    free(text);
    return status;
}

static int take_content(int fd, const struct value member[MEMBERS],
                        size_t length)
{
    char *content = malloc(length + 1);
    if (content == NULL)
        return give_up("content", strerror(errno));
    int status = receive(fd, (unsigned char *)content, length, "content");
    if (status == 0 && strcmp(member[TYPE].string, "text/json") == 0) {
        status = show_json(member[ENCODING].string, content, length);
    } else if (status == 0) {
        fputs("got response: ", stdout);
        for (size_t i = 0; i < length; i++)
            putchar(isprint((unsigned char)content[i]) ? content[i] : '?');
        putchar('\n');
    }
    free(content);
    return status;
}

static int take_response(int fd)
{
    static const char *const names[] = {"byteorder", "content-type",
                                        "content-encoding", "content-length"};
    static unsigned char bytes[65536];
    struct value member[MEMBERS] = {{.string = NULL}};
    if (receive(fd, bytes, 2, "length of the header") == -1)
        return -1;
    size_t length = (size_t)(bytes[0] << 8 | bytes[1]);
    if (receive(fd, bytes, length, "header") == -1)
        return -1;
    const char *wrong = "it is no JSON object";
    if (read_all(bytes, length, names, member, MEMBERS))
        wrong = look_at(member, &length);
    int status = wrong != NULL ? give_up("header", wrong)
                               : take_content(fd, member, length);
    for (int i = 0; i < MEMBERS; i++)
        free(member[i].string);
    return status;
}

// ---- The request

// Writes a text in UTF-8 as a JSON string. Returns false if it is none.
static bool write_string(FILE *out, const char *string)
{
    const unsigned char *at = (const unsigned char *)string;
    const unsigned char *end = at + strlen(string);
    putc('"', out);
    for (; at < end;) {
        size_t size = utf8_size(at, end);
        if (size == 0)
            return false;
        static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
        unsigned long code = *at & mask[size];
        for (size_t i = 1; i < size; i++)
            code = code << 6 | (at[i] & 0x3f);
        at += size;
        if (code < 0x80 && isalpha((int)code))
            putc((int)code, out);
        else if (code < 0x10000)
            fprintf(out, "\\u%04lx", code);
        else
            fprintf(out, "\\u%04lX\\u%04lX", 0xd800 + ((code - 0x10000) >> 10),
                    0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    putc('"', out);
    return true;
}

// Returns the request, to be freed; NULL if it can't be.
static char *build(const char *action, const char *value, size_t *size)
{
    char *content = NULL, *message = NULL, header[300];
    size_t length = 0;
    FILE *out = open_memstream(&content, &length);
    bool is_json = strcmp(action, "search") == 0, ok = true;
    if (out == NULL)
        return NULL;
    if (is_json) {
        fputs("{\"value\":", out);
        ok = write_string(out, value);
        fputs(",\"action\":\"search\"}", out);
    } else {
        fprintf(out, "%s%s", action, value);
    }
    fclose(out);
    const short one = 1;
    int header_size = snprintf(
        header, sizeof header,
        "{\"content-length\":%zu,\"comment\":[{},null],\"content-type\":\"%s\","
        "\"content-encoding\":\"%s\",\"byteorder\":\"%s\"}",
        length, is_json ? "text\\/json" : "binary/custom-client-binary-type",
        is_json ? "utf-8" : "binary",
        *(const char *)&one == 1 ? "little" : "big");
    out = ok ? open_memstream(&message, size) : NULL;
    if (out != NULL) {
        putc(header_size >> 8, out);
        putc(header_size & 0xff, out);
        fputs(header, out);
        fwrite(content, 1, length, out);
        fclose(out);
    }
    free(content);
    return message;
}

static int ask(int fd, const struct sockaddr_in *address, const char *request,
               size_t size)
{
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1 &&
        (errno != EINTR || net_finish_connect(fd) == -1))
        return give_up("connect", strerror(errno));
    if (net_send_all(fd, request, size) == -1)
        give_up("request", strerror(errno)); // a response may be there, though
    return take_response(fd);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 5 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fputs("app_client: arguments\n"
              "usage: app_client HOST PORT ACTION VALUE\n",
              stderr);
        return 2;
    }
    size_t size;
    char *request = build(argv[3], argv[4], &size);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (request == NULL || fd == -1) {
        give_up("start", fd == -1 ? strerror(errno)
                                  : "a VALUE that is no UTF-8");
        free(request);
        return 1;
    }
    int status = ask(fd, &address, request, size);
    free(request);
    close(fd);
    if (fflush(stdout) == EOF)
        status = give_up("stdout", strerror(errno));
    return status == 0 ? 0 : 1;
}
