// What digest_server survives: clients that go, signals and days; and what does
// not grow.

#include "grader/grade.h"

#include "digests.h"
#include "kernel/sockdiag.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

PART(2)

enum { CLIENTS = 30, CLIENTS_AT_SCALE = 200 };

// Where its memory is measured.
static struct program *start_reusing(void)
{
    return start_server_with(SERVER, "127.0.0.1", "0",
                             (struct program_options){.reuses_memory = true});
}

static void digest_in_this_weather(size_t size)
{
    struct program *server = start_here();
    for (int i = 0; i < 3; i++)
        expect_digest(server, random_bytes("weather", size), size);
    expect_complaints(server, 0);
}

GRADED(survives_signals, 1, "goes on when a signal interrupts a call",
       "The call returned -1 with EINTR. Is that the end of the content?")
{
    fail_every_second(MOVING_CALLS | CALLS_ACCEPT | CALLS_WAIT, EINTR);
    digest_in_this_weather(1000);
    // And while it drains.
    begin_timeline_anew();
    need_large_pieces(CONTENT_MAX);
    struct program *server = start_here();
    struct peer *client = send_too_much(server);
    expect_drained(server, client,
                   "A signal has interrupted a call of the drain, which then "
                   "gave up: nothing has failed, and the client may still "
                   "send. Make the call again, with the limits that there "
                   "were. Read: man 7 signal, \"Interruption of system "
                   "calls\".");
    peer_finish_sending(client);
    expect_answered_client(server);
}

GRADED(survives_bad_weather, 1,
       "answers in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_some(MOVING_CALLS, EINTR, 30);
    cut_most(500);
    digest_in_this_weather(KIB(40));
    end_weather();
    cut_each(MOVING_CALLS, 1);
    digest_in_this_weather(100);
}

// A receive fails, and the connection is as it was: recvmsg(2), ENOMEM.
static void expect_no_digest_of_a_part(void)
{
    static const char first[] = "the first half,",
                      all[] = "the first half, 2nd";
    begin_timeline_anew();
    fail_every_second(CALLS_RECEIVE, ENOMEM);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_text(client, first);
    expect_quiet(server);
    peer_send_text(client, all + strlen(first));
    peer_finish_sending(client);
    expect_quiet(server);
    const struct failure failure = {
        .program = server,
        .peer = client,
        .is_sure = true,
        .means = "A receive has returned -1, with ENOMEM, and not all of the "
                 "content was received: -1 is no end, and a digest of a part "
                 "is none. Who failed gets no answer, and a line on stderr "
                 "says so.",
    };
    const char *wanted = digest_of(all, strlen(all));
    if (client->in.size > 0 &&
        (client->in.size != strlen(wanted) ||
         memcmp(client->in.at, wanted, client->in.size) != 0))
        expect_fail(&failure, "no answer, as receiving has failed",
                    "an answer");
}

GRADED(goes_on_after_a_reset, 2,
       "says on stderr that a client was lost, and serves the next one",
       "recv() returned -1 for one client. What has that to do with the next?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_text(client, "the first half");
    expect_quiet(server);
    peer_reset(client);
    expect_complaints(server, 1);
    expect_answered_client(server);
    expect_complaints(server, 1);
    expect_no_digest_of_a_part();
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when a client is gone that it answers",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which call has a flag for that?")
{
    hold(CALLS_SEND);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_text(client, "all of it");
    peer_finish_sending(client);
    expect_held(server);
    peer_reset(client);
    program_release(server);
    expect_complaints(server, 1);
    end_weather();
    expect_answered_client(server);
    // Nor by the rest of the line.
    begin_timeline_anew();
    hold_behind_a_short_one(CALLS_SEND);
    server = start_here();
    client = connect_to(server);
    peer_send_text(client, "all of it");
    peer_finish_sending(client);
    expect_held(server);
    peer_reset(client);
    program_release(server);
    expect_complaints(server, 1);
    end_weather();
    expect_answered_client(server);
}

