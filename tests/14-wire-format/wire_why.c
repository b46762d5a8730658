// What is special about content, and about what decode has printed of it.

#include "wire_why.h"

#include "trace/format.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char said[MEANS_SIZE / 2];

__attribute__((format(printf, 1, 2))) static const char *say(const char *text,
                                                             ...)
{
    va_list arguments;
    va_start(arguments, text);
    vsnprintf(said, sizeof said, text, arguments);
    va_end(arguments);
    return said;
}

static bool begins(struct data whole, struct data part)
{
    return part.size <= whole.size &&
           (part.size == 0 || memcmp(whole.bytes, part.bytes, part.size) == 0);
}

static bool is_same(struct data one, struct data another)
{
    return one.size == another.size && begins(one, another);
}

static struct data from(struct data data, size_t at)
{
    return (struct data){data.bytes + at, data.size - at};
}

static struct data up_to(struct data data, size_t size)
{
    return (struct data){data.bytes, size};
}

// How many bytes they have in common at their beginning.
static size_t common_of(struct data one, struct data another)
{
    size_t at = 0;
    while (at < one.size && at < another.size &&
           one.bytes[at] == another.bytes[at])
        at++;
    return at;
}

// It is the beginning of what it should be.
static const char *why_cut(size_t got, struct data wanted)
{
    unsigned char next = (unsigned char)wanted.bytes[got];
    const char *at = "";
    if (next == '\0')
        at = ", before a zero, which ends a C string";
    else if (next == '\n')
        at = ", before a newline, which is a byte like any other";
    else if (next == 0xff)
        at = ", before a byte ff: in a char that is -1, which is EOF, too";
    else if (got == 0)
        return " Nothing of it is there.";
    else if (got + 1 == wanted.size)
        at = ": the last is missing";
    else if (wanted.size - got == 65536)
        at = ", which are 65536 too few: the number was kept in 16 bits";
    else if (got % 1024 == 0)
        at = ", which looks like a buffer's size: go on with the rest";
    return say(" The content ends after %zu of the %zu bytes%s.", got,
               wanted.size, at);
}

// More stands behind what it should be.
static const char *why_longer(struct data got, struct data wanted)
{
    struct data more = from(got, wanted.size);
    if (wanted.size > 0 && is_same(more, wanted))
        return " The content is there twice.";
    if (more.size == 1 && more.bytes[0] == '\0')
        return " Behind the content stands the zero that ends a C string.";
    if (more.size == 1 && more.bytes[0] == '\n')
        return " Behind the content stands a newline, which was not in it.";
    return say(" Behind the %zu bytes of the content there %s %zu more.",
               wanted.size, more.size == 1 ? "is" : "are", more.size);
}

// The bytes with each one made into something else; NULL if it is the same.
static struct data changed(struct data wanted,
                           void (*change)(struct data *, unsigned char))
{
    struct data result = {.bytes = NULL};
    for (size_t i = 0; i < wanted.size; i++)
        change(&result, (unsigned char)wanted.bytes[i]);
    return result;
}

static void as_hex(struct data *to, unsigned char byte)
{
    char digits[3];
    snprintf(digits, sizeof digits, "%02x", byte);
    add(to, digits, 2);
}

static void with_cr(struct data *to, unsigned char byte)
{
    add(to, byte == '\n' ? "\r\n" : (char *)&byte, byte == '\n' ? 2 : 1);
}

static void without_zeros(struct data *to, unsigned char byte)
{
    add(to, &byte, byte != '\0');
}

