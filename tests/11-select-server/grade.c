// Grading tests for lesson 11: what multiconn_server promises, check by
// check. How it learns of readiness is its own affair: select, poll, epoll
// and threads are all right.

#include "grader/grade.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

LESSON("11-select-server", "Any number of clients at once, in one thread",
       PROTOCOL_ECHO)

enum {
    BACKLOG_LIMIT = 1024 * 1024, // what may be kept for one client
    SMALL_BUFFER = 16 * 1024,    // of the kernel's, where they should fill up
    // Of select()'s 1,024 descriptors, some are not for clients.
    MANY = 1000,
    TOO_MANY = 1100,
};

static struct program *start(const char *host, const char *port)
{
    return start_server("multiconn_server", host, port);
}

static struct program *start_here(void)
{
    return start("127.0.0.1", "0");
}

static struct program *start_with(struct program_options options)
{
    return start_server_with("multiconn_server", "127.0.0.1", "0", options);
}

static struct program *run(const char *first, const char *second)
{
    return start_program("multiconn_server", &(struct program_options){
                                                 .arguments = {first, second}});
}

static void talk(struct peer *client, const char *text)
{
    peer_send_text(client, text);
    expect_echo(client);
}

// What every conversation ends with: the client finishes, and gets the rest
// of its echo and the end of the stream. The server lives on.
static void finish(struct peer *client)
{
    peer_finish_sending(client);
    expect_echo(client);
    expect_end_of_stream(client);
}

// The server serves a client that comes now.
static void expect_service(struct program *server)
{
    struct peer *client = connect_to(server);
    talk(client, "Are you there?");
    finish(client);
}

static void stop(struct program *server, int signal)
{
    expect_quiet(server);
    program_signal(server, signal);
    expect_exit_status(server, 0);
}

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "The line is there only once clients can connect. Which steps of yours "
       "come before it?")
{
    connect_to(start_here());
}

GRADED(echoes_a_message, 2, "sends a message back, and then the next one",
       "Whom does select() wake you for: is the new client in the set, and "
       "its descriptor below the first argument?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    expect_quiet(server);
    talk(client, "Hello");
    expect_quiet(server);
    talk(client, ", world");
}

GRADED(serves_several_at_once, 2, "serves three clients at once, in any order",
       "One of them says nothing for a while. Which of your calls waits for "
       "that one, while the others want to be served?")
{
    struct program *server = start_here();
    struct peer *first = connect_to(server);
    expect_quiet(server);
    struct peer *second = connect_to(server);
    expect_quiet(server);
    struct peer *third = connect_to(server);
    expect_quiet(server);
    talk(third, "third");
    talk(second, "second");
    expect_quiet(server);
    talk(third, "third again");
    talk(first, "first, at last");
    finish(first);
    finish(third);
    finish(second);
}

GRADED(goes_on_when_a_client_leaves, 2,
       "serves the others on, and new ones, when a client has left",
       "What do you do with a client's descriptor and its place in the sets "
       "when it has finished?")
{
    struct program *server = start_here();
    struct peer *leaves = connect_to(server);
    talk(leaves, "I leave");
    struct peer *stays = connect_to(server);
    talk(stays, "I stay");
    finish(leaves);
    peer_close(leaves);
    expect_quiet(server);
    talk(stays, "I am still here");
    struct peer *comes = connect_to(server);
    talk(comes, "I am new");
    talk(stays, "Hello, new one");
    finish(stays);
    finish(comes);
}

GRADED(echoes_every_byte, 1,
       "sends back all 256 values of a byte, and \"%s%n\" unchanged",
       "Where does the data of a peer end up as a string, or as a format of "
       "printf()?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    unsigned char bytes[512];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i + 1);
    peer_send(client, bytes, sizeof bytes);
    expect_echo(client);
    talk(client, "%s%s%s%n%n%n%d%x\n");
    finish(client);
}

