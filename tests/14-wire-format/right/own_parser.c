// Reads all input first, then takes it apart with a JSON parser of its own,
// without any library but iconv. The members are printed in another order.

#include <endian.h>
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT (64UL * 1024 * 1024)
#define MEMBERS 4

static const char *const names[MEMBERS] = {
    "byteorder", "content-type", "content-encoding", "content-length"};

struct text {
    const unsigned char *at, *end;
};

// The four members of the header, as the parser finds them.
struct found {
    unsigned char *string[MEMBERS];
    size_t length[MEMBERS];
    long long number;
    bool is_whole, seen[MEMBERS], wrong;
};

static bool value(struct text *t, int depth, struct found *found, int which);

static void space(struct text *t)
{
    while (t->at < t->end && *t->at != '\0' && strchr(" \t\r\n", *t->at))
        t->at++;
}

static bool word(struct text *t, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(t->end - t->at) < size || memcmp(t->at, text, size) != 0)
        return false;
    t->at += size;
    return true;
}

static int hex4(struct text *t)
{
    int value = 0;
    for (int i = 0; i < 4; i++, t->at++) {
        static const char digits[] = "0123456789abcdef";
        int low = t->at < t->end ? *t->at | 0x20 : 0;
        const char *digit =
            t->at<t->end && * t->at> ' ' ? strchr(digits, low) : NULL;
        if (digit == NULL)
            return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

static unsigned char *put(unsigned char *out, long code)
{
    if (code < 0x80) {
        *out++ = (unsigned char)code;
    } else if (code < 0x800) {
        *out++ = (unsigned char)(0xc0 | code >> 6);
        *out++ = (unsigned char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (unsigned char)(0xe0 | code >> 12);
        *out++ = (unsigned char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (unsigned char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (unsigned char)(0xf0 | code >> 18);
        *out++ = (unsigned char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (unsigned char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (unsigned char)(0x80 | (code & 0x3f));
    }
    return out;
}

static unsigned char *escape(struct text *t, unsigned char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (t->at == t->end)
        return NULL;
    int c = *t->at++;
    if (c != 'u') {
        const char *which = c == '\0' ? NULL : strchr(from, c);
        return which == NULL ? NULL : put(out, to[which - from]);
    }
    long code = hex4(t);
    if (code >= 0xd800 && code < 0xdc00) {
        long low = word(t, "\\u") ? hex4(t) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return NULL;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return NULL;
    }
    return code < 0 ? NULL : put(out, code);
}

// Writes the string to *string, which the caller frees.
static bool string(struct text *t, unsigned char **string, size_t *length)
{
    unsigned char *out = malloc((size_t)(t->end - t->at) + 8);
    *string = out;
    if (out == NULL || !word(t, "\""))
        return false;
    while (t->at < t->end && *t->at != '"') {
        if (*t->at < ' ')
            return false;
        if (*t->at != '\\') {
            *out++ = *t->at++;
            continue;
        }
        t->at++;
        out = escape(t, out);
        if (out == NULL)
            return false;
    }
    *length = (size_t)(out - *string);
    *out = '\0';
    return word(t, "\"");
}

static bool digits(struct text *t)
{
    const unsigned char *from = t->at;
    while (t->at < t->end && *t->at >= '0' && *t->at <= '9')
        t->at++;
    return t->at > from;
}

static bool number(struct text *t, struct found *found, int which)
{
    const unsigned char *from = t->at;
    bool whole = true;
    word(t, "-");
    if (!word(t, "0") && !digits(t))
        return false;
    if (word(t, ".")) {
        whole = false;
        if (!digits(t))
            return false;
    }
    if (word(t, "e") || word(t, "E")) {
        whole = false;
        if (!word(t, "+"))
            word(t, "-");
        if (!digits(t))
            return false;
    }
    if (which == 3 && whole && t->at - from < 12) {
        found->is_whole = true;
        for (const unsigned char *c = from; c < t->at; c++)
            if (*c == '-')
                found->is_whole = false;
            else
                found->number = found->number * 10 + (*c - '0');
    }
    return true;
}

static bool member(struct text *t, int depth, struct found *found)
{
    unsigned char *name;
    size_t length;
    int which = -1;
    space(t);
    bool good = string(t, &name, &length);
    for (int i = 0; good && found != NULL && i < MEMBERS; i++)
        if (length == strlen(names[i]) && memcmp(name, names[i], length) == 0)
            which = i;
    free(name);
    if (!good)
        return false;
    if (which != -1) {
        found->wrong |= found->seen[which];
        found->seen[which] = true;
    }
    space(t);
    return word(t, ":") && value(t, depth, found, which);
}

static bool list(struct text *t, const char *close, int depth,
                 struct found *found)
{
    space(t);
    if (word(t, close))
        return true;
    do
        if (!(*close == '}' ? member(t, depth, found)
                            : value(t, depth, NULL, -1)))
            return false;
    while (word(t, ","));
    return word(t, close);
}

static bool value(struct text *t, int depth, struct found *found, int which)
{
    bool good;
    space(t);
    if (depth > 200 || t->at == t->end)
        return false;
    if (*t->at == '"') {
        unsigned char *text;
        size_t length;
        good = string(t, &text, &length);
        if (good && which >= 0 && which < 3 && found->string[which] == NULL) {
            found->string[which] = text;
            found->length[which] = length;
        } else {
            free(text);
        }
    } else if (word(t, "{")) {
        good = list(t, "}", depth + 1, depth == 0 ? found : NULL);
    } else if (word(t, "[")) {
        good = list(t, "]", depth + 1, NULL);
    } else {
        good = word(t, "true") || word(t, "false") || word(t, "null") ||
               number(t, found, which);
    }
    space(t);
    return good;
}

static bool is_utf8(const unsigned char *s, size_t size)
{
    for (size_t i = 0; i < size;) {
        int more = s[i] < 0x80           ? 0
                   : (s[i] >> 5) == 6    ? 1
                   : (s[i] >> 4) == 0xe  ? 2
                   : (s[i] >> 3) == 0x1e ? 3
                                         : -1;
        if (more < 0 || i + (size_t)more >= size)
            return false;
        long code = more == 0 ? s[i] : s[i] & (0x3f >> more);
        for (int k = 1; k <= more; k++) {
            if ((s[i + (size_t)k] & 0xc0) != 0x80)
                return false;
            code = code << 6 | (s[i + (size_t)k] & 0x3f);
        }
        static const long least[] = {0, 0x80, 0x800, 0x10000};
        if (code < least[more] || code > 0x10ffff ||
            (code >= 0xd800 && code < 0xe000))
            return false;
        i += (size_t)more + 1;
    }
    return true;
}

static bool is_json(const void *bytes, size_t size, struct found *found)
{
    struct text text = {bytes, (const unsigned char *)bytes + size};
    return size > 0 && is_utf8(bytes, size) && value(&text, 0, found, -1) &&
           text.at == text.end;
}

// Returns the converted text, NULL if there is none.
static char *convert(const char *to, const char *from, char *text, size_t size,
                     size_t *converted)
{
    iconv_t converter = *to && *from ? iconv_open(to, from) : (iconv_t)-1;
    if (converter == (iconv_t)-1)
        return NULL;
    size_t room = size * 6 + 16, unused = room;
    char *result = malloc(room), *next = result;
    if (result == NULL ||
        iconv(converter, &text, &size, &next, &unused) == (size_t)-1 ||
        iconv(converter, NULL, NULL, &next, &unused) == (size_t)-1) {
        free(result);
        result = NULL;
    }
    iconv_close(converter);
    *converted = room - unused;
    return result;
}

static char *read_all(size_t *size)
{
    size_t room = 1 << 16;
    char *bytes = malloc(room);
    *size = 0;
    while (bytes != NULL) {
        size_t count = fread(bytes + *size, 1, room - *size, stdin);
        *size += count;
        if (count == 0 && ferror(stdin)) {
            perror("wire: stdin");
            break;
        }
        if (count == 0)
            return bytes;
        if (*size == room)
            bytes = realloc(bytes, room *= 2);
    }
    exit(EXIT_FAILURE);
}

static int refuse(size_t offset, const char *why)
{
    fflush(stdout);
    fprintf(stderr, "wire: the message at byte %zu: %s\n", offset, why);
    return EXIT_FAILURE;
}

static bool is(const struct found *found, int which, const char *text)
{
    return found->length[which] == strlen(text) &&
           memcmp(found->string[which], text, found->length[which]) == 0;
}

static const char *check(const struct found *found)
{
    if (found->wrong)
        return "a member stands there twice";
    for (int i = 0; i < MEMBERS - 1; i++)
        if (found->string[i] == NULL)
            return "a member is missing, or no string";
    for (int i = 1; i < MEMBERS - 1; i++)
        if (strlen((const char *)found->string[i]) >= 128)
            return "a name is too long";
    if (!is(found, 0, "little") && !is(found, 0, "big"))
        return "a strange byte order";
    if (!found->is_whole || found->number > (long long)LIMIT)
        return "content-length can't be right";
    return NULL;
}

static const char *show(const struct found *found, char *content, size_t size)
{
    char *text = content;
    size_t length = size;
    if (is(found, 1, "text/json")) {
        text =
            convert("UTF-8", (char *)found->string[2], content, size, &length);
        if (text == NULL || !is_json(text, length, NULL)) {
            free(text);
            return "the content is not JSON in its encoding";
        }
    }
    printf("content-length: %zu\n", size);
    for (int i = MEMBERS - 2; i >= 0; i--)
        printf("%s: %s\n", names[i], (char *)found->string[i]);
    putchar('\n');
    fwrite(text, 1, length, stdout);
    putchar('\n');
    if (text != content)
        free(text);
    return NULL;
}

static int decode(void)
{
    size_t size, at = 0;
    char *all = read_all(&size);
    const char *problem = NULL;
    while (problem == NULL && at < size) {
        const unsigned char *b = (unsigned char *)all + at;
        size_t left = size - at;
        size_t length = left < 2 ? 0 : (size_t)b[0] * 256 + b[1];
        struct found found = {.number = 0};
        if (left < 2 || left - 2 < length)
            problem = "it is cut off";
        else if (b[2] != '{' && memchr(b + 2, '{', length) == NULL)
            problem = "no header";
        else if (!is_json(b + 2, length, &found))
            problem = "the header is not JSON";
        else
            problem = check(&found);
        if (problem == NULL && left - 2 - length < (size_t)found.number)
            problem = "its content is cut off";
        if (problem == NULL)
            problem = show(&found, all + at + 2 + length, (size_t)found.number);
        for (int i = 0; i < MEMBERS; i++)
            free(found.string[i]);
        if (problem == NULL)
            at += 2 + length + (size_t)found.number;
    }
    free(all);
    return problem == NULL ? EXIT_SUCCESS : refuse(at, problem);
}

static size_t write_string(char *to, const char *text)
{
    size_t size = 0;
    to[size++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            to[size++] = '\\';
        if ((unsigned char)*text < ' ')
            size += (size_t)sprintf(to + size, "\\u%04x", *text);
        else
            to[size++] = *text;
    }
    to[size++] = '"';
    return size;
}

static int encode(const char *type, const char *encoding)
{
    size_t size, length = 0;
    char *content = read_all(&size);
    if (strcmp(type, "text/json") == 0) {
        if (!is_json(content, size, NULL))
            return refuse(0, "standard input is not JSON");
        char *utf8 = content;
        content = convert(encoding, "UTF-8", utf8, size, &size);
        free(utf8);
        if (content == NULL) {
            fprintf(stderr, "wire: can't be encoded in %s\n", encoding);
            return EXIT_FAILURE;
        }
    }
    if (size > LIMIT)
        return refuse(LIMIT, "too much content");
    if (!is_utf8((const unsigned char *)type, strlen(type)) ||
        !is_utf8((const unsigned char *)encoding, strlen(encoding)))
        return refuse(0, "a name that is no text");
    char header[4096];
    length += (size_t)sprintf(header,
                              "{\"content-length\":%zu,"
                              "\"content-encoding\":",
                              size);
    length += write_string(header + length, encoding);
    length += (size_t)sprintf(header + length, ",\"content-type\":");
    length += write_string(header + length, type);
    length += (size_t)sprintf(header + length, ",\"byteorder\":\"%s\"}",
                              BYTE_ORDER == BIG_ENDIAN ? "big" : "little");
    putchar((int)(length >> 8));
    putchar((int)(length & 0xff));
    fwrite(header, 1, length, stdout);
    fwrite(content, 1, size, stdout);
    free(content);
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    int status = 2;
    if (argc == 4 && strcmp(argv[1], "encode") == 0)
        status = encode(argv[2], argv[3]);
    else if (argc == 2 && strcmp(argv[1], "decode") == 0)
        status = decode();
    else
        fputs("usage: wire encode TYPE ENCODING | wire decode\n", stderr);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fprintf(stderr, "wire: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    return status;
}
