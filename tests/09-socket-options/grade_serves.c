// How rpc_server answers, and what it asks of the connections of its clients.

#include "grader/grade.h"

#include "calling.h"
#include "kernel/sockets.h"
#include "kernel/tcpinfo.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"
#include "words/options.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

PART(2)

GRADED(answers_requests, 2, "answers each request with its own bytes",
       "What stands before the bytes of a response, and in which byte order?")
{
    static const size_t sizes[] = {5, 0, 1, 32, 300, 70, 65535, LONGEST, 3};
    struct program *server = serve();
    struct peer *client = connect_to(server);
    const char *bytes = random_bytes("requests", LONGEST);
    expect_called(client, "Hello");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        call(client, bytes, sizes[i]);
        expect_responses(client);
    }
    expect_finished(client);
    expect_complaints(server, 0,
                      "A client that finishes between two requests "
                      "has done nothing wrong.");
}

GRADED(answers_what_comes_in_pieces, 1,
       "puts a request together that comes in pieces",
       "How many bytes has one recv() brought, and how many does the request "
       "have?")
{
    struct program *server = serve();
    struct peer *client = connect_to(server);
    peer_send_in_pieces(client, 1, false);
    expect_called(client, "byte by byte");
    expect_finished(client);
    client = connect_to(server);
    // Two requests, and the beginning of a third, at once.
    static const char three[] = "\0\0\0\3one\0\0\0\3two\0\0\0\5three";
    peer_send(client, three, 17);
    const struct failure failure = {.program = server, .peer = client};
    expect_some(server, client, 14);
    if (memcmp(client->in.at, three, 14) != 0)
        expect_fail(&failure, "the first two responses", "other bytes");
    peer_send(client, three + 17, sizeof three - 1 - 17);
    expect_responses(client);
}

GRADED(answers_each_client, 2,
       "serves any number of clients at a time, whoever is silent",
       "Who is served while one client says nothing?")
{
    enum { CLIENTS = 8 };
    struct program *server = serve();
    struct peer *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_to(server);
    for (int i = CLIENTS - 1; i > 0; i--)
        expect_called(clients[i], formatted("client %d", i));
    for (int i = 0; i < CLIENTS; i++)
        expect_called(clients[i], formatted("client %d again", i));
}

static void call_once(struct peer *client)
{
    call_text(client, "one of thirty-two bytes, no more");
}

GRADED(answers_without_a_stall, 3,
       "no part of a response waits for another to be confirmed",
       "Which of a response's two sends has to wait, for what, and which "
       "option says that it need not?")
{
    enum { ROUNDS = 8 };
    struct program *server = serve();
    struct peer *client = connect_to(server);
    expect_called(client, "first of all");
    expect_no_stall(server, client, ROUNDS, WHOLE_SIZE, call_once);
}

// What the contract has of a connection, and what for.
static const struct {
    struct wanted_option wanted;
    const char *why;
} kept_alive[] = {
    {{.level = SOL_SOCKET, .option = SO_KEEPALIVE, .any = true},
     "Without SO_KEEPALIVE a server that waits for a client which has lost its "
     "power, or its network, waits for ever."},
    {{.level = IPPROTO_TCP, .option = TCP_KEEPIDLE, .value = 30},
     "How long a connection has to be silent before it is asked for, in "
     "seconds: two hours, if nothing is said."},
    {{.level = IPPROTO_TCP, .option = TCP_KEEPINTVL, .value = 5},
     "How long after one question the next one follows, in seconds: 75, if "
     "nothing is said."},
    {{.level = IPPROTO_TCP, .option = TCP_KEEPCNT, .value = 3},
     "How many questions in a row may stay without an answer: 9, if nothing is "
     "said."},
};

static const struct wanted_option user_timeout = {
    .level = IPPROTO_TCP, .option = TCP_USER_TIMEOUT, .value = 20000};

static const char unheard[] =
    "Keep-alive asks nobody while something waits to be confirmed: what was "
    "sent to a client that is gone is tried again for some 15 minutes, unless "
    "TCP_USER_TIMEOUT, in milliseconds, says otherwise.";

GRADED(asks_silent_clients, 3,
       "has a client asked that is silent for 30 s: 3 times, every 5 s",
       "Four options belong together. Which of them switches it on?")
{
    struct program *server = serve();
    struct peer *client = connect_to(server);
    expect_called(client, "Hello");
    for (size_t i = 0; i < COUNT(kept_alive); i++)
        expect_option(server, client, &kept_alive[i].wanted, kept_alive[i].why);
}

