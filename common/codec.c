#include "codec.h"

#include "printable.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <iconv.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Fills *problem. What a peer has sent may be quoted in it, and is not trusted
// to be fit for a terminal or a log. Returns CODEC_MALFORMED.
__attribute__((format(printf, 3, 4))) static enum codec_result
malformed(struct codec_problem *problem, size_t offset, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->why, sizeof problem->why, format, arguments);
    va_end(arguments);
    for (char *c = problem->why; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    problem->offset = offset;
    problem->error = 0;
    return CODEC_MALFORMED;
}

// The bytes may be right: it is this machine that lacks something. Returns
// CODEC_MALFORMED.
static enum codec_result failed(struct codec_problem *problem, size_t offset,
                                int error, const char *why)
{
    malformed(problem, offset, "%s", why);
    problem->error = error;
    return CODEC_MALFORMED;
}

// What json_loadb() said of WHAT.
static enum codec_result not_json(struct codec_problem *problem,
                                  const char *what, const json_error_t *error)
{
    if (json_error_code(error) == json_error_out_of_memory)
        return failed(problem, 0, ENOMEM, strerror(ENOMEM));
    return malformed(problem, (size_t)error->position, "the %s is not JSON: %s",
                     what, error->text);
}

enum codec_result codec_parse_protoheader(const void *bytes, size_t size,
                                          size_t *header_length,
                                          struct codec_problem *problem)
{
    if (size < CODEC_PROTOHEADER_SIZE)
        return CODEC_NEED_MORE;
    // Copied: the bytes may stand at an odd address, where no uint16_t can.
    uint16_t length;
    memcpy(&length, bytes, sizeof length);
    *header_length = ntohs(length);
    if (*header_length == 0)
        return malformed(problem, 0, "the header's length is 0");
    return CODEC_DONE;
}

// Names are shown in logs, where a line must stay one line.
static bool has_control(const char *name)
{
    // Not only ASCII's: U+0085 ends a line for some, and U+202E turns round
    // what comes after it.
    size_t size = strlen(name);
    return printable_does_harm(name, size);
}

// Copies a member that is a text into TEXT, of CODEC_NAME_SIZE bytes.
static enum codec_result text_member(const json_t *object, const char *name,
                                     char *text, struct codec_problem *problem)
{
    const json_t *member = json_object_get(object, name);
    if (member == NULL)
        return malformed(problem, 0, "the header has no %s", name);
    if (!json_is_string(member))
        return malformed(problem, 0, "%s is not a string", name);
    size_t length = json_string_length(member);
    if (length >= CODEC_NAME_SIZE)
        return malformed(problem, 0, "%s has %zu bytes, more than %d", name,
                         length, CODEC_NAME_SIZE - 1);
    memcpy(text, json_string_value(member), length + 1);
    if (has_control(text))
        return malformed(problem, 0, "%s has a control character", name);
    return CODEC_DONE;
}

static enum codec_result length_member(const json_t *object, size_t *length,
                                       struct codec_problem *problem)
{
    const json_t *member = json_object_get(object, "content-length");
    if (member == NULL)
        return malformed(problem, 0, "the header has no content-length");
    // 41.0 and 4.1e1 are the same number to a mathematician, but not to every
    // reader: only digits are understood by all.
    if (!json_is_integer(member))
        return malformed(problem, 0, "content-length is not a whole number");
    json_int_t value = json_integer_value(member);
    if (value < 0 || value > CODEC_CONTENT_MAX)
        return malformed(problem, 0,
                         "content-length is %" JSON_INTEGER_FORMAT
                         ", not from 0 to %d",
                         value, CODEC_CONTENT_MAX);
    *length = (size_t)value;
    return CODEC_DONE;
}

static enum codec_result order_member(const json_t *object, bool *big_endian,
                                      struct codec_problem *problem)
{
    char order[CODEC_NAME_SIZE];
    enum codec_result result = text_member(object, "byteorder", order, problem);
    if (result != CODEC_DONE)
        return result;
    *big_endian = strcmp(order, "big") == 0;
    if (!*big_endian && strcmp(order, "little") != 0)
        return malformed(problem, 0,
                         "byteorder is '%s', neither little nor big", order);
    return CODEC_DONE;
}

