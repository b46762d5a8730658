// Who connects to whom: peers to a server, clients to a peer.

#include "words/expect.h"

#include "words/expect_fail.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "words/verdict.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_TEXT = sizeof "65535" };

const char *free_port_text(void)
{
    static char text[PORT_TEXT];
    snprintf(text, sizeof text, "%u", peer_free_port());
    return text;
}

void reach_at(struct program *server, const char *host, const char *port)
{
    in_port_t number = server->address.v4.sin_port;
    if (port != NULL)
        number = htons((uint16_t)strtoul(port, NULL, 10));
    endpoint_make(host, number, &server->address);
}

static bool is_connected(void *subject)
{
    const struct peer *peer = subject;
    return peer->connected || peer->saw_error != 0;
}

struct peer *begin_to_connect(struct program *server)
{
    struct peer *peer = peer_connect_to(&server->address);
    peer->program = server;
    return peer;
}

struct peer *connect_to(struct program *server)
{
    struct peer *peer = begin_to_connect(server);
    const struct failure failure = {
        .wait = stage_wait(is_connected, peer),
        .program = server,
        .peer = peer,
    };
    char expected[SUMMARY_SIZE], address[ENDPOINT_TEXT_SIZE];
    snprintf(expected, sizeof expected,
             "to connect to %s, as your program announced",
             endpoint_text(&server->address, address));
    if (!peer->connected)
        expect_fail(&failure, expected, "%s", strerror(peer->saw_error));
    return peer;
}

static bool is_port_of_peer(uint16_t port)
{
    for (const struct peer *peer = stage_current()->peers; peer != NULL;
         peer = peer->next)
        if (peer->local.v4.sin_port == port)
            return true;
    return false;
}

struct peer *connect_from_telling_port(struct program *server)
{
    struct peer *peer;
    // Those that don't tell just stay. A mirrored port is its own, too.
    do
        peer = connect_to(server);
    while (is_port_of_peer(htons(peer->local.v4.sin_port)));
    return peer;
}

void expect_no_listener_at(struct program *server, const char *host)
{
    union endpoint elsewhere;
    endpoint_make(host, server->address.v4.sin_port, &elsewhere);
    struct peer *peer = peer_connect_to(&elsewhere);
    const struct failure failure = {
        .wait = stage_wait(is_connected, peer),
        .program = server,
        .peer = peer,
    };
    if (!peer->connected)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "to be refused at %s: HOST was another address", host);
    expect_fail(&failure, expected, "a connection");
}

struct program *start_client(const char *name, struct peer *server,
                             struct program_options options)
{
    char host[ENDPOINT_TEXT_SIZE], port[PORT_TEXT];
    endpoint_host(&server->local, host);
    snprintf(port, sizeof port, "%u", ntohs(server->local.v4.sin_port));
    if (options.arguments[0] == NULL)
        options.arguments[0] = host;
    if (options.arguments[1] == NULL)
        options.arguments[1] = port;
    server->program = start_program(name, &options);
    return server->program;
}

struct program *start_client_of_nobody(const char *name,
                                       struct program_options options)
{
    options.arguments[0] = peer_own_host();
    options.arguments[1] = free_port_text();
    return start_program(name, &options);
}

void vanish_before_it_sends(struct peer *peer, struct program *program)
{
    expect_held(program);
    // First the end of the stream, then the reset: from then on the very
    // next send fails with EPIPE.
    peer_finish_sending(peer);
    peer_reset(peer);
    program_release(program);
}
