// What blob_server survives: clients that go, or ask for too much, signals and
// days; and what does not grow.

#include "grader/grade.h"

#include "blobs.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

PART(2)

enum { CLIENTS = 30, CLIENTS_AT_SCALE = 1000 };

// Where its memory is measured.
static struct program *start_reusing(void)
{
    return start_server_with(SERVER, "127.0.0.1", "0",
                             (struct program_options){.reuses_memory = true});
}

// Its level without a client, but for the threads: those that it has with one,
// since each that there was costs memory for good (ASan).
static struct level level_between_clients(struct program *server)
{
    expect_answered_client(server);
    struct peer *client = connect_to(server);
    int threads = level_of(server).threads;
    peer_finish_sending(client);
    expect_end_from(server, client);
    struct level level = level_of(server);
    level.threads = threads;
    return level;
}

static void answer_in_this_weather(size_t count)
{
    struct wire wire = {.size = 0};
    struct program *server = start_here();
    for (int i = 0; i < 3; i++) {
        struct peer *client = connect_to(server);
        wire.size = 0;
        ask(client, count);
        add_answer(&wire, count);
        expect_answers(server, client, &wire);
        peer_finish_sending(client);
        expect_end_from(server, client);
    }
    expect_complaints(server, 0);
}

GRADED(survives_signals, 1, "goes on when a signal interrupts a call",
       "The call returned -1 with EINTR. How many bytes has it moved?")
{
    fail_every_second(MOVING_CALLS | CALLS_ACCEPT, EINTR);
    answer_in_this_weather(1000);
}

GRADED(survives_bad_weather, 2,
       "answers in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_some(MOVING_CALLS, EINTR, 30);
    cut_most(500);
    answer_in_this_weather(KIB(40));
}

GRADED(goes_on_after_a_reset, 2,
       "says on stderr that a client was lost, and serves the next one",
       "recv() returned -1 for one client. What has that to do with the next?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send(client, "\0\0\0", 3);
    expect_quiet(server); // MSG_WAITALL takes them, and has not returned
    peer_reset(client);
    expect_complaints(server, 1);
    expect_answered_client(server);
    expect_complaints(server, 1);
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when a client is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which call has a flag for that?")
{
    hold(CALLS_SEND);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    ask(client, 5000);
    vanish_before_it_sends(client, server);
    expect_complaints(server, 1);
    end_weather();
    expect_answered_client(server);
    // Nor by the rest of it.
    begin_timeline_anew();
    hold_behind_a_short_one(CALLS_SEND);
    server = start_here();
    client = connect_to(server);
    ask(client, 5000);
    vanish_before_it_sends(client, server);
    expect_complaints(server, 1);
    end_weather();
    expect_answered_client(server);
}

GRADED(refuses_too_large_a_count, 1,
       "refuses a COUNT over 2^40, and serves the next client",
       "Which values can 8 bytes have, and which of them are a COUNT?")
{
    static const uint64_t counts[] = {COUNT_MAX + 1, UINT64_MAX,
                                      UINT64_C(1) << 63};
    struct program *server = start_here();
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct peer *client = connect_to(server);
        ask(client, counts[i]);
        expect_count_refused(server, client);
        expect_complaints(server, i + 1);
        expect_answered_client(server);
    }
}

GRADED(takes_as_large_a_count, 2,
       "begins to answer a COUNT of up to 2^40, and keeps none of it",
       "How many bits has the type in which you count the bytes? And where are "
       "those that nobody has received yet?")
{
    static const uint64_t counts[] = {COUNT_MAX, MORE_THAN_32_BITS};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct wire wire = {.size = 0};
        begin_timeline_anew();
        struct program *server = start_here();
        expect_answered_client(server);
        struct peer *client = connect_to(server);
        peer_stop_reading(client);
        struct level before = level_of(server);
        ask(client, counts[i]);
        expect_no_growth(
            server, &before, MIB(4),
            "It keeps what it is going to send, before anybody can have "
            "received it: make a piece, send it, and make the next in the same "
            "place. A client may ask for more than there is memory.");
        peer_read_slowly(client, KIB(256));
        peer_resume_reading(client);
        add_count(&wire, counts[i]);
        add_blob(&wire, 0, MIB(2));
        expect_beginning(server, client, &wire);
        peer_reset(client);
        expect_complaints_of(
            server, 1,
            "A client has reset the connection in the midst of its answer: "
            "whichever piece could not be sent, that is one line on stderr.",
            "A client that is lost is told of in one line.");
        expect_answered_client(server);
    }
}

GRADED(waits_for_days, 1, "waits for its clients as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct wire wire = {.size = 0};
    struct program *server = start_here();
    time_passes(server, HOURS(24));
    struct peer *client = connect_to(server);
    time_passes(server, HOURS(24));
    ask(client, 10);
    add_answer(&wire, 10);
    expect_answers(server, client, &wire);
    time_passes(server, HOURS(24));
    ask(client, 10);
    add_answer(&wire, 10);
    expect_answers(server, client, &wire);
    // And until it receives.
    peer_stop_reading(client);
    ask(client, MIB(8));
    add_answer(&wire, MIB(8));
    time_passes(server, HOURS(24));
    peer_resume_reading(client);
    expect_answers(server, client, &wire);
}

GRADED(reports_a_busy_port, 1,
       "ends with status 1 and the reason when another has its port",
       "That is names_listen(), which you wrote in lesson 03.")
{
    server_reports_a_busy_port(SERVER);
}

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument is missing",
       "How many elements must argv have before you may read argv[2]?")
{
    asks_for_host_and_port(SERVER);
}

GRADED(stops_on_a_signal, 1, "ends with status 0 at SIGINT and SIGTERM",
       "That is server_run() in server.h: does it still run?")
{
    struct program *server = start_here();
    expect_answered_client(server);
    stop_server(server, SIGTERM);
    begin_timeline_anew();
    server = start_here();
    connect_to(server);
    stop_server(server, SIGINT);
}

GRADED(keeps_its_descriptors, 1,
       "has as many descriptors after thirty clients as before",
       "Who closes a client's socket, and is that on every way out?")
{
    struct program *server = start_reusing();
    struct level before = level_between_clients(server);
    for (int i = 0; i < CLIENTS; i++) {
        struct peer *client = connect_to(server);
        ask(client, i % 2 == 0 ? 10 : UINT64_MAX);
        expect_quiet(server);
        if (i % 3 == 0)
            peer_reset(client);
        peer_close(client);
        expect_quiet(server);
        peer_forget(client);
    }
    expect_level(server, &before, CLIENTS);
}

GRADED_AT_SCALE(serves_a_thousand_clients, 2,
                "serves a thousand clients, and keeps nothing of them",
                "What does each client leave behind: a descriptor, memory?")
{
    without_tracer();
    struct program *server = start_reusing();
    struct level before = level_between_clients(server);
    for (int i = 0; i < CLIENTS_AT_SCALE; i++)
        expect_answered_client(server);
    expect_level(server, &before, CLIENTS_AT_SCALE);
    stop_server(server, SIGTERM);
}
