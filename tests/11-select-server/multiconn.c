#include "multiconn.h"

#include "words/echoes.h"
#include "words/expect.h"

enum { SMALL_BUFFER = 16 * 1024 }; // of the kernel's, that they fill up

struct program *start_here(void)
{
    return start_server(PROGRAM, "127.0.0.1", "0");
}

void expect_service(struct program *server)
{
    struct peer *client = connect_to(server);
    talk(client, "Are you there?");
    finish(client);
}

struct peer *connect_stuck(struct program *server, size_t size)
{
    shrink_buffers(server, SMALL_BUFFER);
    struct peer *stuck = connect_to(server);
    peer_stop_reading(stuck);
    peer_send_random(stuck, size);
    return stuck;
}

struct peer *connect_choked(struct program *server)
{
    // The receipt of each piece is held back for 40 ms: so they are few.
    enum { FIRST = 64 * 1024, PIECE = 4096, PIECES = 100 };
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
