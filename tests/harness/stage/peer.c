#include "stage/peer_inside.h"

#include "words/verdict.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve_peer(struct source *source, uint32_t events);

void peer_note(const struct peer *peer, enum peer_action action, size_t bytes)
{
    struct event event = {.kind = EVENT_PEER};
    event.deed.peer = peer->number;
    event.deed.action = action;
    event.deed.bytes = bytes;
    trace_add(stage_current()->trace, &event);
    stage_current()->moved++;
}

static struct peer *add_peer(int fd)
{
    struct stage *stage = stage_current();
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        err(EXIT_FAILURE, "peer");
    peer->source = (struct source){fd, serve_peer, peer, 0};
    peer->number = ++stage->peer_count;
    peer->echo_limit = peer->wrong_at = SIZE_MAX;
    peer->allowance = KIB(64);
    peer->random = random_start(stage->seed, "peer");
    peer->random.state += (uint64_t)peer->number;
    peer->next = stage->peers;
    stage->peers = peer;
    return peer;
}

bool peer_unsent(const struct peer *peer)
{
    return peer->sent < peer->out.size;
}

static uint32_t interest(const struct peer *peer)
{
    if (peer->listening)
        return EPOLLIN;
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
    if (peer->source.fd == -1)
        return;
    if (interest(peer) == 0)
        stage_unwatch(&peer->source);
    else
        stage_watch(&peer->source, interest(peer));
}

static void learn_addresses(struct peer *peer)
{
    socklen_t size = sizeof peer->local;
    getsockname(peer->source.fd, (struct sockaddr *)&peer->local, &size);
    size = sizeof peer->remote;
    getpeername(peer->source.fd, (struct sockaddr *)&peer->remote, &size);
    const int on = 1;
    setsockopt(peer->source.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void shut(struct peer *peer)
{
    peer->closed = true;
    if (peer->source.fd == -1)
        return;
    stage_unwatch(&peer->source);
    close(peer->source.fd);
    peer->source.fd = -1;
}

void peer_fails(struct peer *peer, int error)
{
    // Whoever is connected to, these are not its doing.
    if (error == EADDRNOTAVAIL || error == ENETUNREACH || error == ENETDOWN)
        verdict_unknown("this machine can't connect to itself: %s",
                        strerror(error));
    peer->saw_error = error;
    peer_note(peer, error == ECONNREFUSED ? PEER_IS_REFUSED : PEER_SEES_RESET,
              0);
    shut(peer);
}

// The peer that is to become the listener's next connection.
static struct peer *next_awaited(struct peer *listener)
{
    struct peer *next = NULL;
    for (struct peer *peer = stage_current()->peers; peer != NULL;
         peer = peer->next)
        if (peer->server == listener && !peer->connected && !peer->closed &&
            (next == NULL || peer->number < next->number))
            next = peer;
    return next != NULL ? next : peer_await(listener);
}

static void accept_program(struct peer *listener)
{
    int fd =
        accept4(listener->source.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1)
        return;
    struct peer *peer = listener;
    if (listener->serves) {
        listener->accepted++;
        peer = next_awaited(listener);
    } else {
        stage_unwatch(&listener->source);
        close(listener->source.fd);
        listener->listening = false;
    }
    peer->source.fd = fd;
    peer->connected = peer->accepts = true;
    learn_addresses(peer);
    peer_note(peer, PEER_ACCEPTS, 0);
    peer_flush(peer);
    peer_say_farewell(peer);
}

static void finish_connecting(struct peer *peer)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(peer->source.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        peer_fails(peer, error);
        return;
    }
    peer->connected = true;
    learn_addresses(peer);
    peer_note(peer, PEER_CONNECTS, 0);
    peer_flush(peer);
}

static void serve_peer(struct source *source, uint32_t events)
{
    struct peer *peer = source->owner;
    if (peer->listening)
        accept_program(peer);
    else if (!peer->connected)
        finish_connecting(peer);
    else if ((events & EPOLLIN) != 0 || (interest(peer) & EPOLLIN) != 0)
        peer_receive_some(peer, SIZE_MAX);
    if (!peer->closed && peer->connected)
        peer_flush(peer);
}

struct peer *peer_connect_to(const struct sockaddr_in *address)
{
    int fd = peer_open_socket();
    struct peer *peer = add_peer(fd);
    peer->remote = *address;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        finish_connecting(peer);
    else if (errno != EINPROGRESS)
        peer_fails(peer, errno);
    else
        peer_update_interest(peer);
    return peer;
}

static struct peer *listen_on(const char *host, int fd, int backlog)
{
    struct peer *peer = add_peer(fd);
    peer->listening = true;
    if (listen(fd, backlog) == -1)
        err(EXIT_FAILURE, "cannot listen on %s", host);
    learn_addresses(peer);
    peer_update_interest(peer);
    return peer;
}

struct peer *peer_listen(const char *host)
{
    // Small buffers at this end: a program that sends without receiving soon
    // finds out.
    struct peer *peer = listen_on(host, peer_bound_socket(host, true), 8);
    peer->allowance = MIB(64);
    return peer;
}

struct peer *peer_serve(const char *host)
{
    struct peer *peer =
        listen_on(host, peer_bound_socket(host, false), SOMAXCONN);
    peer->serves = true;
    return peer;
}

struct peer *peer_await(struct peer *server)
{
    struct peer *peer = add_peer(-1);
    peer->number = ++server->awaited;
    peer->server = server;
    peer->local = server->local;
    return peer;
}

void peer_finish_sending(struct peer *peer)
{
    peer->finish_wanted = true;
    peer_flush(peer);
}

void peer_stop_reading(struct peer *peer)
{
    peer->stopped = true;
    peer_update_interest(peer);
}

void peer_read_slowly(struct peer *peer, size_t size)
{
    peer->slow_read = size;
    peer_update_interest(peer);
}

void peer_close(struct peer *peer)
{
    if (!peer->closed)
        peer_note(peer, PEER_CLOSES, 0);
    shut(peer);
}

void peer_reset(struct peer *peer)
{
    if (peer->closed)
        return;
    // Closing then discards everything and sends RST; socket(7), SO_LINGER.
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer->source.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_note(peer, PEER_RESETS, 0);
    shut(peer);
}

static void release(struct peer *peer)
{
    if (peer->source.fd != -1)
        close(peer->source.fd);
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
