// Expectations about the bytes that peers get, and when.

#include "words/expect.h"

#include "words/expect_fail.h"
#include "words/verdict.h"
#include "stage/stage.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool differs(const struct peer *peer)
{
    size_t size = peer->in.size;
    return size > peer->out.size ||
           (size > 0 && memcmp(peer->in.at, peer->out.at, size) != 0);
}

static bool is_echoed(void *subject)
{
    const struct peer *peer = subject;
    return peer->in.size >= peer->out.size || is_over(peer);
}

// Fails if what came back is not what was sent, as far as it has come.
static void expect_no_difference(struct peer *peer, enum wait_result wait)
{
    if (!differs(peer))
        return;
    const struct failure failure = {
        .wait = wait,
        .program = peer->program,
        .peer = peer,
        .expected = peer->out.at,
        .expected_size = peer->out.size,
        .actual = peer->in.at,
        .actual_size = peer->in.size,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "the %zu bytes back that were sent",
             peer->out.size);
    char got[SUMMARY_SIZE];
    if (peer->in.size > peer->out.size)
        snprintf(got, sizeof got, "%zu bytes more than that",
                 peer->in.size - peer->out.size);
    else
        snprintf(got, sizeof got, "other bytes (%zu so far)", peer->in.size);
    verdict_fail(&failure, expected, got);
}

void expect_echo(struct peer *peer)
{
    struct failure failure = {
        .wait = stage_wait(is_echoed, peer),
        .program = peer->program,
        .peer = peer,
    };
    expect_no_difference(peer, failure.wait);
    if (peer->in.size == peer->out.size)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "%zu bytes back", peer->out.size);
    if (!is_over(peer)) {
        failure.awaits = AWAITS_SOME_BYTES;
        failure.missing_bytes = peer->out.size - peer->in.size;
    }
    if (is_over(peer))
        expect_fail(&failure, expected, "%zu bytes, then %s", peer->in.size,
                    peer->saw_end ? "end of stream"
                                  : strerror(peer->saw_error));
    expect_fail(&failure, expected, "%zu bytes, then nothing", peer->in.size);
}

static bool has_ended_stream(void *subject)
{
    const struct peer *peer = subject;
    return peer->in.size > peer->out.size || is_over(peer);
}

void expect_end_of_stream(struct peer *peer)
{
    const struct failure failure = {
        .wait = stage_wait(has_ended_stream, peer),
        .program = peer->program,
        .peer = peer,
        .awaits = AWAITS_STREAM_END,
    };
    expect_no_difference(peer, failure.wait);
    if (peer->saw_end)
        return;
    const char *expected = "end of stream, once all was echoed";
    if (peer->saw_error != 0)
        expect_fail(&failure, expected, "%s", strerror(peer->saw_error));
    expect_fail(&failure, expected, "nothing");
}

struct arrival {
    struct program *program;
    struct peer *peer;
    size_t size;
};

static bool has_arrived(void *subject)
{
    const struct arrival *arrival = subject;
    return arrival->program->ended ||
           (arrival->peer->connected &&
            (arrival->peer->in.size >= arrival->size ||
             arrival->peer->saw_error != 0));
}

// Lets what is still under way arrive, once the program has ended.
static void let_arrive(struct program *program)
{
    if (program->ended && !program->settled)
        program->settled = stage_settle();
}

void expect_connection(struct program *program, struct peer *peer)
{
    struct arrival arrival = {program, peer, 0};
    const struct failure failure = {
        .wait = stage_wait(has_arrived, &arrival),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_CONNECTION,
    };
    // It may have ended before we got round to accepting.
    let_arrive(program);
    char expected[SUMMARY_SIZE], address[ENDPOINT_TEXT_SIZE];
    snprintf(expected, sizeof expected, "a connection to %s",
             endpoint_text(&peer->local, address));
    if (!peer->connected)
        expect_fail(&failure, expected, "none");
}

static void expect_size(struct program *program, struct peer *peer, size_t size)
{
    struct arrival arrival = {program, peer, size};
    const struct failure failure = {
        .wait = stage_wait(has_arrived, &arrival),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_MESSAGE,
    };
    let_arrive(program);
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "at least %zu bytes", size);
    if (peer->in.size < size)
        expect_fail(&failure, expected, "%zu", peer->in.size);
}

void expect_some(struct program *program, struct peer *peer, size_t size)
{
    enum { FAR_TOO_MUCH = 256 * 1024 };
    peer->most = size + FAR_TOO_MUCH;
    expect_size(program, peer, size);
}

void expect_more(struct program *program, struct peer *peer, size_t size)
{
    expect_size(program, peer, peer->in.size + size);
}

void expect_only_from(struct program *program, struct peer *peer,
                      const void *bytes, size_t size)
{
    let_arrive(program);
    size_t common = peer->in.size < size ? peer->in.size : size;
    if (peer->in.size <= size &&
        (common == 0 || memcmp(peer->in.at, bytes, common) == 0))
        return;
    const struct failure failure = {
        .program = program,
        .peer = peer,
        .expected = bytes,
        .expected_size = size,
        .actual = peer->in.at,
        .actual_size = peer->in.size,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "%zu bytes from your program, its message", size);
    expect_fail(&failure, expected, "other bytes (%zu)", peer->in.size);
}

void wants_only(struct peer *peer, size_t size)
{
    enum { TOO_MUCH = 512 }; // who goes round and round, gets there soon
    peer->message = size;
    peer->most = size + TOO_MUCH;
}

void expect_received(struct program *program, struct peer *peer,
                     const void *bytes, size_t size)
{
    struct arrival arrival = {program, peer, size};
    wants_only(peer, size);
    enum wait_result wait = stage_wait(has_arrived, &arrival);
    let_arrive(program);
    const struct failure failure = {
        .wait = wait,
        .program = program,
        .peer = peer,
        .awaits = program->ended ? AWAITS_NOTHING : AWAITS_ITS_MESSAGE,
        .expected = bytes,
        .expected_size = size,
        .actual = peer->in.at,
        .actual_size = peer->in.size,
    };
    expect_only_from(program, peer, bytes, size);
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "%zu bytes from your program", size);
    if (peer->in.size < size)
        expect_fail(&failure, expected, "%zu bytes", peer->in.size);
}
