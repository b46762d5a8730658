#include "stage/peer_state.h"

#include "stage/stage.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer *peer_add(int fd, void (*ready)(struct descriptor *, uint32_t))
{
    struct stage *stage = stage_current();
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        err(EXIT_FAILURE, "peer");
    peer->socket = (struct descriptor){fd, ready, peer, 0};
    peer->number = ++stage->peer_count;
    peer->echo_limit = peer->wrong_at = SIZE_MAX;
    peer->allowance = KIB(64);
    peer->random = random_start(stage->seed, "peer");
    peer->random.state += (uint64_t)peer->number;
    peer->next = stage->peers;
    stage->peers = peer;
    return peer;
}

void peer_append(struct bytes *bytes, const void *more, size_t size)
{
    if (bytes->size + size > bytes->room) {
        bytes->room = (bytes->size + size) * 2;
        bytes->at = realloc(bytes->at, bytes->room);
        if (bytes->at == NULL)
            err(EXIT_FAILURE, "peer");
    }
    if (size > 0)
        memcpy(bytes->at + bytes->size, more, size);
    bytes->size += size;
}

void peer_note(const struct peer *peer, enum peer_action action, size_t bytes)
{
    struct event event = {.kind = EVENT_PEER};
    event.deed.peer = peer->number;
    event.deed.action = action;
    event.deed.bytes = bytes;
    trace_add(stage_current()->trace, &event);
    stage_current()->moved++;
}

bool peer_unsent(const struct peer *peer)
{
    return peer->sent < peer->out.size;
}

uint32_t peer_interest(const struct peer *peer)
{
    if (peer->listening)
        return EPOLLIN;
    if (peer->datagrams != NULL)
        return peer->stopped ? 0 : EPOLLIN;
    if (!peer->connected)
        return EPOLLOUT;
    uint32_t events = 0;
    bool full = peer->echoes && peer_unsent(peer);
    if (!peer->stopped && peer->slow_read == 0 && !full && !peer->saw_end)
        events |= EPOLLIN;
    if (peer_unsent(peer) && peer->slow_send == 0)
        events |= EPOLLOUT;
    return events;
}

// With no interest it isn't watched at all: epoll would still report a reset,
// again and again.
void peer_update_interest(struct peer *peer)
{
    if (peer->socket.fd == -1)
        return;
    if (peer_interest(peer) == 0)
        stage_unwatch(&peer->socket);
    else
        stage_watch(&peer->socket, peer_interest(peer));
}

void peer_shut(struct peer *peer)
{
    peer->closed = true;
    if (peer->socket.fd == -1)
        return;
    stage_unwatch(&peer->socket);
    close(peer->socket.fd);
    peer->socket.fd = -1;
}

void peer_fails(struct peer *peer, int error)
{
    // Whoever is connected to, these are not its doing.
    if (error == EADDRNOTAVAIL || error == ENETUNREACH || error == ENETDOWN)
        stage_blame_machine("this machine can't connect to itself: %s",
                            strerror(error));
    peer->saw_error = error;
    peer_note(peer, error == ECONNREFUSED ? PEER_IS_REFUSED : PEER_SEES_RESET,
              0);
    peer_shut(peer);
}

void peer_close(struct peer *peer)
{
    if (!peer->closed)
        peer_note(peer, PEER_CLOSES, 0);
    peer_shut(peer);
}

void peer_reset(struct peer *peer)
{
    if (peer->closed)
        return;
    // Closing then discards everything and sends RST; socket(7), SO_LINGER.
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer->socket.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_note(peer, PEER_RESETS, 0);
    peer_shut(peer);
}

static void release(struct peer *peer)
{
    if (peer->socket.fd != -1)
        close(peer->socket.fd);
    if (peer->datagrams != NULL)
        free(peer->datagrams->got);
    free(peer->datagrams);
    free(peer->in.at);
    free(peer->out.at);
    free(peer);
}

void peer_forget(struct peer *peer)
{
    peer_close(peer);
    struct peer **link = &stage_current()->peers;
    while (*link != peer)
        link = &(*link)->next;
    *link = peer->next;
    release(peer);
}

void peer_close_all(struct stage *stage)
{
    while (stage->peers != NULL) {
        struct peer *peer = stage->peers;
        stage->peers = peer->next;
        release(peer);
    }
}