GRADED(echoes_in_any_pieces, 1,
       "sends back a stream that arrives in pieces of any size",
       "What do you know about the sizes that recv() returns?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_in_pieces(client, 3000, true);
    peer_send_random(client, KIB(16));
    finish(client);
}

// A client that reads nothing, and has sent just as much as it takes for the
// kernel to leave a part of its echo with the server, which has room for more.
static struct peer *connect_choked(struct program *server)
{
    enum { FIRST = 64 * 1024, PIECE = 1024, PIECES = 400 };
    shrink_buffers(server, SMALL_BUFFER);
    struct peer *client = connect_to(server);
    peer_stop_reading(client);
    peer_send_random(client, FIRST);
    expect_quiet(server);
    for (int i = 0; i < PIECES && peer_backlog(client) == 0; i++) {
        peer_send_random(client, PIECE);
        expect_quiet(server);
    }
    return client;
}

GRADED(echoes_after_half_close, 2,
       "sends all back to a client that has finished, and rests meanwhile",
       "After the end of the stream, a socket is readable for ever. Which set "
       "is it in while its echo is still to be sent?")
{
    struct program *server = start_here();
    struct peer *client = connect_choked(server);
    peer_finish_sending(client);
    expect_idle(server);
    client->stopped = false;
    peer_read_slowly(client, KIB(64));
    finish(client);
    expect_service(server);
}

GRADED(echoes_what_came_before_accept, 1,
       "serves a client whose data and end are there before it is accepted",
       "recv() may bring the data first and say 0 the next time. What is left "
       "to do then?")
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_ACCEPT});
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, KIB(2));
    peer_finish_sending(client);
    expect_held(server);
    program_release(server);
    finish(client);
}

// A client that sends as much as it can, and reads nothing.
static struct peer *connect_stuck(struct program *server, size_t size)
{
    shrink_buffers(server, SMALL_BUFFER);
    struct peer *stuck = connect_to(server);
    peer_stop_reading(stuck);
    peer_send_random(stuck, size);
    return stuck;
}

GRADED(serves_others_beside_a_stuck_client, 2,
       "serves others while one client sends, but does not read its echo",
       "The kernel takes no more for that client. Does your send() wait for "
       "it, and everybody else with it?")
{
    struct program *server = start_here();
    struct peer *before = connect_to(server);
    talk(before, "I was here first");
    struct peer *stuck = connect_stuck(server, KIB(256));
    expect_quiet(server);
    peer_send_random(before, KIB(64));
    expect_echo(before);
    expect_service(server);
    stuck->stopped = false;
    peer_read_slowly(stuck, KIB(128));
    finish(stuck);
    finish(before);
}

GRADED(keeps_what_is_not_taken, 2,
       "keeps what a client does not take yet, and appends what comes",
       "Where in the buffer do the next bytes go while others still wait "
       "there, and how many may that be?")
{
    struct program *server = start_here();
    struct peer *client = connect_choked(server);
    for (int i = 0; i < 8; i++) {
        peer_send_random(client, 5000);
        expect_quiet(server);
    }
    expect_idle(server);
    client->stopped = false;
    finish(client);
}

GRADED(bounds_its_backlog, 2,
       "keeps at most 1 MiB for a client that does not read its echo",
       "Where do the bytes pile up that a client sends, but does not take "
       "back? How do you get the client to stop sending?")
{
    struct program *server = start_here();
    struct peer *stuck = connect_stuck(server, 2 * BACKLOG_LIMIT);
    expect_backlog(stuck, BACKLOG_LIMIT);
    expect_service(server);
}

GRADED(is_idle_when_nobody_talks, 2,
       "takes no processor time while nobody wants anything",
       "A socket is writable nearly always. When do you want to know?")
{
    struct program *server = start_here();
    expect_idle(server);
    struct peer *client = connect_to(server);
    struct peer *silent = connect_to(server);
    talk(client, "Hello");
    expect_idle(server);
    finish(client);
    peer_close(client);
    expect_idle(server);
    talk(silent, "Hello");
    // A client that does not read its echo gives nothing to do either.
    connect_stuck(server, KIB(256));
    expect_idle(server);
}

