// What rpc_server survives: clients that break off, or are gone; signals and
// short counts; and which of two servers gets whom.

#include "grader/grade.h"

#include "calling.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

PART(3)

static const char *const share[] = {"--share", NULL};

GRADED(shares_its_clients, 3,
       "gets a part of the clients of a port that two share",
       "Who decides which of two listening sockets a client is for?")
{
    enum { CLIENTS = 200, LEAST = 30 };
    static struct peer *clients[CLIENTS];
    const char *host = peer_own_host(), *port = free_port_text();
    without_tracer();
    struct program *first = serve_at(host, port, share);
    struct program *second = serve_at(host, port, share);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_to(second);
    for (int i = 0; i < CLIENTS; i++)
        expect_called(clients[i], formatted("client %d", i));
    // Those of the first are left alone now.
    stop_server(first, SIGTERM);
    expect_quiet(second);
    int left = 0;
    for (int i = 0; i < CLIENTS; i++)
        left += is_over(clients[i]);
    const struct failure failure = {
        .program = left < LEAST ? first : second,
        .is_sure = true,
        .means = "Each new connection goes to one of the sockets that listen, "
                 "as its address and port say: about as many to each, if each "
                 "server has one, and accepts. Read: man 7 socket, "
                 "SO_REUSEPORT.",
    };
    if (left < LEAST || CLIENTS - left < LEAST)
        expect_fail(&failure,
                    formatted("about half of %d clients for each of two "
                              "servers",
                              CLIENTS),
                    "%d for the first, and %d for the second", left,
                    CLIENTS - left);
    for (int i = 0; i < CLIENTS; i++)
        if (!is_over(clients[i]))
            expect_called(clients[i], "still there?");
}

GRADED(restarts_at_once, 2, "can be started again at once after it was killed",
       "What keeps the port, though nobody listens there any more?")
{
    const char *host = peer_own_host(), *port = free_port_text();
    struct program *first = serve_at(host, port, NULL);
    struct peer *client = connect_to(first);
    expect_called(client, "Hello");
    kill_connected(first, client);
    expect_service(serve_at(host, port, NULL));
}

GRADED(listens_where_it_is_told, 1,
       "serves at the HOST and PORT that it was given, and nowhere else",
       "Which address of the list does bind() get?")
{
    server_listens_where_told(SERVER, expect_service);
}

GRADED(listens_everywhere, 1, "serves every interface if HOST is \"\"",
       "The list has 0.0.0.0 and ::. What does each of them serve?")
{
    server_listens_everywhere(SERVER, expect_service);
}

GRADED(serves_both_families, 1, "serves IPv4 and IPv6 if HOST is \"\"",
       "That is listener_open(), which is given: is it as it was?")
{
    need_ipv6();
    const char *port = free_port_text();
    struct program *server = serve_at("", port, NULL);
    reach_at(server, "::1", port);
    expect_service(server);
    reach_at(server, "127.0.0.1", NULL);
    expect_service(server);
    begin_timeline_anew();
    server = serve_at("::1", "0", NULL);
    expect_line(server, "listening on [::1]:%u",
                ntohs(server->address.v4.sin_port));
    expect_service(server);
}

GRADED(stops_on_a_signal, 1, "ends with status 0 at SIGINT and SIGTERM",
       "What does a signal do to a program that has no handler for it?")
{
    struct program *server = serve();
    struct peer *client = connect_to(server);
    expect_called(client, "Hello");
    stop_server(server, SIGTERM);
    begin_timeline_anew();
    stop_server(serve(), SIGINT);
}

static const char odd[] =
    "One line on stderr says what was wrong with a client, and one is enough; "
    "a client that finishes between two requests has done nothing wrong.";

