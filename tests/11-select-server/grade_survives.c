// What multiconn_server survives.

#include "grader/grade.h"

#include "multiconn.h"
#include "words/expect_fail.h"
#include "words/echoes.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <errno.h>

PART(2)

GRADED(survives_a_reset, 2,
       "serves on when a client resets, with data under way or without",
       "recv() and send() may fail for one client. For whom is that the end?")
{
    struct program *server = start_here();
    struct peer *stays = connect_to(server);
    talk(stays, "I stay");
    struct level before = level_of(server);
    struct peer *resets = connect_to(server);
    talk(resets, "I reset");
    peer_reset(resets);
    expect_quiet(server);
    talk(stays, "I am still here");
    // Of one, more is there than any buffer may hold.
    struct peer *stuck = connect_stuck(server, MIB(3));
    expect_quiet(server);
    peer_reset(stuck);
    expect_quiet(server);
    talk(stays, "Me too");
    peer_reset(connect_choked(server));
    expect_quiet(server);
    expect_service(server);
    expect_idle(server);
    expect_fewer_open(server, &before, 0);
    // A connection may be lost in other ways, too.
    begin_timeline_anew();
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_RECEIVE, .error = ETIMEDOUT});
    server = start_here();
    peer_send_text(connect_to(server), "I am lost");
    expect_quiet(server);
    expect_service(server);
}

// The client is gone when the server, held at one of its sends, makes that.
static void lose_a_client(void)
{
    begin_timeline_anew();
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, KIB(4));
    vanish_before_it_sends(client, server);
    expect_service(server);
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when a client is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which flag of send() asks for an "
       "error instead?")
{
    hold(CALLS_SEND);
    lose_a_client();
    // Nor by what it sends of the rest.
    end_weather();
    hold_behind_a_short_one(CALLS_SEND);
    lose_a_client();
}

GRADED(survives_signals_while_it_waits, 1,
       "goes on when a signal interrupts one of its calls",
       "A call returned -1 with EINTR. Did anything fail? And if it was "
       "select(): what is in the sets then?")
{
    fail_every_second(CALLS_WAIT | MOVING_CALLS | CALLS_ACCEPT, EINTR);
    struct program *server = start_here();
    struct peer *first = connect_to(server);
    struct peer *second = connect_to(server);
    talk(second, "Hello");
    talk(first, "Hello");
    finish(first);
    talk(second, "Hello again");
    finish(second);
}

GRADED(survives_a_false_alarm, 1,
       "keeps a client whose socket said readable, and then EAGAIN",
       "recv() returned -1. Which values of errno do not mean that the client "
       "is lost?")
{
    fail_every_second(CALLS_RECEIVE | CALLS_ACCEPT, EAGAIN);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    talk(client, "Hello again");
    finish(client);
    expect_service(server);
}

GRADED(never_waits_for_one_client, 2,
       "serves on when select() says readable, and nothing is there",
       "\"Readable\" was true when select() looked; it need not be any more "
       "(man 2 select, BUGS). Which of your calls would then wait, and how do "
       "you keep it from that?")
{
    struct program *server = start_here();
    struct peer *first = connect_to(server);
    struct peer *second = connect_to(server);
    talk(first, "Hello");
    talk(second, "Hello");
    expect_quiet(server);
    make_weather((struct weather){
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .every = 2});
    talk(second, "Do you hear me?");
    talk(second, "And now?");
    expect_quiet(server);
    talk(first, "Here I am");
    talk(second, "Still there");
    finish(second);
    expect_service(server);
    finish(first);
}

GRADED(survives_an_aborted_connection, 1,
       "goes on when accept() reports a connection that is gone again",
       "accept() failed with ECONNABORTED. Whose end is that?")
{
    fail_every_second(CALLS_ACCEPT, ECONNABORTED);
    struct program *server = start_here();
    struct peer *first = connect_to(server);
    talk(first, "Hello");
    expect_service(server);
    talk(first, "Hello again");
    finish(first);
    expect_to_go_on_accepting(server);
    server_survives_lost_connections(PROGRAM, expect_service);
}