enum codec_result codec_parse_header(const void *bytes, size_t length,
                                     struct codec_header *header,
                                     struct codec_problem *problem)
{
    json_error_t error;
    // A member that is there twice would be one thing to a reader who takes
    // the first, and another to one who takes the last.
    json_t *object = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return not_json(problem, "header", &error);
    enum codec_result result = CODEC_DONE;
    if (!json_is_object(object))
        result = malformed(problem, 0, "the header is not a JSON object");
    if (result == CODEC_DONE)
        result = order_member(object, &header->big_endian, problem);
    if (result == CODEC_DONE)
        result = text_member(object, "content-type", header->type, problem);
    if (result == CODEC_DONE)
        result =
            text_member(object, "content-encoding", header->encoding, problem);
    if (result == CODEC_DONE)
        result = length_member(object, &header->content_length, problem);
    json_decref(object);
    return result;
}

enum codec_result codec_parse(const void *bytes, size_t size,
                              struct codec_message *message,
                              struct codec_problem *problem)
{
    size_t length;
    enum codec_result result =
        codec_parse_protoheader(bytes, size, &length, problem);
    if (result != CODEC_DONE)
        return result;
    const unsigned char *header = bytes;
    header += CODEC_PROTOHEADER_SIZE;
    size_t left = size - CODEC_PROTOHEADER_SIZE;
    if (left < length)
        return CODEC_NEED_MORE;

    result = codec_parse_header(header, length, &message->header, problem);
    if (result != CODEC_DONE) {
        problem->offset += CODEC_PROTOHEADER_SIZE;
        return result;
    }
    if (left - length < message->header.content_length)
        return CODEC_NEED_MORE;
    message->content = header + length;
    message->size =
        CODEC_PROTOHEADER_SIZE + length + message->header.content_length;
    return CODEC_DONE;
}

// Returns 0 if a message can have these; -1 with errno.
static int check_parts(const char *type, const char *encoding, size_t size)
{
    bool too_long = size > CODEC_CONTENT_MAX ||
                    strlen(type) >= CODEC_NAME_SIZE ||
                    strlen(encoding) >= CODEC_NAME_SIZE;
    if (!too_long && !has_control(type) && !has_control(encoding))
        return 0;
    errno = too_long ? EMSGSIZE : EINVAL;
    return -1;
}

int codec_build(struct buffer *out, const char *type, const char *encoding,
                const void *content, size_t size)
{
    if (check_parts(type, encoding, size) == -1)
        return -1;
    json_t *object = json_pack("{s:s, s:s, s:s, s:I}", "byteorder",
                               BYTE_ORDER == BIG_ENDIAN ? "big" : "little",
                               "content-type", type, "content-encoding",
                               encoding, "content-length", (json_int_t)size);
    // It refuses what is not UTF-8.
    char *header = object == NULL ? NULL : json_dumps(object, 0);
    json_decref(object);
    if (header == NULL) {
        errno = EILSEQ;
        return -1;
    }
    // Two names of less than 128 bytes, each at most six times as long in
    // JSON, leave this far below CODEC_HEADER_MAX.
    size_t length = strlen(header);
    uint16_t protoheader = htons((uint16_t)length);
    int result = -1;
    // All the room at once, so that a failure leaves nothing half done.
    if (buffer_reserve(out, sizeof protoheader + length + size) != NULL) {
        buffer_append(out, &protoheader, sizeof protoheader);
        buffer_append(out, header, length);
        buffer_append(out, content, size);
        result = 0;
    }
    free(header);
    return result;
}

// The encodings that a peer may choose: those of Unicode, and those of one byte
// a character. iconv_open(3) of glibc knows some thousand more names, and some
// of what they stand for has crashed, or never ended, on bytes made for that
// (CVE-2020-27618, CVE-2021-3326, CVE-2024-2961).
static const char *const encodings[] = {
    "UTF-8",        "UTF-16",       "UTF-16LE",    "UTF-16BE",
    "UTF-32",       "UTF-32LE",     "UTF-32BE",    "UTF-7",
    "ASCII",        "US-ASCII",     "LATIN1",      "ISO-8859-1",
    "ISO-8859-2",   "ISO-8859-3",   "ISO-8859-4",  "ISO-8859-5",
    "ISO-8859-6",   "ISO-8859-7",   "ISO-8859-8",  "ISO-8859-9",
    "ISO-8859-10",  "ISO-8859-11",  "ISO-8859-13", "ISO-8859-14",
    "ISO-8859-15",  "ISO-8859-16",  "CP1250",      "CP1251",
    "CP1252",       "CP1253",       "CP1254",      "CP1255",
    "CP1256",       "CP1257",       "CP1258",      "WINDOWS-1250",
    "WINDOWS-1251", "WINDOWS-1252", "KOI8-R",      "KOI8-U",
};

