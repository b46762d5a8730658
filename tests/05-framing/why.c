// What it means that other bytes have come than should have.

#include "frames.h"
#include "places.h"

#include "words/content.h"
#include "words/expect_fail.h"

#include <stdint.h>
#include <string.h>

// What only the first one can tell: behind it, a number may be any frame's.
static const char *why_first_length(size_t wanted, size_t got)
{
    if (got == wanted + LENGTH_SIZE)
        return "The four of the length don't count.";
    if (got + LENGTH_SIZE == wanted)
        return "The four of the length are not among those that it counts.";
    if (got == wanted + 1)
        return "Is the zero of a string counted, or a newline?";
    if (got == 0)
        return "Has its length come at all? Of fewer than four bytes, size - 4 "
               "is a huge number.";
    if (got == sizeof(char *))
        return "So many bytes has a pointer: sizeof of a char * is no length.";
    return NULL;
}

static const char *why_length(const struct place *place, size_t got)
{
    const size_t wanted = place->message_size;
    const unsigned char *zero = memchr(place->bytes, '\0', wanted);
    const char *why = place->number == 1 ? why_first_length(wanted, got) : NULL;
    if (got == __builtin_bswap32((uint32_t)wanted))
        return "Turned round its four bytes say just that: over the wire the "
               "most significant one goes first. Read: man 3 htonl; the lesson "
               "on the length.";
    if (why != NULL)
        return why;
    if (zero != NULL && got == (size_t)(zero - place->bytes))
        return "So many stand before its first zero: a message is bytes, and "
               "no string for strlen().";
    if (got == (uint16_t)wanted)
        return "So much is left of that in 16 bits: which variable holds it, "
               "where it is read and where it is written?";
    if (got > 0 && got < wanted)
        return "What one recv() brings is no message, and may be a part of one: "
               "wait for as many bytes as its length says.";
    return "Where does that message begin?";
}

// All of them are told of the same two numbers first.
static const char *meaning_of_length(const struct place *place, size_t got)
{
    const size_t wanted = place->message_size;
    return formatted("The length of %s %zu says %zu, and should say %zu. %s",
                     place->what, place->number, got, wanted,
                     why_length(place, got));
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

static const char *meaning_in_line(const struct place *place, size_t at,
                                   unsigned char wanted, unsigned char got)
{
    if (wanted == '\n' && got == '\r')
        return "A '\\r' stands before the newline that is sent: '\\n' alone ends "
               "a line there, and one right before a newline that has come is no "
               "part of the message.";
    if (wanted == '\n' && got == '\0')
        return "A zero stands before the newline: strings have one at their "
               "end, and messages have not.";
    if (wanted == '\r' && got == '\n')
        return "A '\\r' that does not stand right before the newline ends "
               "nothing: it is a byte of the message, as any other.";
    if (got == '\n' && at == place->from)
        return formatted(
            "Where %s %zu should be, there is an empty one: what ends a line is "
            "consumed together with it, all of it.",
            place->what, place->number);
    if (got == '\n')
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
            "Byte %zu of %s %zu is %d: what fills it up to 32 bytes "
            "is zeros, all of them.",
            at - place->from, place->what, place->number, got);
    const unsigned char *zero = memchr(place->bytes, '\0', place->message_size);
    if (zero != NULL && got == '\0' && wanted != '\0')
        return formatted("A zero within it ends %s %zu: only the zeros at the "
                         "end of the 32 bytes are padding.",
                         place->what, place->number);
    if (at == place->from + FIXED_SIZE - 1)
        return formatted(
            "The last of the 32 bytes of %s %zu differs: a message "
            "may have all of them, and none is kept for a zero.",
            place->what, place->number);
    return NULL;
}

// The byte itself says what was done with it on the way to an answer.
static const char *meaning_of_byte(const struct place *place,
                                   unsigned char wanted, unsigned char got,
                                   bool is_alone)
{
    if (is_small(got) && got - 'a' + 'A' == wanted)
        return formatted(
            "There is a small '%c' in answer %zu: an answer is the "
            "message in capitals.",
            got, place->number);
    const bool is_capital = wanted >= 'A' && wanted <= 'Z';
    if (wanted >= 0x80 || (is_alone && !is_capital))
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
        return meaning_of_length(place, place_length(got + place->from));
    }
    if (wanted->framing == LINE)
        return meaning_in_line(place, at, wanted->bytes[at], got[at]);
    if (wanted->framing == FIXED)
        return meaning_in_fixed(place, at, wanted->bytes[at], got[at]);
    return NULL;
}

