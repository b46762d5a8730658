// What multiconn_server does with a thousand clients, and with thousands.

#include "grader/grade.h"

#include "multiconn.h"
#include "words/echoes.h"

PART(4)

enum {
    // Of select()'s 1,024 descriptors, some are not for clients.
    MANY = 1000,
    TOO_MANY = 1100,
    RESETTING = 4, // of clients, each fourth
};

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
        clients[i] = begin_to_connect(server);
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
        if ((i + 1) % RESETTING == 0)
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
        start_server_with(PROGRAM, "127.0.0.1", "0",
                          (struct program_options){.reuses_memory = true});
    come_and_go(server, FIRST);
    // It stays, so that it shows whether a client has a thread of its own.
    talk(connect_to(server), "I watch");
    struct level before = level_of(server);
    come_and_go(server, MORE);
    expect_level(server, &before, MORE);
}
