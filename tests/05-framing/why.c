// What it means that other bytes have come than should have.

#include "frames.h"

#include "words/content.h"
#include "words/expect_fail.h"

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
    const char *why = " Where does that message begin, in what has been "
                      "received?";
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
    else if (got == (uint16_t)wanted)
        why = " So much is left of it in 16 bits.";
    else if (got > 0 && got < wanted)
        why = " What one recv() brings is no message, and may be a part of "
              "one: wait for as many bytes as its length says.";
    return formatted("The length of %s %zu says %zu, and it has %zu byte%s.%s",
                     place->what, place->number, got, wanted,
                     wanted == 1 ? "" : "s", why);
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
        return meaning_in_line(place, at, wanted->bytes[at], got[at]);
    if (wanted->framing == FIXED)
        return meaning_in_fixed(place, at, wanted->bytes[at], got[at]);
    return NULL;
}

const char *meaning_of_answers(const struct talk *talk, size_t at)
{
    const struct wire *wanted = &talk->wanted;
    const struct bytes *in = &talk->client->in;
    const struct place place = find_place(wanted, at, "answer");
    const char *means = meaning_in_place(&place, wanted, in->at, in->size, at);
    if (means == NULL)
        means = meaning_of_byte(&place, wanted->bytes[at], in->at[at]);
    if (means == NULL && wanted->framing == LENGTH &&
        at + LENGTH_SIZE >= place.from + place.size)
        means =
            formatted("The last bytes of answer %zu differ: its message was "
                      "not whole yet. A frame has the length's four bytes, "
                      "and then as many as that says.",
                      place.number);
    if (means == NULL && in->size > talk->client->sent)
        means = formatted(
            "%zu bytes have come back, and %zu have been sent: it answers what "
            "nobody has said. Behind what has been received stands what was "
            "there before, and a function that knows no size, as strchr(), "
            "goes on into that.",
            in->size, talk->client->sent);
    if (means == NULL)
        means = formatted(
            "Byte %zu of what came back differs, which is byte %zu of answer "
            "%zu. Where does that message begin in what has been received, and "
            "what has become of the bytes behind the one before?",
            at, at - place.from, place.number);
    return means;
}

// The server has ended the connection, and says why; but the client was right.
static const char *meaning_of_refusal(const struct talk *talk, const char *said)
{
    const struct place place =
        find_place(&talk->wanted, talk->client->in.size, "message");
    const char *why =
        "What has come of a message is kept until all of it is there; the next "
        "one begins behind all of its frame; and each client begins anew.";
    const uint32_t size = (uint32_t)place.message_size;
    if (talk->wanted.framing == LENGTH && (size & 0x80808080) != 0)
        why = "Its length has a byte over 127, which a signed char takes for a "
              "negative number: bytes are unsigned char.";
    if (size == 0)
        why = "One without a byte is a message, too.";
    if (size == framing_max(talk->wanted.framing))
        why = "So many it may have. They come in several pieces, and each is "
              "kept until the last is there.";
    if (talk->wanted.framing == LENGTH && place.number == 1 &&
        talk->client->number == 1 && __builtin_bswap32(size) > LENGTH_MAX)
        why =
            formatted("Over the wire the most significant byte of a length "
                      "goes first; taken the other way round, %u is %u. Read: "
                      "man 3 ntohl.",
                      size, __builtin_bswap32(size));
    return formatted(
        "The server has ended the connection, and says on stderr: "
        "\"%.*s\". Message %zu, which has no answer, is right, and "
        "has %zu bytes. %s",
        (int)strcspn(said, "\n"), said, place.number, place.message_size, why);
}

const char *meaning_of_too_few(const struct talk *talk)
{
    const char *said = talk->server->err.bytes;
    if (is_over(talk->client) && talk->before != NULL)
        return talk->before;
    if (is_over(talk->client) && *said != '\0')
        return meaning_of_refusal(talk, said);
    if (is_over(talk->client))
        return "The server has ended the connection, and it is the client that "
               "does so: behind one message there may be another, until an "
               "end comes between two of them.";
    if (received_by(talk->client) < talk->client->sent)
        return NULL;
    if (talk->client->in.size > 0)
        return "All bytes of the client have been received, and not all its "
               "messages answered: one recv() may bring several, or the end of "
               "one and the beginning of the next. What stands behind a "
               "message is looked at before anything else is received.";
    return "All bytes of the client have been received, and its message is "
           "whole: an answer is due, and sent before anything else is received. "
           "What comes is looked at together with what has come before.";
}

const char *meaning_of_too_many(const struct talk *talk)
{
    const struct bytes *in = &talk->client->in;
    size_t at = talk->wanted.size;
    while (at < in->size && in->at[at] == '\n')
        at++;
    if (talk->client->finished)
        return "Bytes that an end has cut short have been answered: they are no "
               "message, as its frame is not whole.";
    if (talk->wanted.framing == LINE && at == in->size)
        return "Empty lines are answered that nobody has sent: what ends a line "
               "is consumed together with it.";
    return "More has come than the answers: each message has one, and what has "
           "been sent or answered once is not sent again.";
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