// Each system writes the names in its own way: "latin-1", "utf_8", "Utf8".
static bool is_same_name(const char *one, const char *another)
{
    static const char left_out[] = "-_";
    for (;; one++, another++) {
        one += strspn(one, left_out);
        another += strspn(another, left_out);
        if (toupper((unsigned char)*one) != toupper((unsigned char)*another))
            return false;
        if (*one == '\0')
            return true;
    }
}

// Returns how iconv_open(3) calls that encoding; NULL if it is none of those.
static const char *find_encoding(const char *name)
{
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (is_same_name(name, encodings[i]))
            return encodings[i];
    return NULL;
}

// iconv_open(3), for names that a peer may have chosen and spelled.
static iconv_t open_converter(const char *to, const char *from)
{
    const char *known_to = find_encoding(to);
    const char *known_from = find_encoding(from);
    if (known_to != NULL && known_from != NULL)
        return iconv_open(known_to, known_from);
    errno = EINVAL;
    return (iconv_t)-1; // as iconv_open() itself returns it
}

// One call of iconv(3), with room made for what it writes. *text and *left
// move on. Returns as iconv() does; E2BIG means: call again.
static size_t convert_some(iconv_t converter, struct buffer *out, char **text,
                           size_t *left)
{
    size_t reserved = *left + 64;
    char *place = buffer_reserve(out, reserved);
    if (place == NULL)
        return (size_t)-1;
    size_t unused = reserved;
    // Without text it writes what an encoding may need at its end.
    size_t result =
        iconv(converter, *text == NULL ? NULL : text, left, &place, &unused);
    buffer_added(out, reserved - unused);
    if (result == (size_t)-1 || result == 0)
        return result;
    // So many characters have become others: not in glibc, but musl does it.
    errno = EILSEQ;
    return (size_t)-1;
}

int codec_convert(struct buffer *out, const char *to, const char *from,
                  const void *text, size_t size, struct codec_problem *problem)
{
    iconv_t converter = open_converter(to, from);
    if (converter == (iconv_t)-1) {
        const char *unknown = find_encoding(from) == NULL ? from : to;
        if (find_encoding(unknown) == NULL)
            malformed(problem, 0, "no encoding is known that is called '%s'",
                      unknown);
        else // which of the two was wanting, glibc does not tell
            failed(problem, 0, errno, "no memory or descriptor for iconv()");
        return -1;
    }
    char *next = (char *)(uintptr_t)text; // iconv() does not write to it
    size_t left = size;
    size_t result = 0;
    while (left > 0 || next != NULL) {
        if (left == 0)
            next = NULL; // all is read: now the end
        result = convert_some(converter, out, &next, &left);
        if (result == (size_t)-1 && errno != E2BIG)
            break;
    }
    int reason = errno;
    iconv_close(converter);
    if (result != (size_t)-1)
        return 0;
    if (reason == EILSEQ)
        malformed(problem, size - left,
                  "no text in %s, or none that %s has characters for", from,
                  to);
    else if (reason == EINVAL)
        malformed(problem, size - left, "%s ends within a character", from);
    else
        failed(problem, size - left, reason, strerror(reason));
    return -1;
}

static json_t *parse_utf8_json(const void *text, size_t size,
                               struct codec_problem *problem)
{
    json_error_t error;
    json_t *value = json_loadb(
        size == 0 ? "" : text, size,
        JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (value == NULL)
        not_json(problem, "content", &error);
    return value;
}

json_t *codec_parse_json(const void *text, size_t size, const char *encoding,
                         struct codec_problem *problem)
{
    // jansson itself refuses what is not UTF-8.
    if (strcasecmp(encoding, "utf-8") == 0)
        return parse_utf8_json(text, size, problem);
    struct buffer utf8 = {.memory = NULL};
    json_t *value = NULL;
    if (codec_convert(&utf8, "UTF-8", encoding, text, size, problem) == 0) {
        value =
            parse_utf8_json(buffer_bytes(&utf8), buffer_size(&utf8), problem);
        problem->offset = 0; // of what was converted: says nothing here
    }
    buffer_free(&utf8);
    return value;
}