GRADED(takes_turns, 1,
       "serves a client that is ready before another's 256 KiB are through",
       "How much do you receive from one client before you look at the next? "
       "It may never run out.")
{
    make_weather(
        (struct weather){.kind = WEATHER_HOLD, .calls = CALLS_RECEIVE});
    struct program *server = start_here();
    struct peer *flood = connect_to(server);
    expect_quiet(server);
    struct peer *other = connect_to(server);
    expect_quiet(server);
    peer_send_random(flood, KIB(256));
    peer_send_text(other, "Hello");
    expect_held(server);
    program_release(server);
    expect_echo(other);
    expect_turns(server, other, flood);
    expect_echo(flood);
}

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
    struct peer *stuck = connect_stuck(server, KIB(256));
    expect_quiet(server);
    peer_reset(stuck);
    expect_quiet(server);
    talk(stays, "Me too");
    peer_reset(connect_choked(server));
    expect_quiet(server);
    expect_service(server);
    expect_idle(server);
    expect_fewer_open(server, &before, 0);
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when a client is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which flag of send() asks for an "
       "error instead?")
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_SEND});
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, KIB(4));
    expect_held(server);
    // First the end of the stream, then the reset: from then on the very
    // next send fails with EPIPE.
    peer_finish_sending(client);
    peer_reset(client);
    program_release(server);
    expect_service(server);
}

static void fail_every_second(enum call_group calls, int error)
{
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = calls, .error = error, .every = 2});
}

GRADED(survives_signals_while_it_waits, 1,
       "goes on when a signal interrupts one of its calls",
       "A call returned -1 with EINTR. Did anything fail? And if it was "
       "select(): what is in the sets then?")
{
    fail_every_second(CALLS_WAIT, EINTR);
    fail_every_second(CALLS_RECEIVE, EINTR);
    fail_every_second(CALLS_SEND, EINTR);
    fail_every_second(CALLS_ACCEPT, EINTR);
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
    fail_every_second(CALLS_RECEIVE, EAGAIN);
    fail_every_second(CALLS_ACCEPT, EAGAIN);
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
}

GRADED(survives_short_counts, 2,
       "echoes all, however few bytes each call moves",
       "send() may take a part of what you offer. Who keeps the rest, and "
       "when is it offered again?")
{
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = CALLS_RECEIVE | CALLS_SEND,
                                  .bytes = 100,
                                  .every = 1,
                                  .varies = true});
    struct program *server = start_here();
    struct peer *first = connect_to(server);
    struct peer *second = connect_to(server);
    peer_send_random(first, KIB(4));
    peer_send_random(second, KIB(4));
    finish(second);
    finish(first);
}

GRADED(survives_bad_weather, 2,
       "echoes all in bad weather: signals, false alarms and short counts",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    unsigned moving = CALLS_RECEIVE | CALLS_SEND;
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .error = EINTR,
                                  .calls = moving | CALLS_ACCEPT | CALLS_WAIT,
                                  .percent = 20});
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .error = EAGAIN,
                                  .calls = moving | CALLS_ACCEPT,
                                  .percent = 20});
    make_weather((struct weather){
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .percent = 20});
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = moving,
                                  .bytes = 500,
                                  .varies = true,
                                  .percent = 70});
    struct program *server = start_here();
    struct peer *clients[4];
    for (int i = 0; i < 4; i++) {
        clients[i] = connect_to(server);
        peer_send_random(clients[i], KIB(8));
        peer_finish_sending(clients[i]);
    }
    for (int i = 0; i < 4; i++)
        finish(clients[i]);
}

