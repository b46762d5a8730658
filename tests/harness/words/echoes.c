#include "words/echoes.h"

#include "words/expect.h"
#include "words/weathers.h"

void talk(struct peer *client, const char *text)
{
    peer_send_text(client, text);
    expect_echo(client);
}

// How much that is, where the programs have made so many calls for KIB(4).
static size_t long_stream(size_t moves)
{
    enum { MOVES = 16000 }; // that takes about a second
    size_t size = moves == 0 ? MIB(4) : KIB(4) * MOVES / moves;
    return size < MIB(16) ? size : MIB(16);
}

struct peer *echo_a_long_stream(struct program *(*start)(void))
{
    size_t before = calls_made(MOVING_CALLS);
    struct peer *client = connect_to(start());
    peer_send_random(client, KIB(4));
    finish(client);
    expect_quiet(client->program);
    size_t size = long_stream(calls_made(MOVING_CALLS) - before);

    // As much of it as the kernel holds comes without a pause.
    begin_timeline_anew();
    hold(CALLS_ACCEPT);
    struct program *server = start();
    client = connect_to(server);
    peer_send_random(client, size);
    expect_held(server);
    expect_quiet(server);
    program_release(server);
    expect_echo(client);
    return client;
}

void finish(struct peer *client)
{
    peer_finish_sending(client);
    expect_echo(client);
    expect_end_of_stream(client);
}
