// What app_server does with contents that are large, and clients that are many.

#include "grader/grade.h"

#include "app.h"
#include "stage/stage.h"
#include "words/app_protocol.h"
#include "words/messages.h"
#include "words/messages_wrong.h"

#include <string.h>

PART(5)

enum {
    LARGEST = 64 * 1024 * 1024,
    MANY = 1000,
    STUCK = 900, // of these, which come
    AT_A_TIME = 5,
    LEAST_PATIENCE_US = 9000000, // of a server's; the lesson allows 10 s
};

GRADED_AT_SCALE(takes_64_mib, 1,
                "answers a content of 64 MiB, the most there may be",
                "How does a buffer grow, and how often are its bytes moved "
                "meanwhile?")
{
    static char content[LARGEST];
    without_tracer();
    struct program *server = start_here();
    memset(content, '9', sizeof content);
    exchange_bytes(server, BINARY, content, sizeof content);
    expect_service(server);
}

// How clients get stuck.
enum { STUCK_HALFWAY, STUCK_IN_THE_HEADER, STUCK_BEFORE_IT, WAYS_TO_BE_STUCK };

// The length of a header of 100 bytes, and its beginning; some of these bytes.
#define BEGUN "\0\x64{\"byteorder\""
enum { BEGUN_BYTES = 10 };

static struct peer *connect_stuck(struct program *server, int number)
{
    int way = number % WAYS_TO_BE_STUCK;
    struct peer *client =
        way == STUCK_HALFWAY ? connect_halfway(server) : connect_to(server);
    if (way == STUCK_IN_THE_HEADER)
        peer_send(client, BEGUN, (size_t)number % sizeof BEGUN);
    return client;
}

GRADED_AT_SCALE(serves_100_among_900_that_are_stuck, 2,
                "serves 100 clients while 900 others are stuck half-way",
                "What does a client cost that does nothing: a thread, a turn "
                "of the loop, a buffer for the largest request?")
{
    need_many_clients();
    static struct peer *clients[MANY];
    without_tracer();
    struct program *server = start_here();
    const uint64_t began_us = trace_now_us(stage_current()->trace);
    for (int i = 0; i < MANY; i++) {
        clients[i] = i < STUCK ? connect_stuck(server, i) : connect_to(server);
        // Then all of them are accepted: so the queue of those who wait need
        // not be long.
        if ((i + 1) % AT_A_TIME == 0)
            expect_service(server);
    }
    for (int i = STUCK; i < MANY; i++)
        message_send_search(clients[i], i % 2 == 0 ? "ring" : DOG);
    for (int i = STUCK; i < MANY; i++)
        expect_last_result(server, clients[i], i % 2 == 0 ? CAVES : BALL);
    expect_idle(server);
    // A slow machine may have kept it silent for longer than a server waits.
    if (trace_now_us(stage_current()->trace) - began_us < LEAST_PATIENCE_US)
        expect_second_half(server, clients[0]);
    for (int i = 0; i < MANY; i++)
        peer_close(clients[i]);
    expect_quiet(server);
    expect_service(server);
}

// What clients do who come and go, one after the other.
enum { SEARCHES, SENDS_BYTES, IS_WRONG, ENDS_EARLY, RESETS, WAYS_TO_GO };

static void come_and_go(struct program *server, int clients)
{
    for (int i = 0; i < clients; i++) {
        int way = i % WAYS_TO_GO;
        struct peer *client = connect_to(server);
        switch (way) {
        case SEARCHES: message_send_search(client, "needle"); break;
        case SENDS_BYTES: send_digits(client); break;
        case IS_WRONG:
            message_send_wrong_header(client, WRONG_EMPTY_OBJECT, SEARCH);
            break;
        case ENDS_EARLY:
        case RESETS: peer_send(client, BEGUN, BEGUN_BYTES); break;
        }
        if (way == SEARCHES || way == SENDS_BYTES)
            expect_message(server, client);
        if (way == ENDS_EARLY)
            peer_finish_sending(client);
        if (way == RESETS)
            peer_reset(client);
        expect_refused(server, client, "all that there was", FOUND);
        peer_forget(client);
    }
}

GRADED_AT_SCALE(serves_4000_in_turn, 2,
                "serves 4,000 clients, and has no more open or in memory then",
                "What does a client leave behind when it has gone: its "
                "socket, its buffers, what was parsed, on every way out?")
{
    need_many_clients();
    enum { FIRST = 1000, MORE = 3000 };
    without_tracer();
    struct program *server =
        start_server_with(PROGRAM, "127.0.0.1", "0",
                          (struct program_options){.reuses_memory = true});
    come_and_go(server, FIRST);
    // It stays, so that it shows whether a client has a thread of its own.
    connect_halfway(server);
    struct level before = level_of(server);
    come_and_go(server, MORE);
    expect_level(server, &before, MORE);
}
