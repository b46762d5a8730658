#include "why.h"

#include "stage/stage.h"
#include "words/content.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

uint64_t read_count(const unsigned char *bytes)
{
    uint64_t count;
    memcpy(&count, bytes, sizeof count);
    return be64toh(count);
}

size_t find_difference(const struct peer *client, const struct wire *wire)
{
    size_t at = 0;
    while (at < wire->size && at < client->in.size &&
           wire->bytes[at] == client->in.at[at])
        at++;
    return at;
}

// The last send on that connection that took fewer bytes than it was offered.
static const struct call *find_short_send(const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    const struct call *found = NULL;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->on_socket && call->group == CALLS_SEND && call->finished &&
            call->port == client->local.v4.sin_port && call->result > 0 &&
            (uint64_t)call->result < call->asked)
            found = call;
    return found;
}

// The first short send to that client behind which as much is offered as before
// it; NULL if there is none.
static const struct call *find_offered_again(const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    const struct call *before = NULL;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (!call->on_socket || call->group != CALLS_SEND || !call->finished ||
            call->port != client->local.v4.sin_port || call->result <= 0)
            continue;
        if (before != NULL && call->asked == before->asked)
            return before;
        before = (uint64_t)call->result < call->asked ? call : NULL;
    }
    return NULL;
}

// What byte AT of a wire with answers should be, where that is the first of a
// content behind an earlier one, and is there as if it went on from that.
static bool goes_on_from_the_last(const struct wire *wire, size_t at,
                                  unsigned char got)
{
    uint64_t before = 0;
    for (size_t from = 0; from + COUNT_SIZE <= at;) {
        const uint64_t count = read_count(wire->bytes + from);
        if (from + COUNT_SIZE == at)
            return before > 0 && got == blob_byte(before);
        before += count;
        from += COUNT_SIZE + count;
    }
    return false;
}

// What it means that a send to that client stopped short, if one did; or NULL.
static const char *why_behind_a_short_send(const struct peer *client)
{
    const struct call *sent = find_short_send(client);
    const struct call *again = find_offered_again(client);
    if (again != NULL)
        return formatted(
            "%s() took %" PRId64 " of the %" PRIu64 " bytes it was offered, "
            "and the next one offers %" PRIu64 " again, as if none had been "
            "taken. After a short count the part in which it ended goes on "
            "from there, with iov_base and with iov_len, and the parts before "
            "it count no more. Read: man 2 sendmsg, RETURN VALUE; the lesson "
            "on parts.",
            again->info->name, again->result, again->asked, again->asked);
    if (sent != NULL)
        return formatted(
            "%s() took %" PRId64 " of the %" PRIu64
            " bytes it was offered, and "
            "what came next is not what stands behind these. After a short "
            "count the part in which it ended goes on from there, with "
            "iov_base and with iov_len, and the parts before it count no more. "
            "Read: man 2 sendmsg, RETURN VALUE; the lesson on parts.",
            sent->info->name, sent->result, sent->asked);
    return NULL;
}

const char *why_other(const struct peer *client, const struct wire *wire,
                      size_t at)
{
    const char *means = why_behind_a_short_send(client);
    if (means != NULL)
        return means;
    uint64_t wanted = read_count(wire->bytes);
    if (at >= wire->size)
        return formatted("Behind the %zu bytes that were to come, others have: "
                         "as many as COUNT says, and not one more. What has "
                         "been sent once is not offered again.",
                         wire->size);
    if (goes_on_from_the_last(wire, at, client->in.at[at]))
        return formatted("Byte %zu of the stream is byte 0 of an answer's "
                         "content, and goes on where the content before it "
                         "has ended: each answer begins at place 0 again.",
                         at);
    if (at >= COUNT_SIZE)
        return formatted(
            "Byte %zu of the stream differs. Behind COUNT stands byte 0 of the "
            "content, and blob_byte() has each by its place in that: does the "
            "place go on from one piece to the next, by as much as has been "
            "sent?",
            at);
    uint64_t got = client->in.size < COUNT_SIZE ? 0 : read_count(client->in.at);
    if (wanted > UINT32_MAX && got == (uint32_t)wanted)
        return formatted("The answer begins with %" PRIu64 ", which is what is "
                         "left of %" PRIu64 " in 32 bits: each variable that "
                         "COUNT goes through needs 64.",
                         got, wanted);
    if (got == __builtin_bswap64(wanted))
        return "COUNT has its eight bytes in the wrong order: over the wire "
               "they go in network byte order, the most significant one first. "
               "Read: man 3 htobe64.";
    return formatted("The answer begins with COUNT, which is %" PRIu64
                     " here, in 8 bytes.",
                     wanted);
}

// The first receive on that connection that brought more than a request.
static const struct call *find_large_receive(const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->on_socket && call->group == CALLS_RECEIVE && call->finished &&
            !call->only_looks && call->port == client->local.v4.sin_port &&
            call->result > COUNT_SIZE)
            return call;
    return NULL;
}

// Why less has come than should have, while it still runs.
static const char *meaning_of_waiting(struct peer *client)
{
    const struct call *large = find_large_receive(client);
    if (large != NULL && received_by(client) == client->sent)
        return formatted(
            "All that the client has sent was received, and not all of its "
            "requests have an answer. %s() brought %" PRId64
            " bytes in one call, which is more than a request: ask for the 8 "
            "bytes of one, or keep what stands behind it for the next.",
            large->info->name, large->result);
    return "An answer is COUNT and as many bytes, and behind it may come "
           "another request. It waits for something else.";
}

const char *why_too_few(const struct program *server, struct peer *client,
                        const struct wire *wire)
{
    size_t at = find_difference(client, wire);
    if (at < client->in.size)
        return why_other(client, wire, at);
    const char *said = server->err.bytes;
    // What it sends to a server that has closed already is answered by a reset.
    const bool is_over = client->saw_end || client->saw_error != 0;
    if (is_over && *said != '\0')
        return formatted(
            "The server has ended the connection, and says on "
            "stderr: \"%.*s\". The request was right: COUNT is %" PRIu64
            ", in 8 bytes, and all of them have been sent.",
            (int)strcspn(said, "\n"), said, read_count(wire->bytes));
    if (is_over)
        return "The server has ended the connection, and it is the client that "
               "does so: behind one request there may be another, until "
               "recv_exactly() tells of a clean end.";
    return meaning_of_waiting(client);
}
