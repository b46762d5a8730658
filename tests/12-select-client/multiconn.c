#include "multiconn.h"

#include "words/content.h"
#include "words/expect.h"

struct peer *serve(void)
{
    return peer_serve(peer_own_host());
}

struct peer *echoing(struct peer *server)
{
    struct peer *connection = peer_await(server);
    peer_echo(connection);
    return connection;
}

struct program *start_with(struct peer *server, int count,
                           struct program_options options)
{
    options.arguments[2] = formatted("%d", count);
    return start_client(PROGRAM, server, options);
}

struct program *start(struct peer *server, int count)
{
    return start_with(server, count, (struct program_options){.input = NULL});
}

// Both messages have come, and nothing else.
static void expect_messages(struct program *client, struct peer *connection)
{
    expect_connection(client, connection);
    expect_received(client, connection, MESSAGE_1 MESSAGE_2, SENT);
}

void expect_served(struct program *client, struct peer *connection)
{
    expect_messages(client, connection);
    expect_end_from(client, connection);
    expect_messages(client, connection); // and nothing has come behind them
}

void exchange(int count)
{
    exchange_with(count, (struct program_options){.input = NULL});
}

void exchange_with(int count, struct program_options options)
{
    struct peer *server = serve();
    struct peer *connections[EXCHANGES];
    for (int i = 0; i < count; i++)
        connections[i] = echoing(server);
    struct program *client = start_with(server, count, options);
    for (int i = 0; i < count; i++)
        expect_served(client, connections[i]);
    expect_exit_status(client, 0);
    expect_accepted(client, server, (unsigned)count);
}
