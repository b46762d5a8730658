// Grading tests for lesson 04: what blob_server promises, check by check, in
// the order in which the TODOs make them pass.

#include "grader/grade.h"

#include "blobs.h"
#include "stage/stage.h"
#include "trace/format.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <inttypes.h>
#include <stdlib.h>

LESSON("04-short-counts", "Exactly as many bytes, in both directions",
       PROTOCOL_COUNTS | PROTOCOL_IN_TURN)

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "That is server_run() in server.h: is it called with HOST and PORT?")
{
    server_announces_itself(SERVER);
}

GRADED(tells_a_clean_end_from_an_early_one, 2,
       "tells an end between two requests from one within a request",
       "recv() returned 0. How many bytes of this request had come before?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    expect_quiet(server);
    peer_finish_sending(client);
    expect_end_from(server, client);
    expect_complaints(server, 0);
    for (size_t size = 1; size < COUNT_SIZE; size++) {
        client = connect_to(server);
        peer_send(client, "\0\0\0\0\0\0\0", size);
        peer_finish_sending(client);
        expect_end_from(server, client);
        expect_complaints(server, size);
    }
}

static void answer(size_t count)
{
    struct wire wire = {.size = 0};
    begin_timeline_anew();
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    ask(client, count);
    add_answer(&wire, count);
    expect_answers(server, client, &wire);
    peer_finish_sending(client);
    expect_end_from(server, client);
    expect_answers(server, client, &wire);
    expect_complaints(server, 0);
    free(wire.bytes);
}

GRADED(answers_a_request, 2, "answers a request with COUNT and its bytes",
       "How many bytes has COUNT on the wire, and in which order?")
{
    answer(100);
    answer(0x0102);
}

GRADED(answers_for_nothing, 1, "answers COUNT 0 with COUNT alone",
       "How many bytes stand behind a COUNT of 0?")
{
    answer(0);
    answer(1);
}

GRADED(answers_in_many_pieces, 1,
       "answers with as many bytes as were asked for, however many pieces",
       "At which place of the content does the second piece begin?")
{
    answer(KIB(16));
    answer(KIB(16) + 1);
    answer(100000);
}

GRADED(answers_several_requests, 2,
       "answers one request after another in the same connection",
       "What comes behind an answer: the end, or another request?")
{
    struct wire wire = {.size = 0};
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    static const size_t counts[] = {3, 0, 1000, 20000, 1};
    for (size_t i = 0; i < COUNT(counts); i++) {
        ask(client, counts[i]);
        add_answer(&wire, counts[i]);
        expect_answers(server, client, &wire);
    }
    // And all of them at once.
    for (size_t i = 0; i < COUNT(counts); i++) {
        ask(client, counts[i]);
        add_answer(&wire, counts[i]);
    }
    expect_answers(server, client, &wire);
    peer_finish_sending(client);
    expect_end_from(server, client);
    expect_complaints(server, 0);
}

GRADED(takes_a_request_in_pieces, 1,
       "puts a request together that comes byte by byte",
       "recv() may bring a single byte of the eight. Where do the others go?")
{
    struct wire wire = {.size = 0};
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_in_pieces(client, 1, false);
    ask(client, 0x010203);
    add_answer(&wire, 0x010203);
    expect_answers(server, client, &wire);
    ask(client, 5);
    add_answer(&wire, 5);
    expect_answers(server, client, &wire);
}

// What has begun the answer on that connection had more in it than the COUNT.
static void expect_together(struct program *server, struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (call->group != CALLS_SEND || !call->on_socket ||
            call->root != server->pid || call->fd <= 2)
            continue;
        if (call->asked > COUNT_SIZE)
            return;
        const struct failure failure = {
            .program = server,
            .peer = client,
            .is_sure = true,
            .means = "COUNT leaves alone, and the content behind it by another "
                     "call: that can be two packets where one would do, and "
                     "with another side that waits before it acknowledges, 40 "
                     "ms. One call can have both: sendmsg(), from two places; "
                     "or send(), from one buffer. (This check is about that "
                     "alone.) Read: man 2 sendmsg; the lesson on parts.",
        };
        expect_fail(&failure, "COUNT and content offered by one call",
                    "%" PRIu64 " bytes, and then the rest", call->asked);
    }
}

GRADED(sends_header_and_content_together, 1,
       "lets COUNT and the content leave together, in one call",
       "Which call sends from two places in memory at once?")
{
    struct wire wire = {.size = 0};
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    ask(client, 50);
    add_answer(&wire, 50);
    expect_answers(server, client, &wire);
    expect_together(server, client);
}

GRADED(survives_short_sends, 3,
       "sends it all, wherever a send stops short within its parts",
       "The kernel took 11 bytes: all of the first part, and three of the "
       "second. What is left of either?")
{
    for (size_t bytes = 1; bytes <= 12; bytes++) {
        end_weather();
        cut_each(CALLS_SEND, bytes);
        answer(25);
    }
}

GRADED(answers_a_slow_reader, 1, "sends 8 MiB to a client that reads slowly",
       "send() may take fewer bytes than you offered. What happens to the "
       "rest?")
{
    struct wire wire = {.size = 0};
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_stop_reading(client);
    ask(client, MIB(8));
    expect_quiet(server);
    peer_read_slowly(client, KIB(256));
    peer_resume_reading(client);
    add_answer(&wire, MIB(8));
    expect_answers(server, client, &wire);
    peer_finish_sending(client);
    expect_end_from(server, client);
    expect_answered_client(server);
}