// Every byte has become something else.
static const char *why_changed(struct data got, struct data wanted)
{
    enum { MOST = 4096 }; // what is long says it in its first bytes
    struct data some = up_to(wanted, wanted.size < MOST ? wanted.size : MOST);
    if (got.size > wanted.size && begins(got, changed(some, as_hex)))
        return " The content is there in hexadecimal digits: these are for people, and "
               "the content is written byte for byte.";
    if (got.size > wanted.size && begins(got, changed(some, with_cr)))
        return " A carriage return (0d) was put before each newline: nothing "
               "is added to content.";
    if (got.size < wanted.size && memchr(some.bytes, '\0', some.size) != NULL &&
        begins(got, changed(some, without_zeros)))
        return " The zeros in it were left out: a zero is a byte like any "
               "other.";
    return NULL;
}

// It begins too early, or too late.
static const char *why_shifted(struct data got, struct data wanted)
{
    enum { FURTHEST = 16, ENOUGH = 3 };
    for (size_t by = 1; by <= FURTHEST && by + ENOUGH <= wanted.size; by++) {
        if (got.size == wanted.size + by && begins(from(got, by), wanted))
            return say(" In front of the content there %s %zu byte%s more.",
                       by == 1 ? "is" : "are", by, by == 1 ? "" : "s");
        if (by + ENOUGH <= got.size && begins(wanted, from(got, by)))
            return say(" The content begins %zu byte%s too early%s.", by,
                       by == 1 ? "" : "s",
                       by == 2 ? ": the header's length does not count the 2 "
                                 "bytes that it stands in itself"
                               : "");
        if (got.size >= ENOUGH && begins(from(wanted, by), got))
            return say(" The content begins %zu byte%s too late.", by,
                       by == 1 ? "" : "s");
    }
    return NULL;
}

// AddressSanitizer fills memory from malloc() with this byte.
static bool is_unwritten(struct data got)
{
    size_t at = 0;
    while (at < got.size && (unsigned char)got.bytes[at] == 0xbe)
        at++;
    return got.size > 0 && at == got.size;
}

// So many bytes, but others.
static const char *why_others(struct data got, struct data wanted)
{
    size_t count = 0, others = 0, at = common_of(got, wanted);
    for (size_t i = 0; got.size == wanted.size && i < got.size; i++) {
        bool differs = got.bytes[i] != wanted.bytes[i];
        bool is_stand_in = got.bytes[i] == '.' || got.bytes[i] == '?';
        count += differs;
        others += differs && (!is_stand_in ||
                              isprint((unsigned char)wanted.bytes[i]) != 0);
    }
    if (count > 0 && others == 0)
        return say(" %zu of the %zu bytes, not printable as characters, became "
                   "\"%c\": content may be any bytes.",
                   count, wanted.size, got.bytes[at]);
    if (at == got.size || at == wanted.size)
        return "";
    if (at == 0 && is_unwritten(got))
        return " It is all bytes be, with which memory from malloc() is filled "
               "here before it is written to: what was printed had not come "
               "yet.";
    if (at == 0)
        return say(" The content begins with %02x where %02x should be.",
                   (unsigned char)got.bytes[0], (unsigned char)wanted.bytes[0]);
    return say(" Its first %zu byte%s right; then it has %02x where %02x "
               "should be.",
               at, at == 1 ? " is" : "s are", (unsigned char)got.bytes[at],
               (unsigned char)wanted.bytes[at]);
}

const char *why_content(struct data got, struct data wanted)
{
    if (is_same(got, wanted))
        return "";
    if (begins(wanted, got))
        return why_cut(got.size, wanted);
    const char *why = NULL;
    if (begins(got, wanted))
        return why_longer(got, wanted);
    if (why == NULL && wanted.size > 0)
        why = why_changed(got, wanted);
    if (why == NULL)
        why = why_shifted(got, wanted);
    return why != NULL ? why : why_others(got, wanted);
}

