#include "stage/peer.h"

#include "stage/stage.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve_peer(struct descriptor *descriptor, uint32_t events);

static struct peer *add_peer(int fd)
{
    return peer_add(fd, serve_peer);
}

static void learn_addresses(struct peer *peer)
{
    socklen_t size = sizeof peer->local;
    getsockname(peer->socket.fd, (struct sockaddr *)&peer->local, &size);
    size = sizeof peer->remote;
    getpeername(peer->socket.fd, (struct sockaddr *)&peer->remote, &size);
    const int on = 1;
    setsockopt(peer->socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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
    if (next != NULL)
        return next;
    listener->unawaited++;
    return peer_await(listener);
}

static void accept_program(struct peer *listener)
{
    int fd =
        accept4(listener->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1)
        return;
    struct peer *peer = listener;
    if (listener->serves) {
        listener->accepted++;
        peer = next_awaited(listener);
    } else {
        stage_unwatch(&listener->socket);
        close(listener->socket.fd);
        listener->listening = false;
    }
    peer->program = listener->program;
    peer->socket.fd = fd;
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
    getsockopt(peer->socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        peer_fails(peer, error);
        return;
    }
    peer->connected = true;
    learn_addresses(peer);
    peer_note(peer, PEER_CONNECTS, 0);
    peer_flush(peer);
}

static void serve_peer(struct descriptor *descriptor, uint32_t events)
{
    struct peer *peer = descriptor->owner;
    if (peer->listening)
        accept_program(peer);
    else if (!peer->connected)
        finish_connecting(peer);
    else if ((events & EPOLLIN) != 0 || (peer_interest(peer) & EPOLLIN) != 0)
        peer_receive_some(peer, SIZE_MAX);
    if (!peer->closed && peer->connected)
        peer_flush(peer);
}

struct peer *peer_connect_to(const union endpoint *address)
{
    int fd = peer_open_socket(address->any.sa_family);
    struct peer *peer = add_peer(fd);
    peer->remote = *address;
    if (connect(fd, &address->any, endpoint_size(address)) == 0)
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