GRADED(survives_short_counts, 2,
       "echoes all, however few bytes each call moves",
       "send() may take a part of what you offer. Who keeps the rest, and "
       "when is it offered again?")
{
    cut_each(MOVING_CALLS, 100);
    struct program *server = start_here();
    struct peer *first = connect_to(server);
    struct peer *second = connect_to(server);
    peer_send_random(first, KIB(4));
    peer_send_random(second, KIB(4));
    finish(second);
    finish(first);
    // One that says nothing more, and has not finished: no news of it leads to
    // the rest of its echo.
    begin_timeline_anew();
    cut_each(CALLS_SEND, 100);
    struct peer *silent = connect_to(start_here());
    talk(silent, "a line of some length, and nothing behind it");
}

GRADED(survives_bad_weather, 2,
       "echoes all in bad weather: signals, false alarms and short counts",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    enum { CLIENTS = 4 };
    bad_weather_for_a_loop(500);
    struct program *server = start_here();
    struct peer *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = connect_to(server);
        peer_send_random(clients[i], KIB(8));
        peer_finish_sending(clients[i]);
    }
    for (int i = 0; i < CLIENTS; i++)
        finish(clients[i]);
}

static struct peer *connect_first(struct program *server)
{
    struct peer *client = connect_to(server);
    talk(client, "I am the first");
    return client;
}

static void talk_on(struct program *server, struct peer *client)
{
    (void)server;
    talk(client, "I am still here");
}

// Whoever looks again only when nothing else has happened for a while, does not
// look while somebody talks.
static void looks_again_beside_a_talker(void)
{
    enum { STEPS = 120, STEP_MS = 500 };
    struct program *server = start_here();
    struct peer *talker = connect_to(server);
    talk(talker, "Hello");
    fail_always(CALLS_ACCEPT, ENFILE);
    struct peer *first = begin_to_connect(server);
    expect_idle(server);
    end_weather();
    peer_close(first); // it may have been turned away
    struct peer *waits = begin_to_connect(server);
    peer_send_text(waits, "At last");
    for (int i = 0; i < STEPS && waits->in.size == 0; i++) {
        time_passes(server, STEP_MS);
        talk(talker, "And another thing");
    }
    // To wait for it would be the silence that it may need.
    const struct failure failure = {
        .wait = WAIT_STALLED,
        .program = server,
        .peer = waits,
        .means = "There is a descriptor again, for a minute, and the client is "
                 "still in the queue: whether others talk has nothing to do "
                 "with that. Go by the clock, and not by a turn in which "
                 "nothing was ready."};
    if (waits->in.size == 0)
        expect_fail(&failure,
                    "the client that waits served, while another "
                    "talks for a minute",
                    "nothing of it accepted");
}

GRADED(survives_a_full_machine, 1,
       "serves who waited when all descriptors were taken, by others",
       "ENFILE: the descriptors are somebody else's, so none of your clients "
       "has to leave first. Who looks again?")
{
    server_survives_a_full_machine(PROGRAM, ENFILE, expect_service);
    // Nor is it different where memory is what others have taken.
    begin_timeline_anew();
    server_survives_a_full_machine(PROGRAM, ENOBUFS, expect_service);
    begin_timeline_anew();
    server_survives_a_full_machine(PROGRAM, ENOMEM, expect_service);
    begin_timeline_anew();
    looks_again_beside_a_talker();
}

GRADED(survives_without_descriptors, 2,
       "neither ends nor spins without a descriptor for one more client",
       "accept() fails with EMFILE, and the client stays in the queue: the "
       "listener is readable, now and all the time. How do you keep select() "
       "from telling you again and again?")
{
    server_survives_without_descriptors(&(struct crowd){
        .name = PROGRAM,
        .limit = 16,
        .clients = 24,
        .begin = connect_first,
        .go_on = talk_on,
        .expect_service = expect_service,
    });
}
