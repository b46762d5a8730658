// Takes its input byte by byte, with getchar(), and prints each message as
// soon as its last byte is there. jansson unpacks the header in one call; JSON
// is printed anew, with its members sorted and all but ASCII escaped.

#include <endian.h>
#include <errno.h>
#include <iconv.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 64 * 1024 * 1024, LONGEST_NAME = 127 };

static size_t offset; // how many bytes were read

static _Noreturn void refuse(const char *why)
{
    fflush(stdout);
    fprintf(stderr, "wire: %s, at byte %zu\n", why, offset);
    exit(EXIT_FAILURE);
}

// There is no more to read, or it can't be read.
static void look_why(void)
{
    if (!ferror(stdin))
        return;
    perror("wire: stdin");
    exit(EXIT_FAILURE);
}

static int next_byte(void)
{
    int c = getchar_unlocked();
    if (c == EOF)
        look_why();
    if (c == EOF)
        refuse("the input ends too early");
    offset++;
    return c;
}

// Grows as the bytes come, whatever was announced.
static char *take(size_t size)
{
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, &(size_t){0});
    if (out == NULL)
        refuse("no memory");
    while (size-- > 0)
        putc_unlocked(next_byte(), out);
    fclose(out);
    return bytes;
}

static char *convert(const char *to, const char *from, char *text, size_t size,
                     size_t *converted)
{
    iconv_t converter = *to && *from ? iconv_open(to, from) : (iconv_t)-1;
    if (converter == (iconv_t)-1) {
        char why[256];
        snprintf(why, sizeof why, "can't convert %s to %s", from, to);
        refuse(why);
    }
    char *result = NULL;
    FILE *out = open_memstream(&result, converted);
    for (bool last = false; !last;) {
        char piece[4096], *at = piece;
        size_t room = sizeof piece;
        last = size == 0;
        if (iconv(converter, last ? NULL : &text, &size, &at, &room) ==
                (size_t)-1 &&
            errno != E2BIG)
            refuse("no text in this encoding");
        fwrite(piece, 1, sizeof piece - room, out);
    }
    fclose(out);
    iconv_close(converter);
    return result;
}

static char *same_json(const char *text, size_t size)
{
    json_t *value = json_loadb(text, size, JSON_DECODE_ANY, NULL);
    if (value == NULL)
        refuse("this is no JSON");
    char *again = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS |
                                        JSON_ENSURE_ASCII | JSON_COMPACT);
    json_decref(value);
    return again;
}

static void show_json(const char *encoding, char *content, size_t size)
{
    char *utf8 = convert("utf-8", encoding, content, size, &size);
    char *text = same_json(utf8, size);
    printf("%s\n", text);
    free(utf8);
    free(text);
}

static void decode_one(int first)
{
    size_t length = (size_t)first << 8;
    length |= (size_t)next_byte();
    char *text = take(length);
    json_t *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const char *order, *type, *encoding;
    json_int_t size;
    if (json_unpack(header, "{s:s, s:s, s:s, s:I}", "content-type", &type,
                    "content-encoding", &encoding, "byteorder", &order,
                    "content-length", &size) == -1)
        refuse("no header");
    if ((strcmp(order, "little") != 0 && strcmp(order, "big") != 0) ||
        size < 0 || size > LIMIT || strlen(type) > LONGEST_NAME ||
        strlen(encoding) > LONGEST_NAME)
        refuse("a bad header");
    char *content = take((size_t)size);
    FILE *out = stdout;
    bool json = strcmp(type, "text/json") == 0;
    if (json) { // only printed if all is well
        char *utf8 =
            convert("utf-8", encoding, content, (size_t)size, &(size_t){0});
        free(utf8);
        utf8 = convert("utf-8", encoding, content, (size_t)size, &length);
        free(same_json(utf8, length));
        free(utf8);
    }
    fprintf(out, "content-encoding: %s\nbyteorder: %s\n", encoding, order);
    fprintf(out, "content-length: %d\ncontent-type: %s\n\n", (int)size, type);
    if (json) {
        show_json(encoding, content, (size_t)size);
    } else {
        fwrite(content, 1, (size_t)size, out);
        putc('\n', out);
    }
    if (fflush(out) != 0 || ferror(out) != 0) {
        perror("wire");
        exit(EXIT_FAILURE);
    }
    free(content);
    free(text);
    json_decref(header);
}

static void encode(const char *type, const char *encoding)
{
    char *content = NULL;
    size_t size;
    FILE *all = open_memstream(&content, &size);
    for (int c; (c = getchar_unlocked()) != EOF && offset <= LIMIT; offset++)
        putc_unlocked(c, all);
    look_why();
    fclose(all);
    if (strcmp(type, "text/json") == 0) {
        char *json = same_json(content, size);
        free(content);
        content = convert(encoding, "utf-8", json, strlen(json), &size);
        free(json);
    }
    if (size > LIMIT)
        refuse("too much content");
    json_t *object = json_pack(
        "{s:I, s:s, s:s, s:s, s:[i,i]}", "content-length", (json_int_t)size,
        "byteorder", BYTE_ORDER == BIG_ENDIAN ? "big" : "little",
        "content-encoding", encoding, "content-type", type, "version", 1, 0);
    char *header =
        json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    if (header == NULL)
        refuse("a name that is no text");
    printf("%c%c%s", (int)(strlen(header) / 256), (int)(strlen(header) % 256),
           header);
    fwrite(content, 1, size, stdout);
    free(header);
    free(content);
    json_decref(object);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        perror("wire");
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char *argv[])
{
    if (argc == 4 && strcmp(argv[1], "encode") == 0) {
        encode(argv[2], argv[3]);
    } else if (argc == 2 && strcmp(argv[1], "decode") == 0) {
        for (int c; (c = getchar()) != EOF;) {
            offset++;
            decode_one(c);
        }
        look_why();
    } else {
        fputs("wire: bad arguments\nUsage: wire encode TYPE ENCODING\n"
              "       wire decode\n",
              stderr);
        return 2;
    }
    return EXIT_SUCCESS;
}
