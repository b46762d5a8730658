// What is special about a header: as decode has printed it, line by line, and
// as encode has written it.

#include "wire_why.h"

#include <arpa/inet.h>
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

// --- lines that decode has printed -------------------------------------------

// A number that is not the content's length, but another one of the message.
static const char *why_number(size_t number, const struct message *message)
{
    struct data whole = all_of(message, 1);
    const unsigned char *bytes = (const unsigned char *)whole.bytes;
    size_t header = (size_t)bytes[0] << 8 | bytes[1];
    if (message->json != NULL && number == strlen(message->json))
        return " So many bytes it has in UTF-8, after it was converted; "
               "content-length is printed as the header has it.";
    if (number == header)
        return " That is the length of the header.";
    if (number == whole.size)
        return " That is the length of the whole message.";
    if (number == message->size + header)
        return " That is the length of header and content together.";
    return "";
}

// The name is right, a colon and a space follow, and then another value.
static const char *why_value(const struct place *place, const char *name,
                             const char *got, const struct message *message)
{
    const struct message *before = place->before;
    const char *more = "";
    if (strcmp(name, "byteorder") == 0)
        more = strcmp(got, "big") == 0 || strcmp(got, "little") == 0
                   ? " The header says the other of the two."
                   : "";
    else if (strcmp(name, "content-length") == 0)
        more = why_number(strtoull(got, NULL, 10), message);
    else if (strcmp(got, strcmp(name, "content-type") == 0
                             ? either(message->encoding, "binary")
                             : type_of(message)) == 0)
        more = " content-type and content-encoding have changed places.";
    char number[24];
    snprintf(number, sizeof number, "%zu", before == NULL ? 0 : before->size);
    if (before != NULL && strcmp(name, "content-length") == 0 &&
        strcmp(got, number) == 0)
        more = " That is the one of the message before.";
    return say(" Its %s is given as \"%.60s\".%s", name, got, more);
}

// The name is right, and so is the value, but not what stands around them.
static const char *why_form(const char *got, const char *name,
                            const char *value)
{
    const char *behind = got + strlen(name);
    size_t gap = strcspn(behind, value[0] == '\0' ? "" : value);
    const char *found = strstr(behind, value);
    if (found == behind + 2 && strncmp(behind, ": ", 2) == 0) {
        const char *rest = found + strlen(value);
        if (strcmp(rest, "\r") == 0)
            return " The line ends with a carriage return (0d) and a newline: "
                   "here a newline alone ends a line.";
        if (rest[strspn(rest, " \t")] == '\0')
            return " White space stands at its end.";
        if (strstr(rest, "content-") != NULL)
            return " Other members stand in the same line: each has one of "
                   "its own.";
        return NULL;
    }
    if (found != NULL && found[-1] == '"' && found[strlen(value)] == '"')
        return " Its value stands in quotes, as in JSON: json_string_value() "
               "has it without them.";
    if (found != NULL && found - behind < 4) {
        gap = (size_t)(found - behind);
        return gap == 0 ? " Nothing stands between name and value: a colon and "
                          "a space should."
                        : say(" \"%.*s\" stands between name and value: a "
                              "colon and a space should.",
                              (int)gap, behind);
    }
    return NULL;
}

// As the expected line, but with capitals.
static bool is_capitalised(const char *got, const char *line)
{
    size_t size = strlen(line);
    return strncasecmp(got, line, size) == 0 && strncmp(got, line, size) != 0;
}

const char *why_line(const struct place *place, const char *line,
                     const struct message *message)
{
    char got[160], name[24] = "", value[130] = "";
    if (place->at == place->end)
        return place->number > 1 ? " stdout ends here."
               : place->means == NULL
                   ? " stdout is empty."
                   : " stdout is empty. (printf() keeps its text until "
                     "fflush(), exit() or the return from main(); after "
                     "_exit() or abort() it is lost.)";
    snprintf(got, sizeof got, "%.*s", (int)strcspn(place->at, "\n"), place->at);
    if (line == NULL)
        return strcmp(got, "\r") == 0 ? " A carriage return (0d) stands in it."
                                      : say(" In its place stands %.80s.",
                                            shown("", got, strlen(got)));
    sscanf(line, "%23[^:]: %129[^\n]", name, value);
    const char *why = NULL;
    if (strncmp(got, name, strlen(name)) == 0) {
        why = why_form(got, name, value);
        if (why == NULL && strncmp(got + strlen(name), ": ", 2) == 0)
            why = why_value(place, name, got + strlen(name) + 2, message);
    } else if (is_capitalised(got, name)) {
        why = " Its name has capitals: names in JSON are what they are, letter "
              "by letter.";
    } else if (got[0] == '{') {
        why = " The header was printed as JSON: print its four members, each "
              "in a line.";
    }
    if (why != NULL)
        return why;
    return got[0] == '\0' ? " An empty line stands in its place."
                          : say(" In its place stands %.120s.",
                                shown("", got, strlen(got)));
}