GRADED(gives_up_the_unheard, 2,
       "has a client given up that confirms nothing for 20 s",
       "In which unit is TCP_USER_TIMEOUT?")
{
    struct program *server = serve();
    struct peer *client = connect_to(server);
    expect_called(client, "Hello");
    expect_option(server, client, &user_timeout, unheard);
}

// As good as not accepted: nobody has a socket for it yet.
static bool is_accepted(const struct program *server, const struct peer *client)
{
    const int fd = find_connection(server, client);
    if (fd != -1)
        close(fd);
    return fd != -1;
}

GRADED(asks_whoever_connects, 2,
       "sets that for a client that never sends anything, and for each one",
       "When is a client known that will never send a request?")
{
    enum { CLIENTS = 3 };
    struct program *server = serve();
    for (int i = 0; i < CLIENTS; i++) {
        struct peer *client = connect_to(server);
        expect_quiet(server);
        if (!is_accepted(server, client))
            continue;
        for (size_t j = 0; j < COUNT(kept_alive); j++)
            expect_option(server, client, &kept_alive[j].wanted,
                          "It is to be set before a first request is waited "
                          "for: a client that has gone before sends none.");
        expect_option(server, client, &user_timeout, unheard);
    }
}

static void expect_buffers(struct program *server, struct peer *client,
                           int bytes)
{
    static const char why[] =
        "With --buffer both buffers of each connection are to be of that size: "
        "set them on the listening socket, before listen(), and each "
        "connection has them from it.";
    const struct reference wanted = reference_of(bytes);
    expect_option(server, client,
                  &(struct wanted_option){.level = SOL_SOCKET,
                                          .option = SO_RCVBUF,
                                          .value = wanted.its_receive,
                                          .given = bytes},
                  why);
    expect_option(server, client,
                  &(struct wanted_option){.level = SOL_SOCKET,
                                          .option = SO_SNDBUF,
                                          .value = wanted.its_send,
                                          .given = bytes},
                  why);
}

// True if it listens already.
static bool is_listening(const struct program *server)
{
    const int fd =
        sockets_borrow_listener(server->pid, server->address.v4.sin_port);
    if (fd != -1)
        close(fd);
    return fd != -1;
}

// Starts it with that buffer, and has a client come as soon as that is
// possible: before the server has done anything else.
static struct peer *come_early(struct program **server, int bytes)
{
    const char *host = peer_own_host(), *port = free_port_text();
    struct peer *client = NULL;
    make_weather((struct weather){.kind = WEATHER_HOLD,
                                  .calls = CALLS_SETUP,
                                  .only = SYS_setsockopt,
                                  .every = 1});
    *server = start_program(SERVER, &(struct program_options){
                                        .arguments = {host, port, "--buffer",
                                                      formatted("%d", bytes)}});
    reach_at(*server, host, port);
    while (comes_to_be_held(*server)) {
        if (client == NULL && is_listening(*server))
            client = begin_to_connect(*server);
        program_release(*server);
    }
    end_weather();
    return client != NULL ? client : connect_to(*server);
}

GRADED(gives_its_buffers_to_each_connection, 3,
       "has the buffers of --buffer for each connection, from its beginning",
       "When does a connection come about, and what has it from the listening "
       "socket?")
{
    enum { BYTES = 9000 };
    struct program *server = serve_with_buffer(BYTES);
    for (int i = 0; i < 2; i++) {
        struct peer *client = connect_to(server);
        expect_called(client, "Hello");
        expect_buffers(server, client, BYTES);
    }
    begin_timeline_anew();
    struct peer *early = come_early(&server, BYTES);
    expect_called(early, "Hello");
    expect_buffers(server, early, BYTES);
    struct tcpinfo info;
    const struct reference wanted = reference_of(BYTES);
    const struct failure failure = {
        .program = server,
        .peer = early,
        .is_sure = true,
        .means = "The receive buffer was set too late for the connection's "
                 "first packet: in that each side says by which power of two "
                 "it counts its room (the window scale), which follows from "
                 "the buffer and never changes. Set SO_RCVBUF on the listening "
                 "socket, before listen(). Read: man 7 socket, SO_RCVBUF; man "
                 "7 tcp, \"window scaling\".",
    };
    if (tcpinfo_ask(early->socket.fd, &info) && info.scale != wanted.scale)
        expect_fail(&failure,
                    formatted("a window scale of %u, as that of a listener "
                              "with %d bytes",
                              wanted.scale, BYTES),
                    "%u", info.scale);
}
