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
    // TODO 14.4: read the length of the header.
    //   Call: ntohs(3).
    //   Trap: SIZE may be 0 or 1, and BYTES may stand at an odd address. A
    //         header of 0 bytes is malformed.
    //   Proof, with the next steps: make check LESSON=14 CASE=decodes_a
    (void)bytes, (void)size, (void)header_length, (void)problem;
    errno = ENOSYS;
    perror("wire: TODO 14.4, codec_parse_protoheader");
    exit(EXIT_FAILURE);
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
    // TODO 14.6: copy the member that is called NAME into TEXT, if it is there
    //   and is a string that fits.
    //   Call: json_object_get() and json_is_string() of jansson,
    //         has_control() above.
    //   Trap: TEXT has room for CODEC_NAME_SIZE bytes, its final zero one of
    //         them. A control character would break the lines of a log.
    //   Proof, with the next steps: make check LESSON=14 CASE=wrong_members
    (void)problem, (void)object, (void)name, (void)text;
    errno = ENOSYS;
    perror("wire: TODO 14.6, text_member");
    exit(EXIT_FAILURE);
}

static enum codec_result length_member(const json_t *object, size_t *length,
                                       struct codec_problem *problem)
{
    // TODO 14.7: read content-length.
    //   Call: json_is_integer() and json_integer_value() of jansson.
    //   Trap: it may be missing, no number, no whole one, negative, or larger
    //         than CODEC_CONTENT_MAX.
    //   Proof, with the next steps: make check LESSON=14 CASE=bad_length
    (void)problem, (void)object, (void)length;
    errno = ENOSYS;
    perror("wire: TODO 14.7, length_member");
    exit(EXIT_FAILURE);
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
    // TODO 14.5: read the header: JSON, an object, and its four members.
    //   Call: json_loadb() of jansson, order_member(), text_member(),
    //         length_member(), json_decref().
    //   Trap: a member may be there twice, and the header may be JSON of
    //         another kind. What json_loadb() returns is yours to give back,
    //         also when something is wrong.
    //   Proof, with the next step: make check LESSON=14 CASE=header
    (void)bytes, (void)length, (void)header, (void)problem;
    (void)order_member, (void)text_member, (void)length_member;
    errno = ENOSYS;
    perror("wire: TODO 14.5, codec_parse_header");
    exit(EXIT_FAILURE);
}

enum codec_result codec_parse(const void *bytes, size_t size,
                              struct codec_message *message,
                              struct codec_problem *problem)
{
    // TODO 14.3: read a whole message, or say that more is needed.
    //   Call: codec_parse_protoheader(), codec_parse_header().
    //   Trap: any part may not have come yet. What is wrong with a header is
    //         said at once, and its offset is counted from the start of BYTES.
    //   Proof, with the next step: make check LESSON=14 CASE=decodes_a
    (void)bytes, (void)size, (void)message, (void)problem;
    errno = ENOSYS;
    perror("wire: TODO 14.3, codec_parse");
    exit(EXIT_FAILURE);
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
    // TODO 14.1: append a message: the length of its header, the header, and
    //   the content.
    //   Call: check_parts() above; json_pack() and json_dumps() of jansson;
    //         htons(3), buffer_append().
    //   Trap: the length is that of the header alone, and in network byte
    //         order. The content may have zeros in it: SIZE says where it ends.
    //   Proof: make check LESSON=14 CASE=encodes_a
    (void)out, (void)type, (void)encoding, (void)content, (void)size;
    (void)check_parts;
    errno = ENOSYS;
    perror("wire: TODO 14.1, codec_build");
    exit(EXIT_FAILURE);
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
    // TODO 14.8: append what the text is in another encoding.
    //   Call: open_converter() and convert_some() above, iconv_close(3).
    //   Trap: E2BIG only means that there is more to do. At the end, without
    //         any text, iconv() writes what the encoding needs to be complete.
    //   Proof, with the next step: make check LESSON=14 CASE=json
    (void)out, (void)to, (void)from, (void)text, (void)size, (void)problem;
    (void)open_converter, (void)convert_some;
    errno = ENOSYS;
    perror("wire: TODO 14.8, codec_convert");
    exit(EXIT_FAILURE);
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
    // TODO 14.9: read JSON that is in some encoding.
    //   Call: parse_utf8_json() above; before that, for any other encoding
    //         than UTF-8, codec_convert().
    //   Trap: give the buffer back that you have converted into.
    //   Proof: make check LESSON=14
    (void)text, (void)size, (void)encoding, (void)problem;
    (void)parse_utf8_json;
    errno = ENOSYS;
    perror("wire: TODO 14.9, codec_parse_json");
    exit(EXIT_FAILURE);
}