// --- headers that encode has written -----------------------------------------

// Where the header begins and how long it is, by its braces. False if there is
// none.
static bool find_header(const unsigned char *bytes, size_t size, size_t *start,
                        size_t *length)
{
    const unsigned char *brace = memchr(bytes, '{', size);
    if (brace == NULL)
        return false;
    json_error_t error;
    *start = (size_t)(brace - bytes);
    json_t *header = json_loadb((const char *)brace, size - *start,
                                JSON_DISABLE_EOF_CHECK, &error);
    *length = header == NULL ? 0 : (size_t)error.position;
    bool found = json_is_object(header);
    json_decref(header);
    return found;
}

// The header stands where it should, and has another length than is said.
static const char *why_count(size_t said_length, size_t length, size_t behind)
{
    if ((said_length >> 8 | (said_length & 0xff) << 8) == length)
        return " With its 2 bytes exchanged it would be right: it needs "
               "htons().";
    if (said_length == length + 2)
        return " It counts its own 2 bytes, too.";
    if (said_length == length + behind)
        return " It counts the content, too.";
    if (length > 0xff && said_length == (length & 0xff))
        return say(" The header has %zu bytes, and only the lower half of that "
                   "number was written: more than 255 need 16 bits.",
                   length);
    if (length > 0x7f && said_length == (0xff00 | (length & 0xff)))
        return say(" The header has %zu bytes, and the number was kept in a "
                   "char, which has a sign: more than 127 need 16 bits, best "
                   "an uint16_t.",
                   length);
    if (said_length == sizeof(void *))
        return " That is sizeof a pointer: strlen() counts characters.";
    return say(" The header behind it has %zu bytes.", length);
}

const char *why_bad_text(const unsigned char *bytes, size_t size)
{
    size_t number = (size_t)bytes[0] << 8 | bytes[1];
    const char *header = (const char *)bytes + 2;
    json_error_t error;
    if (number < 2 || size < 2 + number || header[0] != '{' ||
        header[number - 1] != '}')
        return NULL;
    json_t *object = json_loadb(header, number, 0, &error);
    json_decref(object);
    if (object != NULL)
        return NULL;
    const char *near = strstr(error.text, " near "); // what it quotes
    return say(
        "The length is right, and the %zu bytes behind it begin and end "
        "as an object does, but they are no JSON: %.*s at byte %d. In a "
        "string a quote, a backslash and control characters have a "
        "backslash in front, which the library puts there.",
        number,
        (int)(near != NULL ? (size_t)(near - error.text) : strlen(error.text)),
        error.text, error.position);
}

const char *why_length(const unsigned char *bytes, size_t size)
{
    size_t start, length, number = (size_t)bytes[0] << 8 | bytes[1];
    if (!find_header(bytes, size, &start, &length)) {
        if (number == sizeof(void *))
            return " That is sizeof a pointer: strlen() counts characters.";
        bool cut = size > number + 1 && bytes[2] == '{' && number > 1 &&
                   bytes[number] != '}' && bytes[number + 1] != '}';
        return cut ? " No \"}\" ends the header: is all of it written?"
                   : " What follows is no JSON as it stands: text in it is "
                     "escaped by the library.";
    }
    if (start == 0)
        return " No length stands in front of the header.";
    if (start == 4)
        return " It has 4 bytes, and should have 2.";
    if (start != 2)
        return say(" The header begins at offset %zu, and not at 2: right "
                   "behind the length comes the header, and then the content.",
                   start);
    if (isxdigit(bytes[0]) && isxdigit(bytes[1]))
        return " It was written as text, in digits: it is a number of 2 bytes.";
    if (number == length + 1 && length + 2 < size && bytes[length + 2] == '\0')
        return " The zero that ends a C string was sent, too.";
    return why_count(number, length, size - 2 - length);
}

const char *why_member(const json_t *header, const char *name)
{
    if (json_object_get(header, name) != NULL)
        return "";
    char *names = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&names, &size);
    json_t *object = (json_t *)(uintptr_t)header; // it is only read
    for (void *at = json_object_iter(object); at != NULL;
         at = json_object_iter_next(object, at))
        fprintf(out, "%s\"%.40s\"", ftell(out) == 0 ? "" : ", ",
                json_object_iter_key(at));
    fclose(out);
    return size == 0 ? " It has no members at all."
                     : say(" It has no such member; its members are called "
                           "%.300s.",
                           names);
}