GRADED(survives_without_descriptors, 2,
       "neither ends nor spins without a descriptor for one more client",
       "accept() fails with EMFILE, and the client stays in the queue: the "
       "listener is readable, now and all the time. How do you keep select() "
       "from telling you again and again?")
{
    enum { LIMIT = 16, CLIENTS = 24 };
    struct program *server =
        start_with((struct program_options){.descriptors = LIMIT});
    struct peer *clients[CLIENTS];
    clients[0] = connect_to(server);
    talk(clients[0], "I am the first");
    for (int i = 1; i < CLIENTS; i++)
        clients[i] = peer_connect_to(&server->address);
    expect_idle(server);
    talk(clients[0], "I am still here");
    for (int i = 0; i < CLIENTS; i++)
        peer_close(clients[i]);
    expect_quiet(server);
    expect_service(server);
}

static void stops_by(int signal)
{
    struct program *server = start_here();
    stop(server, signal);
    server = start_here();
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    connect_to(server);
    stop(server, signal);
}

GRADED(stops_when_asked, 2, "ends with status 0 at SIGTERM and at SIGINT",
       "What does a signal do to a program that has not said anything about "
       "it, and to a select() that waits?")
{
    stops_by(SIGTERM);
    stops_by(SIGINT);
}

GRADED(tells_who_came_and_went, 1,
       "prints a line for each client that comes, and for each that goes",
       "Which argument of accept() tells who has come? And when does a line "
       "leave printf()'s buffer?")
{
    struct program *server = start_here();
    struct peer *clients[2];
    for (int i = 0; i < 2; i++)
        clients[i] = connect_from_telling_port(server);
    for (int i = 0; i < 2; i++)
        talk(clients[i], "Hello");
    for (int i = 0; i < 2; i++)
        finish(clients[i]);
    stop(server, SIGTERM);
    for (int i = 0; i < 2; i++) {
        expect_line(server, "accepted connection from 127.0.0.1:%u",
                    ntohs(clients[i]->local.sin_port));
        expect_line(server, "closing connection to 127.0.0.1:%u",
                    ntohs(clients[i]->local.sin_port));
    }
}

GRADED(listens_where_it_is_told, 1,
       "listens on the HOST and PORT it was given; on all for \"\"",
       "Which of the two arguments says where, and what does net_listen() get "
       "of it?")
{
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    struct program *server = start(peer_own_host(), port);
    server->address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    expect_no_listener_at(server, "127.0.0.1");
    expect_service(server);
    struct program *everywhere = start("", "0");
    inet_aton(peer_own_host(), &everywhere->address.sin_addr);
    expect_service(everywhere);
}

GRADED(restarts_at_once, 1, "can be started again at once on the same port",
       "After a server that closed first, its port stays reserved for a "
       "minute. Which socket option says that this is all right?")
{
    char port[8];
    const char *host = peer_own_host();
    snprintf(port, sizeof port, "%u", peer_free_port());
    struct program *first = start(host, port);
    struct peer *client = connect_to(first);
    talk(client, "Hello");
    kill_connected(first, client);
    expect_service(start(host, port));
}

GRADED(reports_a_busy_port, 1,
       "ends with status 1 and the reason when its port is taken",
       "Which call fails when two servers want the same port? Is its result "
       "looked at?")
{
    char port[8];
    snprintf(port, sizeof port, "%u", peer_free_port());
    start(peer_own_host(), port);
    expect_error(run(peer_own_host(), port), 1, EADDRINUSE);
}