// True if a member's line begins there.
static bool is_member(const char *at, const char *end)
{
    static const char *const names[LINES] = {
        "byteorder:", "content-type:", "content-encoding:", "content-length:"};
    for (int i = 0; i < LINES; i++)
        if ((size_t)(end - at) >= strlen(names[i]) &&
            strncasecmp(at, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

// What was printed up to the next message, or the end, and whether a newline
// stands behind it.
static struct data printed(const struct place *place, bool *newline)
{
    const char *at = place->at;
    *newline = true;
    for (; at < place->end; at++)
        if (*at == '\n' &&
            (at + 1 == place->end || is_member(at + 1, place->end)))
            return (struct data){(char *)(uintptr_t)place->at,
                                 (size_t)(at - place->at)};
    *newline = false;
    for (at = place->at; at < place->end && !is_member(at, place->end);)
        at++;
    return (struct data){(char *)(uintptr_t)place->at,
                         (size_t)(at - place->at)};
}

const char *why_printed_bytes(const struct place *place,
                              const struct message *message)
{
    bool newline;
    struct data got = printed(place, &newline);
    struct data wanted = {(char *)(uintptr_t)message->content, message->size};
    if (is_same(got, wanted) && !newline)
        return " The content is right; the newline behind it is missing.";
    return why_content(got, wanted);
}

// Sentences about JSON that is neither as it came nor as it should be.
static const char *why_other_json(struct data got, const char *json)
{
    size_t size = strlen(json);
    struct data wanted = {(char *)(uintptr_t)json, size};
    struct data twice = convert("utf-8", "latin1", json, size);
    if (got.size > 3 && memcmp(got.bytes, "\xef\xbb\xbf", 3) == 0)
        return " A byte order mark (ef bb bf) stands in front of it, which is "
               "no part of the text.";
    if (twice.size > size && begins(got, twice))
        return " It was converted though it was UTF-8, as if it were latin1: "
               "each byte of a character became a character.";
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    const char *text = json_string_value(value);
    if (text != NULL && strlen(text) == got.size &&
        memcmp(text, got.bytes, got.size) == 0)
        return " The quotes of the string are left out: they belong to the "
               "content, which is printed as it is.";
    return why_content(got, wanted);
}

const char *why_printed_json(const struct place *place,
                             const struct message *message)
{
    bool newline;
    struct data got = printed(place, &newline);
    struct data raw = {(char *)(uintptr_t)message->content, message->size};
    struct data wanted = {(char *)(uintptr_t)message->json,
                          strlen(message->json)};
    if (is_same(got, wanted))
        return newline ? ""
                       : " The content is right; the newline behind it is "
                         "missing.";
    if (is_same(got, raw))
        return " It was printed as it came, byte for byte: it has to be "
               "converted.";
    // As far as the count that is right for what came in.
    if (got.size < wanted.size && got.size == raw.size && begins(wanted, got))
        return say(" Only %zu bytes of it were printed, as many as "
                   "content-length says: that counts them as they came, and "
                   "in UTF-8 they are %zu.",
                   raw.size, wanted.size);
    return why_other_json(got, message->json);
}

// What is wrong with encoded JSON.
const char *why_json(struct data got, const char *encoding, const char *json)
{
    static const char *const others[] = {"utf-8",  "utf-16le", "utf-16be",
                                         "utf-16", "utf-32le", "utf-32be",
                                         "utf-32", "latin1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct data other = convert(others[i], "utf-8", json, strlen(json));
        if (other.bytes != NULL && is_same(got, other))
            return say(" It is the right text, but in %s.", others[i]);
    }
    struct data utf8 = convert("utf-8", encoding, got.bytes, got.size);
    return utf8.bytes == NULL ? "" : why_other_json(utf8, json);
}

const char *why_more(const char *at, const char *end)
{
    size_t newlines = strspn(at, "\n");
    if (at + newlines == end)
        return say(" What is too many is %zu newline%s: one stands behind each "
                   "content, and nothing behind that.",
                   newlines, newlines == 1 ? "" : "s");
    return is_member(at, end)
               ? " It goes on as if there were another message. The lines of one "
                 "that is cut off, or wrong, are not printed either: they can "
                 "wait until its content is there."
               : "";
}