// Where a frame should not be the one before, or begin with its message. What
// begins alike tells nothing.
static const char *meaning_of_repeat(const struct wire *wanted,
                                     const struct place *place,
                                     const struct bytes *in)
{
    if (place->number < 2)
        return NULL;
    const struct place before = find_place(wanted, place->from - 1, "answer");
    const size_t at = (size_t)(place->bytes - wanted->bytes);
    const size_t shorter = before.message_size < place->message_size
                               ? before.message_size
                               : place->message_size;
    const bool alike = memcmp(before.bytes, place->bytes, shorter) == 0;
    if ((!alike || wanted->framing == LENGTH) && before.size > 1 &&
        in->size >= place->from + before.size &&
        memcmp(in->at + place->from, wanted->bytes + before.from,
               before.size) == 0)
        return formatted("Answer %zu is answer %zu again: when a message is "
                         "answered, its frame is taken out of the buffer.",
                         place->number, before.number);
    if (!alike && in->size >= at + shorter &&
        memcmp(in->at + at, before.bytes, shorter) == 0)
        return formatted("Answer %zu has the bytes of message %zu: what is "
                         "decoded begins behind all that was consumed.",
                         place->number, before.number);
    return NULL;
}

// Behind a zero nothing was copied.
static bool stops_at_zero(const struct place *place, size_t at,
                          const struct wire *wanted, unsigned char got)
{
    const size_t from = (size_t)(place->bytes - wanted->bytes);
    return got == '\0' && at > from &&
           memchr(place->bytes, '\0', at - from) != NULL;
}

const char *meaning_of_unsaid(const struct talk *talk)
{
    return formatted(
        "%zu bytes have come back, and %zu have been sent: it answers what "
        "nobody has said. Behind what has been received stands what was "
        "there before, and a function that knows no size, as strchr(), "
        "goes on into that.",
        talk->client->in.size, talk->client->sent);
}

static const char *meaning_of_content(const struct talk *talk,
                                      const struct place *place, size_t at)
{
    const struct wire *wanted = &talk->wanted;
    const struct bytes *in = &talk->client->in;
    if (stops_at_zero(place, at, wanted, in->at[at]))
        return formatted("Behind a zero within it, all of message %zu is lost: "
                         "it is copied as a string. memcpy() is told a size.",
                         place->number);
    if (wanted->framing == LENGTH &&
        at + LENGTH_SIZE >= place->from + place->size)
        return formatted("The last bytes of answer %zu differ: its message was "
                         "not whole yet. A frame has the length's four bytes, "
                         "and then as many as that says.",
                         place->number);
    if (in->size > talk->client->sent)
        return meaning_of_unsaid(talk);
    return formatted(
        "Byte %zu of what came back differs, which is byte %zu of answer %zu. "
        "Where does that message begin in what has been received, and what has "
        "become of the bytes behind the one before?",
        at, at - place->from, place->number);
}

const char *meaning_of_answers(const struct talk *talk, size_t at)
{
    const struct wire *wanted = &talk->wanted;
    const struct bytes *in = &talk->client->in;
    const struct place place = find_place(wanted, at, "answer");
    const char *means = meaning_of_repeat(wanted, &place, in);
    if (means == NULL)
        means = meaning_in_place(&place, wanted, in->at, in->size, at);
    if (means == NULL)
        means = meaning_of_byte(&place, wanted->bytes[at], in->at[at],
                                at + 1 < wanted->size && at + 1 < in->size &&
                                    wanted->bytes[at + 1] == in->at[at + 1]);
    return means != NULL ? means : meaning_of_content(talk, &place, at);
}

// A message without anything around it.
static bool is_bare(const struct place *place, const unsigned char *got,
                    size_t size)
{
    const size_t compared =
        place->message_size < LENGTH_SIZE ? place->message_size : LENGTH_SIZE;
    return compared > 1 && size >= place->from + compared &&
           memcmp(got + place->from, place->bytes, compared) == 0;
}

const char *meaning_of_sent(const struct wire *wanted, const unsigned char *got,
                            size_t size, size_t at)
{
    const struct place place = find_place(wanted, at, "message");
    if (wanted->framing == LENGTH && is_bare(&place, got, size))
        return formatted("Where the length of message %zu should be, its own "
                         "bytes are: no frame was put around it.",
                         place.number);
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
