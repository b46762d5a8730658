// What dual_server survives: clients that go, signals, short counts, days, and
// a thousand clients.

#include "grader/grade.h"

#include "dual.h"
#include "words/content.h"
#include "words/echoes.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <sys/syscall.h>
#include <signal.h>

PART(2)

enum { CLIENTS = 30, CLIENTS_AT_SCALE = 1000, FIRST_THREADS = 2000 };

GRADED(goes_on_after_a_reset, 2,
       "says on stderr that a client was lost, and serves the next one",
       "recv() returned -1 for one client. What has that to do with the next?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    peer_reset(client);
    expect_complaints(server, 1);
    expect_reason_for_reset(server);
    expect_announced_client(server);
    expect_complaints(server, 1);
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when a client is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_text(client, "Hello");
    vanish_before_it_sends(client, server);
    expect_complaints(server, 1);
    end_weather();
    expect_announced_client(server);
}

GRADED(survives_an_aborted_connection, 1,
       "goes on accepting when a client is gone before it was accepted",
       "accept() returned -1 with ECONNABORTED. Whose error is that?")
{
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_ACCEPT, .error = ECONNABORTED});
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_ACCEPT, .error = EINTR});
    struct program *server = start_here();
    expect_announced_client(server);
    expect_announced_client(server);
    expect_connected_lines(server, 2);
}

GRADED(ends_or_rests_when_full, 1,
       "ends with status 1, or rests, when it can't have another descriptor",
       "accept() fails with EMFILE, and the client stays in the queue. What "
       "comes of it if you just call it again?")
{
    server_rests_or_ends_when_full(SERVER);
}

GRADED(reports_no_socket, 1,
       "both end with status 1 and the reason when they can't have a socket",
       "socket() may fail, too. What is -1 to the calls behind it?")
{
    fail_only(SYS_socket, EMFILE); // what is called on -1 has another reason
    expect_error(start_with_arguments(SERVER, "127.0.0.1", "0"), 1, EMFILE);
    begin_timeline_anew();
    expect_error(start_with_arguments(CLIENT, "127.0.0.1", "7"), 1, EMFILE);
}

GRADED(survives_bad_weather, 2,
       "echoes all in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_some(MOVING_CALLS, EINTR, 30);
    cut_most(500);
    struct program *server = start_here();
    for (int i = 0; i < 3; i++) {
        struct peer *client = connect_to(server);
        peer_send_random(client, KIB(20));
        finish(client);
    }
}

GRADED(echoes_to_a_slow_reader, 1,
       "echoes every byte to a client that reads slowly, zeros included",
       "send() may take fewer bytes than you offered. What happens to the "
       "rest?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    send_every_byte(client);
    peer_read_slowly(client, KIB(64));
    peer_send_random(client, KIB(512));
    finish(client);
    expect_announced_client(server);
}

GRADED(echoes_a_long_stream, 1,
       "echoes a stream that is longer than any buffer",
       "Which part of your buffer is free again once its bytes have been sent, "
       "and where do the next ones go?")
{
    finish(echo_a_long_stream(start_here));
}

GRADED(waits_for_days, 1, "waits for its clients as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct program *server = start_here();
    time_passes(server, HOURS(24));
    struct peer *client = connect_to(server);
    time_passes(server, HOURS(24));
    talk(client, "Hello");
    time_passes(server, HOURS(24));
    finish(client);
    expect_announced_client(server);
    // And for its receiving.
    shrink_buffers(server, KIB(16));
    client = connect_to(server);
    peer_stop_reading(client);
    peer_send_random(client, KIB(256));
    peer_finish_sending(client);
    time_passes(server, HOURS(24));
    peer_resume_reading(client);
    finish(client);
}

GRADED(restarts_at_once, 1,
       "can be started again at once on the port that it has just had",
       "The kernel remembers a connection for a minute after its end. Which "
       "option lets bind() pass over that?")
{
    server_restarts_at_once(SERVER, expect_served_client);
}

GRADED(keeps_its_descriptors, 1,
       "has as many descriptors after thirty clients as before",
       "Which call gives you a descriptor, and which takes it back, on every "
       "way through the loop?")
{
    struct program *server = start_here();
    expect_announced_client(server);
    struct level before = level_of(server);
    for (int i = 0; i < CLIENTS; i++) {
        struct peer *client = connect_to(server);
        talk(client, "Hello");
        if (i % 3 == 0)
            peer_reset(client);
        else
            finish(client);
        expect_quiet(server);
        peer_forget(client);
    }
    expect_level(server, &before, CLIENTS);
}

static void come_and_go(struct program *server, int clients)
{
    for (int i = 0; i < clients; i++) {
        struct peer *client = connect_to(server);
        talk(client, "Hello");
        finish(client);
        peer_forget(client);
    }
}

// What it has open while one client is with it: that shows, too, whether a
// client has a thread of its own, of which AddressSanitizer keeps something.
static struct level level_with_a_client(struct program *server)
{
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    struct level level = level_of(server);
    finish(client);
    peer_forget(client);
    return level;
}

GRADED_AT_SCALE(serves_a_thousand_clients, 2,
                "serves a thousand clients, and keeps nothing of them",
                "What does each client leave behind: a descriptor, memory?")
{
    without_tracer();
    struct program *server =
        start_server_with(SERVER, "127.0.0.1", "0",
                          (struct program_options){.reuses_memory = true});
    struct level before = level_with_a_client(server);
    if (before.threads > 1) {
        // The sanitizer forgets the first thousand of them only later.
        come_and_go(server, FIRST_THREADS);
        before = level_with_a_client(server);
    }
    come_and_go(server, CLIENTS_AT_SCALE);
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    expect_level(server, &before, CLIENTS_AT_SCALE);
    finish(client);
    stop_server(server, SIGTERM);
}
