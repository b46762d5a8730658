// What it means that other bytes have come than should have.

#include "frames.h"

#include "words/content.h"

#include <stdint.h>
#include <string.h>

// A frame of those that should have come: what it is, its number, from 1, and
// the bytes.
struct place {
    const char *what; // "answer" or "message"
    size_t number, from, size;
    const unsigned char *bytes; // of the message
    size_t message_size;
};

static size_t read_length(const unsigned char *bytes)
{
    uint32_t length;
    memcpy(&length, bytes, sizeof length);
    return be32toh(length);
}

// Finds the frame in which byte AT is. What should have come is well formed.
static struct place find_place(const struct wire *wire, size_t at,
                               const char *what)
{
    struct place place = {.what = what};
    size_t next = 0;
    while (next <= at && next < wire->size) {
        const unsigned char *bytes = wire->bytes + next;
        place.from = next;
        place.number++;
        place.bytes = bytes + (wire->framing == LENGTH ? LENGTH_SIZE : 0);
        if (wire->framing == LENGTH) {
            place.message_size = read_length(bytes);
            place.size = LENGTH_SIZE + place.message_size;
        } else if (wire->framing == LINE) {
            const unsigned char *end = memchr(bytes, '\n', wire->size - next);
            place.message_size = (size_t)(end - bytes);
            place.size = place.message_size + 1;
        } else {
            place.message_size = place.size = FIXED_SIZE;
            while (place.message_size > 0 && bytes[place.message_size - 1] == 0)
                place.message_size--;
        }
        next += place.size;
    }
    return place;
}

// All of them are told of the same two numbers first.
static const char *meaning_of_length(const struct place *place, size_t got)
{
    const size_t wanted = place->message_size;
    const unsigned char *zero = memchr(place->bytes, '\0', wanted);
    const char *why = "";
    if (got == __builtin_bswap32((uint32_t)wanted))
        why = " Turned round its four bytes say just that: over the wire the "
              "most significant one goes first. Read: man 3 htonl; the lesson "
              "on the length.";
    else if (got == wanted + LENGTH_SIZE)
        why = " The four of the length don't count.";
    else if (got == wanted + 1)
        why = " Is the zero of a string counted, or a newline?";
    else if (zero != NULL && got == (size_t)(zero - place->bytes))
        why = " So many stand before its first zero: a message is bytes, and "
              "no string for strlen().";
    else if (got < wanted)
        why = " What one recv() brings is no message, and may be a part of "
              "one: wait for as many bytes as its length says.";
    return formatted("The length of %s %zu says %zu, and it has %zu bytes.%s",
                     place->what, place->number, got, wanted, why);
}

static bool is_small(unsigned char byte)
{
    return byte >= 'a' && byte <= 'z';
}

// The length's own bytes have been made capitals: 'a' is 97.
static bool has_capital_length(const struct place *place,
                               const unsigned char *got, size_t wanted)
{
    unsigned char bytes[LENGTH_SIZE];
    const uint32_t length = htobe32((uint32_t)wanted);
    memcpy(bytes, &length, sizeof bytes);
    bool any = false;
    for (size_t i = 0; i < LENGTH_SIZE; i++) {
        any = any || is_small(bytes[i]);
        if (is_small(bytes[i]))
            bytes[i] = (unsigned char)(bytes[i] - 'a' + 'A');
    }
    return any && memcmp(bytes, got + place->from, sizeof bytes) == 0;
}

static const char *meaning_in_line(const struct place *place,
                                   unsigned char wanted, unsigned char got)
{
    if (wanted == '\n' && got == '\r')
        return "A '\\r' stands before the newline that is sent: '\\n' alone ends "
               "a line there, and one right before a newline that has come is no "
               "part of the message.";
    if (wanted == '\n' && got == '\0')
        return "A zero stands before the newline: strings have one at their "
               "end, and messages have not.";
    if (got == '\n' && wanted != '\n')
        return formatted(
            "The line of %s %zu ends too early: what one recv() brings is no "
            "message, and a zero in it is no end; a line goes up to its "
            "newline.",
            place->what, place->number);
    return NULL;
}

static const char *meaning_in_fixed(const struct place *place, size_t at,
                                    unsigned char wanted, unsigned char got)
{
    if (at >= place->from + place->message_size)
        return formatted(
            "Byte %zu of answer %zu is %d: what fills a message up "
            "to 32 bytes is zeros, all of them.",
            at - place->from, place->number, got);
    const unsigned char *zero = memchr(place->bytes, '\0', place->message_size);
    if (zero != NULL && got == '\0' && wanted != '\0')
        return formatted(
            "%s %zu stops at a zero that stands within it: only the "
            "zeros at the end are padding.",
            place->what, place->number);
    return NULL;
}

// The byte itself says what was done with it on the way to an answer.
static const char *meaning_of_byte(const struct place *place,
                                   unsigned char wanted, unsigned char got)
{
    if (is_small(got) && got - 'a' + 'A' == wanted)
        return formatted(
            "There is a small '%c' in answer %zu: an answer is the "
            "message in capitals.",
            got, place->number);
    if (wanted >= 0x80)
        return formatted("A byte %d of the message has become %d: ASCII's "
                         "letters are a to z, and all other bytes stay as they "
                         "are.",
                         wanted, got);
    return NULL;
}

static const char *meaning_in_place(const struct place *place,
                                    const struct wire *wanted,
                                    const unsigned char *got, size_t size,
                                    size_t at)
{
    const bool in_length =
        wanted->framing == LENGTH && at < place->from + LENGTH_SIZE;
    if (in_length && size >= place->from + LENGTH_SIZE) {
        if (has_capital_length(place, got, place->message_size))
            return "The length of the answer has been changed as if it were "
                   "text: of a frame only the message is made capitals, and a "
                   "length may have a byte of 97 to 122.";
        return meaning_of_length(place, read_length(got + place->from));
    }
    if (wanted->framing == LINE)
        return meaning_in_line(place, wanted->bytes[at], got[at]);
    if (wanted->framing == FIXED)
        return meaning_in_fixed(place, at, wanted->bytes[at], got[at]);
    return NULL;
}

const char *meaning_of_difference(const struct wire *wanted,
                                  const unsigned char *got, size_t size,
                                  size_t at)
{
    const struct place place = find_place(wanted, at, "answer");
    const char *means = meaning_in_place(&place, wanted, got, size, at);
    if (means == NULL)
        means = meaning_of_byte(&place, wanted->bytes[at], got[at]);
    if (means == NULL)
        means = formatted(
            "Byte %zu of what came back differs, which is byte %zu of answer "
            "%zu. Where does that message begin in what has been received, and "
            "what has become of the bytes behind the one before?",
            at, at - place.from, place.number);
    return means;
}

const char *meaning_of_sent(const struct wire *wanted, const unsigned char *got,
                            size_t size, size_t at)
{
    const struct place place = find_place(wanted, at, "message");
    const char *means = meaning_in_place(&place, wanted, got, size, at);
    if (means == NULL)
        means =
            formatted("Byte %zu of what was sent differs, which is byte %zu "
                      "of message %zu, counted from 0 at the beginning of "
                      "its frame. Each MESSAGE is sent as it stands in "
                      "argv[], framed as FRAMING says.",
                      at, at - place.from, place.number);
    return means;
}
