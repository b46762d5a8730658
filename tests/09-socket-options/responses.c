// What is wrong with the responses that a client has got.

#include "calling.h"

#include "stage/stage.h"
#include "stage/wait.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

// What came first that is not as it should be.
struct flaw {
    unsigned number;    // of the response, from 1 on,
    size_t at;          // which begins there,
    size_t size;        // and has so many bytes, or should have.
    const char *header; // of those that came, if it is whole; or NULL
};

static uint32_t length_at(const void *header)
{
    uint32_t length;
    memcpy(&length, header, sizeof length);
    return ntohl(length);
}

static struct flaw find_flaw(const struct peer *client)
{
    const struct bytes *in = &client->in, *out = &client->out;
    struct flaw flaw = {.number = 1};
    while (flaw.at + HEADER_SIZE <= out->size) {
        flaw.size = length_at(out->at + flaw.at);
        const size_t end = flaw.at + HEADER_SIZE + flaw.size;
        if (end > in->size || end > out->size ||
            memcmp(in->at + flaw.at, out->at + flaw.at, end - flaw.at) != 0)
            break;
        flaw.at = end;
        flaw.number++;
    }
    if (flaw.at + HEADER_SIZE <= in->size)
        flaw.header = (const char *)in->at + flaw.at;
    return flaw;
}

static const char *meaning_of_header(const struct flaw *flaw, uint32_t length)
{
    const char *of = formatted("Response %u begins with the length %u, and the "
                               "request had %zu bytes.",
                               flaw->number, (unsigned)length, flaw->size);
    if (ntohl(length) == flaw->size)
        return formatted("%s The four bytes stand in the order of this "
                         "machine: htonl() puts them in that of the network.",
                         of);
    return formatted("%s A response is a header, that length in 4 bytes, in "
                     "network byte order, and then the same bytes.",
                     of);
}

// Why the responses that there are can't be right; NULL: the calls may tell.
static const char *meaning_of(const struct peer *client,
                              const struct flaw *flaw)
{
    const struct bytes *in = &client->in;
    if (flaw->at >= client->out.size)
        return in->size > client->out.size
                   ? "Each request is answered by one response, and behind "
                     "that stands nothing."
                   : NULL;
    if (flaw->header == NULL)
        return NULL;
    if (length_at(flaw->header) != flaw->size)
        return meaning_of_header(flaw, length_at(flaw->header));
    if (in->size >= flaw->at + HEADER_SIZE + flaw->size)
        return formatted("The header of response %u is right, and of its %zu "
                         "bytes some are not the request's.",
                         flaw->number, flaw->size);
    return NULL;
}

static bool is_complete(void *subject)
{
    const struct peer *client = subject;
    const struct flaw flaw = find_flaw(client);
    return client->in.size >= client->out.size || is_over(client) ||
           meaning_of(client, &flaw) != NULL;
}

// Nothing has failed, and it has hung up all the same.
static bool has_hung_up_by_itself(const struct peer *client)
{
    return is_over(client) && !client->finished && programs_are_traced() &&
           !client->program->ended && !has_seen(EINTR) && !has_seen(EPIPE);
}

void expect_responses(struct peer *client)
{
    struct failure failure = {
        .wait = stage_wait(is_complete, client),
        .program = client->program,
        .peer = client,
    };
    const struct flaw flaw = find_flaw(client);
    const size_t size = client->in.size;
    if (size == client->out.size && flaw.at == size)
        return;
    failure.means = meaning_of(client, &flaw);
    failure.is_sure = failure.means != NULL;
    if (failure.means != NULL) {
        failure.expected = client->out.at;
        failure.expected_size = client->out.size;
        failure.actual = client->in.at;
        failure.actual_size = size;
    } else if (has_hung_up_by_itself(client)) {
        failure.is_sure = true;
        failure.means = formatted(
            "The connection is over, and response %u, of %zu bytes, was still "
            "to come: a client is served until it has finished, however many "
            "its requests are, and each may have up to %d bytes.",
            flaw.number, flaw.size, LONGEST);
    } else if (!is_over(client)) {
        failure.awaits = AWAITS_SOME_BYTES;
        failure.missing_bytes = client->out.size - size;
    }
    expect_fail(&failure,
                formatted("response %u: a length, %zu, and as many bytes",
                          flaw.number, flaw.size),
                "%zu bytes of it%s", size - flaw.at,
                !is_over(client) ? "" : ", and then the end");
}