GRADED(hangs_up_on_what_is_wrong, 2,
       "closes the connection of a request that is too long or breaks off",
       "What do four bytes of 0xff say, and how much room have you?")
{
    static const char *const lengths[] = {"\0\1\0\1", "\xff\xff\xff\xff",
                                          "\x80\0\0\0"};
    struct program *server = serve();
    size_t count = 0;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct peer *client = connect_to(server);
        expect_called(client, "before");
        peer_send(client, lengths[i], HEADER_SIZE);
        expect_hung_up(server, client,
                       "A request of more than 65536 bytes is refused: the "
                       "connection is closed, as nobody knows where the next "
                       "request would begin.");
        expect_complaints(server, ++count, odd);
    }
    for (size_t size = 1; size < WHOLE_SIZE; size += 6) {
        struct peer *client = connect_to(server);
        peer_send(client, "\0\0\0\x20half of a request, and then no more",
                  size);
        peer_finish_sending(client);
        expect_hung_up(server, client,
                       "The client has finished in the midst of a request, of "
                       "which the rest can't come any more.");
        expect_complaints(server, ++count, odd);
    }
    expect_service(server);
}

GRADED(goes_on_after_a_reset, 1,
       "serves the others when a client resets its connection",
       "recv() returned -1 in one thread. What has that to do with the others?")
{
    struct program *server = serve();
    struct peer *other = connect_to(server);
    expect_called(other, "Hello");
    struct peer *client = connect_to(server);
    peer_send(client, "\0\0\0\5ab", 6);
    expect_quiet(server);
    peer_reset(client);
    expect_complaints(server, 1, odd);
    expect_called(other, "still there?");
    expect_service(server);
}

GRADED(survives_a_vanished_client, 1,
       "is not killed by SIGPIPE when a client is gone that it answers",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    struct program *server = serve();
    struct peer *client = connect_to(server);
    call_text(client, "Hello");
    vanish_before_it_sends(client, server);
    expect_complaints(server, 1, odd);
    end_weather();
    expect_service(server);
}

GRADED(survives_an_aborted_connection, 1,
       "accepts the next client when one is gone before accept()",
       "Whose error is ECONNABORTED?")
{
    server_survives_lost_connections(SERVER, expect_service);
}

GRADED(survives_bad_weather, 2,
       "answers in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    static const size_t sizes[] = {20, 0, 4000, 1, 300};
    const char *bytes = random_bytes("weather", 4000);
    for (int turn = 0; turn < 3; turn++) {
        begin_timeline_anew();
        end_weather();
        if (turn == 0) {
            fail_every_second(MOVING_CALLS | CALLS_ACCEPT, EINTR);
        } else if (turn == 1) {
            fail_some(MOVING_CALLS, EINTR, 30);
            cut_most(50);
        } else {
            cut_each(CALLS_SEND, 3);
        }
        struct program *server = serve();
        for (int i = 0; i < 2; i++) {
            struct peer *client = connect_to(server);
            for (size_t j = 0; j < COUNT(sizes); j++) {
                call(client, bytes, turn == 2 ? sizes[j] % 100 : sizes[j]);
                expect_responses(client);
            }
            expect_finished(client);
        }
        expect_complaints(server, 0, odd);
    }
}

GRADED(waits_for_days, 1, "waits for its clients as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct program *server = serve();
    struct peer *client = connect_to(server);
    time_passes(server, HOURS(24));
    expect_called(client, "today");
    time_passes(server, HOURS(24));
    expect_called(client, "tomorrow");
    expect_service(server);
}

GRADED(keeps_its_level, 1, "has as much of all after thirty clients as before",
       "Who closes a client's socket, and frees what was kept for it, on every "
       "way out?")
{
    enum { CLIENTS = 30 };
    struct program *server =
        start_server_with(SERVER, "127.0.0.1", "0",
                          (struct program_options){.reuses_memory = true});
    for (int i = 0; i < 3; i++)
        expect_service(server);
    struct peer *stays = connect_to(server);
    expect_called(stays, "Hello");
    const struct level before = level_of(server);
    for (int i = 0; i < CLIENTS; i++) {
        struct peer *client = connect_to(server);
        expect_called(client, "Hello");
        if (i % 2 == 0)
            peer_reset(client);
        peer_close(client);
        expect_quiet(server);
        peer_forget(client);
    }
    expect_level(server, &before, CLIENTS);
}
