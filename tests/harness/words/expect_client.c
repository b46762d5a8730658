// Expectations about clients with many connections.

#include "words/expect.h"

#include "stage/peer_wire.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "words/expect_fail.h"

#include <stdio.h>
#include <string.h>

static bool has_finished(void *subject)
{
    return is_over(subject);
}

void expect_end_from(struct program *program, struct peer *peer)
{
    const struct failure failure = {
        .wait = stage_wait(has_finished, peer),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_CLOSE,
    };
    if (peer->saw_end)
        return;
    const char *expected = "the connection closed, once all has come back";
    if (peer->saw_error != 0)
        expect_fail(&failure, expected, "%s", strerror(peer->saw_error));
    expect_fail(&failure, expected, "an open one");
}

static bool is_gone(void *subject)
{
    const struct peer *peer = subject;
    return peer->closed || is_over(peer);
}

void expect_connection_gone(struct program *program, struct peer *peer)
{
    const struct failure failure = {
        .wait = stage_wait(is_gone, peer),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_CLOSE,
    };
    if (!is_gone(peer))
        expect_fail(&failure, "a failed connection closed", "an open one");
}

// False where the tracer has not seen it all, or has forgotten some of it.
static bool calls_are_known(void)
{
    return stage_current()->traced &&
           stage_current()->trace->count <= TRACE_HEAD + TRACE_TAIL;
}

size_t received_by(struct peer *peer)
{
    struct trace *trace = stage_current()->trace;
    size_t taken = 0, i = 0;
    stage_settle(); // it may have finished sending before it receives
    if (!calls_are_known())
        return 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->group == CALLS_RECEIVE && call->result > 0 &&
            peer_of_port(stage_current(), call->port) == peer)
            taken += (size_t)call->result;
    return taken;
}

void expect_taken(struct program *program, struct peer *peer, size_t size)
{
    size_t taken = received_by(peer);
    const struct failure failure = {.program = program, .peer = peer};
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "your program to receive %zu bytes on that connection", size);
    if (taken < size && calls_are_known())
        expect_fail(&failure, expected, "%zu", taken);
}

void expect_accepted(struct program *program, struct peer *server,
                     unsigned count)
{
    stage_settle(); // the last ones may still be in the queue
    if (server->accepted == count)
        return;
    const struct failure failure = {.program = program};
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "%u connections", count);
    expect_fail(&failure, expected, "%u", server->accepted);
}
