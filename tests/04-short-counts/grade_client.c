// What blob_client promises: exactly the bytes that it asked for.

#include "grader/grade.h"

#include "blobs.h"
#include "words/verdict.h"
#include "words/content.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

PART(3)

// A server that answers with these bytes, and then does that.
enum ending { ENDS, RESETS };
static struct program *fetch_from(uint64_t count, const struct wire *wire,
                                  enum ending ending)
{
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = fetch(server, count);
    peer_send(server, wire->bytes, wire->size);
    if (ending == ENDS) {
        peer_finish_sending(server);
        return client;
    }
    expect_quiet(client); // else a reset overtakes what was sent
    peer_reset(server);
    return client;
}

static void fetch_all(size_t count, size_t piece)
{
    struct wire wire = {.size = 0};
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = fetch(server, count);
    if (piece > 0)
        peer_send_in_pieces(server, piece, false);
    add_answer(&wire, count);
    peer_send(server, wire.bytes, wire.size);
    peer_finish_sending(server);
    expect_fetched(client, count);
    free(wire.bytes);
}

GRADED(refuses_a_wrong_header, 2,
       "the client ends with status 1 if the answer is to another COUNT",
       "What stands in the first eight bytes, and what did you ask for?")
{
    static const uint64_t others[] = {101, 0, UINT64_C(100) << 56,
                                      (UINT64_C(1) << 32) + 100};
    for (size_t i = 0; i < COUNT(others); i++) {
        struct wire wire = {.size = 0};
        add_count(&wire, others[i]);
        add_blob(&wire, 0, 100);
        struct program *client = fetch_from(100, &wire, ENDS);
        expect_failure(
            client,
            formatted("It asked for 100 bytes, and the answer "
                      "begins with %" PRIu64 "%s.",
                      others[i],
                      others[i] > UINT32_MAX && (uint32_t)others[i] == 100
                          ? ", which only in 32 bits is the same"
                          : ""));
        expect_complaint(client, 1);
    }
}

GRADED(fetches_a_blob, 2, "the client writes the content to stdout",
       "What comes first, and how many bytes stand behind it?")
{
    fetch_all(100, 0);
    fetch_all(0, 0);
    fetch_all(1, 0);
    fetch_all(100000, 0);
}

GRADED(fetches_in_any_pieces, 2,
       "the client puts an answer together that comes in pieces",
       "recv() brings what has arrived. Which of your calls wants exactly so "
       "many?")
{
    fetch_all(20, 1);
    fetch_all(300, 7);
    fetch_all(KIB(40), 5000);
}

GRADED(finds_a_wrong_byte, 2,
       "the client says at which offset the first wrong byte is",
       "Which byte of the content is this, counted from 0?")
{
    enum { SIZE = 40000 };
    static const size_t places[] = {0, 1, 250, 16384, 20001, SIZE - 1};
    for (size_t i = 0; i < COUNT(places); i++) {
        struct wire wire = {.size = 0};
        add_answer(&wire, SIZE);
        unsigned char *byte = &wire.bytes[COUNT_SIZE + places[i]];
        *byte = i % 2 == 0 ? 0xff : (unsigned char)(*byte ^ 1);
        struct program *client = fetch_from(SIZE, &wire, ENDS);
        expect_told(client, places[i], places[i],
                    formatted("Byte %zu of the content is %d, and not %d as "
                              "blob_byte() says. Each byte is to be looked at, "
                              "of each piece.",
                              places[i], *byte, blob_byte(places[i])));
        expect_written(client, 0, places[i],
                       "What is written has been looked at: from the wrong "
                       "byte on, nothing goes to stdout.");
        free(wire.bytes);
    }
}

GRADED(reports_an_early_end, 2,
       "the client says how many of the bytes have come before an end",
       "recv() returned 0, and some are missing. How many have come?")
{
    enum { SIZE = 20 };
    for (size_t size = 0; size < COUNT_SIZE + SIZE; size++) {
        struct wire wire = {.size = 0};
        add_answer(&wire, SIZE);
        wire.size = size;
        struct program *client = fetch_from(SIZE, &wire, ENDS);
        if (size >= COUNT_SIZE) {
            const size_t came = size - COUNT_SIZE;
            expect_told(client, came, SIZE,
                        "The server has finished, and bytes are missing.");
            expect_written(client, came, came,
                           "What has come before the end is content, too: it "
                           "is looked at, and written to stdout.");
        } else {
            expect_failure(client, "The server has finished within COUNT.");
        }
        expect_complaint(client, 1);
    }
}

GRADED(reports_a_reset, 1,
       "the client says so when the server resets, wherever that is",
       "recv() returned -1. Is that the end of the stream?")
{
    enum { SIZE = 5 };
    for (size_t size = 0; size < COUNT_SIZE + SIZE; size++) {
        struct wire wire = {.size = 0};
        add_answer(&wire, SIZE);
        wire.size = size;
        expect_error(fetch_from(SIZE, &wire, RESETS), 1, ECONNRESET);
    }
    // Behind the last byte nobody is told what to make of it; but it is no
    // byte.
    struct wire wire = {.size = 0};
    add_answer(&wire, SIZE);
    struct program *client = fetch_from(SIZE, &wire, RESETS);
    expect_end(client);
    if (!ended_with(client, 0))
        expect_error(client, 1, ECONNRESET);
}