GRADED(refuses_bad_arguments, 1,
       "refuses what can't be a HOST or PORT, with status 2 and its usage",
       "What do net_parse_port() and net_parse_address() return for it?")
{
    static const char *const bad[][2] = {
        {NULL, NULL},           {"127.0.0.1", NULL}, {"127.0.0.1", "http"},
        {"127.0.0.1", "65536"}, {"127.0.0.1", ""},   {"300.0.0.1", "0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_usage_error(run(bad[i][0], bad[i][1]));
}

TURNS(three_clients, "Three clients, and the turns of your loop")
{
    struct program *server = start_here();
    shrink_buffers(server, 4096);
    struct peer *silent = connect_to(server);
    expect_quiet(server);
    struct peer *talks = connect_to(server);
    expect_quiet(server);
    talk(talks, "Hello");
    expect_quiet(server);
    struct peer *stuck = connect_to(server);
    peer_stop_reading(stuck);
    peer_send_random(stuck, KIB(192));
    expect_quiet(server);
    talk(talks, "Hello again");
    stuck->stopped = false;
    peer_read_slowly(stuck, KIB(64));
    finish(stuck);
    finish(talks);
    talk(silent, "At last");
    finish(silent);
    expect_quiet(server);
}

static void talk_all(struct peer *clients[], int count, const char *text)
{
    for (int i = 0; i < count; i++)
        peer_send_text(clients[i], text);
    for (int i = count; i-- > 0;)
        expect_echo(clients[i]);
}

// A few at a time, and the next when these have been served: so the queue of
// waiting connections need not be long.
static void connect_many(struct program *server, struct peer *clients[],
                         int count)
{
    enum { FEW = 4 };
    for (int i = 0; i < count; i += FEW) {
        for (int k = i; k < i + FEW; k++)
            clients[k] = connect_to(server);
        talk_all(clients + i, FEW, "Hello");
    }
}

GRADED_AT_SCALE(serves_1000_at_once, 2, "serves 1,000 clients at once",
                "What in your program is sized for fewer: an array, a set, "
                "the limit of open files?")
{
    need_many_clients();
    static struct peer *clients[MANY];
    without_tracer();
    struct program *server = start_here();
    connect_many(server, clients, MANY);
    talk_all(clients, MANY, "All at once");
    expect_idle(server);
    for (int i = 0; i < MANY; i++)
        peer_finish_sending(clients[i]);
    for (int i = 0; i < MANY; i++)
        expect_end_of_stream(clients[i]);
    expect_service(server);
}

GRADED_AT_SCALE(survives_more_than_select_can_watch, 2,
                "goes on when there are more clients than select() can watch",
                "What does FD_SET() do with a descriptor of FD_SETSIZE or "
                "more? Look at the number before you use it. (Who uses poll() "
                "or epoll may just serve them all.)")
{
    need_many_clients();
    static struct peer *clients[TOO_MANY];
    without_tracer();
    struct program *server = start_here();
    struct level before = level_of(server);
    connect_many(server, clients, MANY);
    // These may be served, or closed, or left waiting.
    for (int i = MANY; i < TOO_MANY; i++) {
        clients[i] = peer_connect_to(&server->address);
        peer_send_text(clients[i], "Hello");
    }
    expect_idle(server);
    talk_all(clients, MANY, "Nobody else suffers");
    for (int i = 0; i < TOO_MANY; i++)
        peer_close(clients[i]);
    expect_quiet(server);
    expect_service(server);
    expect_fewer_open(server, &before, 0);
}

static void come_and_go(struct program *server, int clients)
{
    for (int i = 0; i < clients; i++) {
        struct peer *client = connect_to(server);
        peer_send_text(client, "Hello, and good-bye");
        if (i % 4 == 3)
            peer_reset(client);
        else
            finish(client);
        peer_forget(client);
    }
}

GRADED_AT_SCALE(serves_10000_in_turn, 2,
                "serves 10,000 clients, and has no more open or in memory then",
                "What does a client leave behind when it has gone: is its "
                "socket closed, and its memory freed, on every way out?")
{
    need_many_clients();
    enum { FIRST = 2000, MORE = 8000 };
    without_tracer();
    struct program *server =
        start_with((struct program_options){.reuses_memory = true});
    come_and_go(server, FIRST);
    // It stays, so that it shows whether a client has a thread of its own.
    talk(connect_to(server), "I watch");
    struct level before = level_of(server);
    come_and_go(server, MORE);
    expect_level(server, &before, MORE);
}
