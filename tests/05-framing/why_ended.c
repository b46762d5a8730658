// What it means that fewer answers have come than should have, or more.

#include "frames.h"
#include "places.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

// What the server has complained of can't be this client's: none of that has
// been received.
static bool is_left_over(const struct talk *talk)
{
    return stage_current()->traced && talk->client->sent > 0 &&
           received_by(talk->client) == 0;
}

// The server has ended the connection, and says why; but the client was right.
static const char *meaning_of_refusal(const struct talk *talk, const char *said)
{
    const struct place place =
        find_place(&talk->wanted, talk->client->in.size, "message");
    const char *why =
        "What has come of a message is kept until all of it is there, and what "
        "comes goes behind that; the next one begins behind all of its frame; "
        "and each client begins anew.";
    const uint32_t size = (uint32_t)place.message_size;
    if (talk->wanted.framing == LENGTH && size > 0x7f && size <= 0xff)
        why = "Its length has a byte over 127, which a signed char takes for a "
              "negative number: bytes are unsigned char.";
    if (talk->wanted.framing == LENGTH && (size & 0x8000) != 0)
        why = "A length from 32768 to 65535 has the highest of its 16 bits "
              "set, which in a signed number of 16 bits makes it negative.";
    if (size == 0)
        why = "One without a byte is a message, too.";
    if (talk->wanted.framing == LINE && size + 2 == LINE_MAX_SIZE)
        why = "With '\\r' and '\\n' that are 4096, which a line may have.";
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
    if (is_left_over(talk))
        why = "Nothing had been received from this client when that was said: "
              "what was looked at is left from the one before. Each begins "
              "with an empty buffer.";
    return formatted(
        "The server has ended the connection, and says on stderr: "
        "\"%.*s\". Message %zu, which has no answer, is right, and "
        "has %zu bytes. %s",
        (int)strcspn(said, "\n"), said, place.number, place.message_size, why);
}

// The last two receives on that connection, with nothing sent between them,
// have brought something to the same place in memory.
static bool is_received_over(const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    const struct call *last = NULL;
    size_t i = trace->count;
    for (const struct call *call;
         (call = trace_last_call(trace, &i)) != NULL;) {
        if (!call->on_socket || !call->finished || call->result <= 0 ||
            call->port != client->local.v4.sin_port ||
            (call->group & (CALLS_RECEIVE | CALLS_SEND)) == 0)
            continue;
        if (call->info->number != SYS_recvfrom)
            return false;
        if (last != NULL)
            return last->args[1] == call->args[1];
        last = call;
    }
    return false;
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
    const struct place place =
        find_place(&talk->wanted, talk->client->in.size, "answer");
    if (place.from < talk->client->in.size)
        return formatted(
            "Of answer %zu, %zu of %zu bytes have come: a frame is "
            "what it carries and what is put around that, and is "
            "sent whole.",
            place.number, talk->client->in.size - place.from, place.size);
    if (talk->client->in.size > 0)
        return "All bytes of the client have been received, and not all its "
               "messages answered: one recv() may bring several, or the end of "
               "one and the beginning of the next. What stands behind a "
               "message is looked at before anything else is received; and "
               "what has come is counted once, behind what was there.";
    if (talk->sent.size > talk->client->sent)
        return "All bytes of the client have been received: whole messages, "
               "and the beginning of one more, of which the rest may come "
               "tomorrow. The answers to the whole ones are due now, and wait "
               "for nothing in the buffer.";
    if (is_received_over(talk->client))
        return "All bytes of the client have been received, and its message "
               "is whole: an answer is due. But the last recv() has put its "
               "bytes where the one before had put its own: unless these were "
               "kept elsewhere, they are lost. What comes goes behind what has "
               "come before.";
    return "All bytes of the client have been received, and its message is "
           "whole: an answer is due, and sent before anything else is received. "
           "What comes is looked at together with what has come before.";
}

// What has come too much begins with the last answer.
static bool is_last_again(const struct talk *talk)
{
    const struct wire *wanted = &talk->wanted;
    const struct bytes *in = &talk->client->in;
    if (wanted->size == 0)
        return false;
    const struct place last = find_place(wanted, wanted->size - 1, "answer");
    return in->size >= wanted->size + last.size &&
           memcmp(in->at + wanted->size, wanted->bytes + last.from,
                  last.size) == 0;
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
    if (is_last_again(talk))
        return "The last answer comes again: when a message is answered, its "
               "frame is taken out of the buffer.";
    if (in->size > talk->client->sent)
        return meaning_of_unsaid(talk);
    return "More has come than the answers: each message has one, and what has "
           "been sent or answered once is not sent again.";
}
