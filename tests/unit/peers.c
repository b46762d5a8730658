// What the tests of peers need.

#include "peers.h"
#include "unit.h"
#include "stage/wait.h"

#include <string.h>
#include <sys/socket.h>

bool peers_have_received(void *subject)
{
    const struct wanted *wanted = subject;
    return wanted->peer->in.size >= wanted->size;
}

bool peers_have_accepted(void *subject)
{
    const struct wanted *wanted = subject;
    return wanted->peer->accepted >= wanted->size;
}

bool peers_have_seen_end(void *subject)
{
    return ((const struct wanted *)subject)->peer->saw_end;
}

bool peers_have_backlog(void *subject)
{
    const struct wanted *wanted = subject;
    return peer_backlog(wanted->peer) == wanted->size;
}

void peers_await(bool (*met)(void *), struct peer *peer, size_t size)
{
    struct wanted wanted = {peer, size};
    ck_assert_int_eq(stage_wait(met, &wanted), WAIT_MET);
}

int peers_dial(const struct peer *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&server->local,
                             sizeof server->local),
                     0);
    return fd;
}

void peers_tell(int fd, const char *text, struct peer *peer)
{
    size_t size = peer->in.size + strlen(text);
    ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    peers_await(peers_have_received, peer, size);
}

void peers_expect_back(int fd, const char *text, bool ends)
{
    char bytes[64] = "";
    size_t got = 0;
    ssize_t size;
    ck_assert(stage_settle());
    while ((size = recv(fd, bytes + got, sizeof bytes - 1 - got,
                        MSG_DONTWAIT)) > 0)
        got += (size_t)size;
    ck_assert_str_eq(bytes, text);
    ck_assert_int_eq(size, ends ? 0 : -1);
}

void peers_expect_in(const struct peer *peer, const char *text)
{
    ck_assert_uint_eq(peer->in.size, strlen(text));
    ck_assert_mem_eq(peer->in.at, text, strlen(text));
}

struct peer *peers_accept(struct peer *server, int *fd)
{
    struct peer *peer = peer_await(server);
    *fd = peers_dial(server);
    peers_await(peers_have_accepted, server, server->accepted + 1);
    ck_assert(peer->connected);
    return peer;
}