GRADED(goes_on_when_the_drained_is_gone, 1,
       "goes on when a client resets that sent too much",
       "shutdown() and recv() may fail, too: what is left to be done then?")
{
    need_large_pieces(CONTENT_MAX);
    struct program *server = start_here();
    struct peer *client = send_too_much(server);
    peer_send_text(client, "and more");
    expect_quiet(server);
    peer_reset(client);
    expect_answered_client(server);
    // And before it is told that no more comes.
    begin_timeline_anew();
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_CLOSE, .only = SYS_shutdown});
    server = start_here();
    client = send_too_much(server);
    comes_to_be_held(server);
    peer_reset(client);
    end_weather();
    program_release(server);
    expect_answered_client(server);
}

GRADED(waits_for_days, 1, "waits for its clients as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct program *server = start_here();
    time_passes(server, HOURS(24));
    struct peer *client = connect_to(server);
    time_passes(server, HOURS(24));
    peer_send_text(client, "today, ");
    time_passes(server, HOURS(24));
    peer_send_text(client, "tomorrow");
    time_passes(server, HOURS(24));
    peer_finish_sending(client);
    expect_answer(server, client, digest_of("today, tomorrow", 15), NULL);
    expect_end_and_no_reset(server, client);
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

// Its level without a client, but for the threads: those that it has with one,
// since each that there was costs memory for good (ASan).
static struct level level_between_clients(struct program *server)
{
    expect_answered_client(server);
    struct peer *client = connect_to(server);
    int threads = level_of(server).threads;
    peer_finish_sending(client);
    expect_answer(server, client, digest_of("", 0), NULL);
    expect_end_and_no_reset(server, client);
    struct level level = level_of(server);
    level.threads = threads;
    return level;
}

GRADED(keeps_its_descriptors, 1,
       "has as many descriptors after thirty clients as before",
       "Who closes a client's socket, and is that on every way out?")
{
    struct program *server = start_reusing();
    struct level before = level_between_clients(server);
    for (int i = 0; i < CLIENTS; i++) {
        struct peer *client = connect_to(server);
        send_much(client, i % 2 == 0 ? KIB(100) : 10);
        expect_quiet(server);
        if (i % 2 == 0)
            peer_reset(client);
        peer_close(client);
        expect_quiet(server);
        peer_forget(client);
    }
    expect_level(server, &before, CLIENTS);
}

GRADED_AT_SCALE(leaves_no_socket_behind, 2,
                "serves two hundred clients, and leaves none in CLOSE_WAIT",
                "The client has finished, and has its answer. What is left to "
                "be done, and by whom?")
{
    static struct peer *clients[CLIENTS_AT_SCALE];
    without_tracer();
    struct program *server = start_reusing();
    struct level before = level_between_clients(server);
    for (int i = 0; i < CLIENTS_AT_SCALE; i++) {
        clients[i] = connect_to(server);
        peer_send_text(clients[i], "a client like any other");
        peer_finish_sending(clients[i]);
        expect_answer(server, clients[i],
                      digest_of("a client like any other", 23), NULL);
    }
    expect_quiet(server);
    for (int i = 0; i < CLIENTS_AT_SCALE; i++) {
        struct tcp_socket socket;
        const struct failure failure = {
            .program = server,
            .peer = clients[i],
            .is_sure = true,
            .means = "The client has finished sending, and the server's socket "
                     "waits for its close() in CLOSE_WAIT, for ever: each "
                     "keeps a descriptor. Whose fault such a socket is, its "
                     "state tells: that of the side that it is on.",
        };
        if (sockdiag_find(&clients[i]->remote, &clients[i]->local, &socket) &&
            socket.state == TCP_CLOSE_WAIT)
            expect_fail(&failure, "no socket of the server's left",
                        "one in CLOSE_WAIT");
    }
    expect_level(server, &before, CLIENTS_AT_SCALE);
    stop_server(server, SIGTERM);
}