GRADED(finds_bytes_behind_the_content, 1,
       "the client ends with status 1 if more bytes come than it asked for",
       "All bytes are there. How do you know that there are no more?")
{
    static const size_t counts[] = {100, 0, KIB(16)};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct wire wire = {.size = 0};
        add_answer(&wire, counts[i]);
        add_blob(&wire, counts[i], 1);
        struct program *client = fetch_from(counts[i], &wire, ENDS);
        expect_failure(client, "A byte has come behind the last one.");
        expect_complaint(client, 1);
        free(wire.bytes);
    }
}

GRADED(asks_for_more_than_32_bits, 2,
       "the client asks for up to 2^40 bytes, and counts them rightly",
       "How many bits has the type in which you keep COUNT, on every way from "
       "the argument to the wire?")
{
    static const uint64_t counts[] = {MORE_THAN_32_BITS, COUNT_MAX};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct wire wire = {.size = 0};
        add_count(&wire, counts[i]);
        add_blob(&wire, 0, 100);
        expect_told(fetch_from(counts[i], &wire, ENDS), 100, counts[i],
                    "The server has finished, and bytes are missing.");
    }
}

GRADED(survives_weather, 2,
       "the client gets it all in bad weather: signals and short counts",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_every_second(MOVING_CALLS | CALLS_WAIT, EINTR);
    fetch_all(300, 0);
    end_weather();
    cut_each(MOVING_CALLS, 3);
    fetch_all(300, 0);
    end_weather();
    fail_some(MOVING_CALLS | CALLS_CONNECT, EINTR, 30);
    cut_most(500);
    fetch_all(KIB(40), 0);
}

GRADED(survives_a_vanished_server, 1,
       "the client is not killed by SIGPIPE when the server is gone",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_with_count(server, "100");
    expect_connection(client, server);
    vanish_before_it_sends(server, client);
    expect_complaint(client, 1);
}

GRADED(client_waits_for_days, 1,
       "the client waits for its answer as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct wire wire = {.size = 0};
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = fetch(server, 300);
    time_passes(client, HOURS(24));
    add_answer(&wire, 300);
    peer_send(server, wire.bytes, 100);
    time_passes(client, HOURS(24));
    peer_send(server, wire.bytes + 100, wire.size - 100);
    peer_finish_sending(server);
    expect_fetched(client, 300);
}

GRADED(reports_a_full_stdout, 1,
       "the client ends with status 1 when stdout can't be written",
       "fwrite() writes into a buffer. When do you learn that it could not be "
       "written out?")
{
    struct wire wire = {.size = 0};
    struct peer *server = peer_listen(peer_own_host());
    struct program *client =
        start_client(CLIENT, server,
                     (struct program_options){.arguments = {[2] = "100"},
                                              .standard_output = STDOUT_FULL});
    add_answer(&wire, 100);
    peer_send(server, wire.bytes, wire.size);
    peer_finish_sending(server);
    expect_reason(client, 1, ENOSPC);
}

GRADED(refuses_a_bad_count, 1,
       "the client refuses a COUNT that can't be right, with status 2",
       "What does strtoull() make of \"-1\", \" 5\" and \"12x\"? And of what "
       "has more than 64 bits?")
{
    static const char *const bad[] = {
        "",    "-1", "12x", "1099511627777", "18446744073709551621",
        "1e3", " 5", "+5",  "0x10",          "twelve"};
    for (size_t i = 0; i < COUNT(bad); i++)
        expect_usage_error_because(
            start_program(CLIENT,
                          &(struct program_options){
                              .arguments = {"127.0.0.1", "7", bad[i]}}),
            "COUNT is digits alone, up to 2^40. strtoull() takes a sign and "
            "spaces before them, and tells only by errno that it was too much.");
}

GRADED(client_asks_for_its_arguments, 1,
       "the client shows its usage, with status 2, without an argument",
       "How many elements must argv have before you may read argv[3]?")
{
    asks_for_host_and_port(CLIENT);
    expect_usage_error(start_with_arguments(CLIENT, "127.0.0.1", "7"));
}

GRADED(client_keeps_no_content, 1,
       "the client writes what it has looked at, and keeps none of it",
       "Where is the content once it is known to be right?")
{
    enum { FIRST = KIB(4), LITTLE = 64 };
    struct wire wire = {.size = 0};
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = fetch(server, COUNT_MAX);
    add_count(&wire, COUNT_MAX);
    add_blob(&wire, 0, MIB(8));
    peer_send(server, wire.bytes, FIRST);
    struct level before = level_of(client);
    if (calls_made(CALLS_RECEIVE) > FIRST / LITTLE)
        verdict_not_run("your program moves so few bytes with each call that 8 "
                        "MiB would take minutes");
    peer_send(server, wire.bytes + FIRST, wire.size - FIRST);
    expect_no_growth(client, &before, MIB(4),
                     "It keeps what it has received. The server may send more "
                     "than there is memory: look at a piece, write it, and "
                     "receive the next in the same place.");
    peer_finish_sending(server);
    expect_failure(client, "The server has finished, and bytes are missing.");
    expect_written(client, MIB(8), MIB(8),
                   "What has come before the end is content, too: it is looked "
                   "at, and written to stdout.");
}
