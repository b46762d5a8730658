#include "peer.h"

#include "sockdiag.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve_peer(struct source *source, uint32_t events);

static void note(const struct peer *peer, enum peer_action action, size_t bytes)
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
    if (peer == NULL || fd == -1)
        err(EXIT_FAILURE, "peer");
    peer->source = (struct source){fd, serve_peer, peer};
    peer->number = ++stage->peer_count;
    peer->echo_limit = SIZE_MAX;
    peer->allowance = KIB(64);
    peer->random = random_start(stage->seed, "peer");
    peer->random.state += (uint64_t)peer->number;
    peer->next = stage->peers;
    stage->peers = peer;
    return peer;
}

static bool unsent(const struct peer *peer)
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
    bool full = peer->echoes && unsent(peer);
    if (!peer->stopped && peer->slow_read == 0 && !full && !peer->saw_end)
        events |= EPOLLIN;
    if (unsent(peer) && peer->slow_send == 0)
        events |= EPOLLOUT;
    return events;
}

// With no interest it isn't watched at all: epoll would still report a reset,
// again and again.
static void update_interest(struct peer *peer)
{
    if (peer->closed)
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
    if (peer->closed)
        return;
    stage_unwatch(&peer->source);
    close(peer->source.fd);
    peer->source.fd = -1;
    peer->closed = true;
}

static void fails(struct peer *peer, int error)
{
    peer->saw_error = error;
    note(peer, error == ECONNREFUSED ? PEER_IS_REFUSED : PEER_SEES_RESET, 0);
    shut(peer);
}

static void finish_if_due(struct peer *peer)
{
    if (peer->closed || !peer->connected || !peer->finish_wanted ||
        peer->finished || unsent(peer))
        return;
    peer->finished = true;
    note(peer, PEER_FINISHES, 0);
    shutdown(peer->source.fd, SHUT_WR);
}

// Sends what it can, but no more than LIMIT bytes.
static void flush_some(struct peer *peer, size_t limit)
{
    while (!peer->closed && peer->connected && unsent(peer) && limit > 0) {
        size_t size = peer->out.size - peer->sent;
        if (size > limit)
            size = limit;
        ssize_t sent = send(peer->source.fd, peer->out.at + peer->sent, size,
                            MSG_NOSIGNAL);
        if (sent == -1 && errno != EAGAIN && errno != EINTR)
            fails(peer, errno);
        if (sent <= 0)
            break;
        peer->sent += (size_t)sent;
        limit -= (size_t)sent;
        note(peer, PEER_SENDS, (size_t)sent);
    }
    finish_if_due(peer);
}

static void flush(struct peer *peer)
{
    if (peer->slow_send == 0)
        flush_some(peer, SIZE_MAX);
    finish_if_due(peer);
    update_interest(peer);
}

static void append(struct bytes *bytes, const void *more, size_t size)
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

static void say_farewell(struct peer *peer)
{
    if (peer->farewell == FAREWELL_NONE || peer->sent < peer->echo_limit)
        return;
    if (peer->farewell == FAREWELL_RESET)
        peer_reset(peer);
    else
        peer_finish_sending(peer);
}

static void echo_back(struct peer *peer, const void *bytes, size_t size)
{
    size_t left = peer->echo_limit - peer->out.size;
    append(&peer->out, bytes, size < left ? size : left);
    flush(peer);
    say_farewell(peer);
}

static void receive_some(struct peer *peer, size_t limit)
{
    static unsigned char bytes[KIB(256)];
    size_t size = limit < sizeof bytes ? limit : sizeof bytes;
    ssize_t received = recv(peer->source.fd, bytes, size, 0);
    if (received == -1) {
        if (errno != EAGAIN && errno != EINTR)
            fails(peer, errno);
        return;
    }
    if (received == 0) {
        peer->saw_end = true;
        note(peer, PEER_SEES_END, 0);
        if (peer->echoes)
            peer_finish_sending(peer);
        return;
    }
    append(&peer->in, bytes, (size_t)received);
    note(peer, PEER_RECEIVES, (size_t)received);
    if (peer->echoes)
        echo_back(peer, bytes, (size_t)received);
}

static void accept_program(struct peer *peer)
{
    int fd = accept4(peer->source.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1)
        return;
    stage_unwatch(&peer->source);
    close(peer->source.fd);
    peer->source.fd = fd;
    peer->listening = false;
    peer->connected = true;
    learn_addresses(peer);
    note(peer, PEER_ACCEPTS, 0);
    flush(peer);
    say_farewell(peer);
}

static void finish_connecting(struct peer *peer)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(peer->source.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        fails(peer, error);
        return;
    }
    peer->connected = true;
    learn_addresses(peer);
    note(peer, PEER_CONNECTS, 0);
    flush(peer);
}

static void serve_peer(struct source *source, uint32_t events)
{
    struct peer *peer = source->owner;
    if (peer->listening)
        accept_program(peer);
    else if (!peer->connected)
        finish_connecting(peer);
    else if ((events & EPOLLIN) != 0 || (interest(peer) & EPOLLIN) != 0)
        receive_some(peer, SIZE_MAX);
    if (!peer->closed && peer->connected)
        flush(peer);
}

struct peer *peer_connect_to(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct peer *peer = add_peer(fd);
    peer->remote = *address;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        finish_connecting(peer);
    else if (errno != EINPROGRESS)
        fails(peer, errno);
    else
        update_interest(peer);
    return peer;
}

struct peer *peer_listen(const char *host)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct peer *peer = add_peer(fd);
    peer->listening = true;
    peer->allowance = MIB(64);
    struct sockaddr_in address = {.sin_family = AF_INET};
    inet_pton(AF_INET, host, &address.sin_addr);
    // Small buffers at this end: a program that sends without receiving soon
    // finds out.
    const int small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == -1 ||
        listen(fd, 8) == -1)
        err(EXIT_FAILURE, "cannot listen on %s", host);
    learn_addresses(peer);
    update_interest(peer);
    return peer;
}

void peer_send(struct peer *peer, const void *bytes, size_t size)
{
    append(&peer->out, bytes, size);
    flush(peer);
}

void peer_send_text(struct peer *peer, const char *text)
{
    peer_send(peer, text, strlen(text));
}

void peer_send_random(struct peer *peer, size_t size)
{
    unsigned char *bytes = malloc(size);
    if (bytes == NULL)
        err(EXIT_FAILURE, "peer");
    random_fill(&peer->random, bytes, size);
    peer_send(peer, bytes, size);
    free(bytes);
}

void peer_send_in_pieces(struct peer *peer, size_t piece, bool varies)
{
    peer->slow_send = piece;
    peer->slow_varies = varies;
    update_interest(peer);
}

void peer_finish_sending(struct peer *peer)
{
    peer->finish_wanted = true;
    flush(peer);
}

void peer_stop_reading(struct peer *peer)
{
    peer->stopped = true;
    update_interest(peer);
}

void peer_read_slowly(struct peer *peer, size_t size)
{
    peer->slow_read = size;
    update_interest(peer);
}

void peer_echo(struct peer *peer)
{
    peer->echoes = true;
}

void peer_echo_only(struct peer *peer, size_t limit,
                    enum peer_farewell farewell)
{
    peer->echoes = true;
    peer->echo_limit = limit;
    peer->farewell = farewell;
}

void peer_close(struct peer *peer)
{
    if (!peer->closed)
        note(peer, PEER_CLOSES, 0);
    shut(peer);
}

void peer_reset(struct peer *peer)
{
    if (peer->closed)
        return;
    // Closing then discards everything and sends RST; socket(7), SO_LINGER.
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer->source.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    note(peer, PEER_RESETS, 0);
    shut(peer);
}

// True if its next slow step would move a byte.
static bool can_receive(const struct peer *peer)
{
    int ready = 0;
    return peer->slow_read > 0 && !peer->stopped && !peer->saw_end &&
           recv(peer->source.fd, &ready, 1, MSG_PEEK) != -1;
}

bool peer_nudge(struct stage *stage)
{
    bool any = false;
    for (struct peer *peer = stage->peers; peer != NULL; peer = peer->next) {
        if (peer->closed || !peer->connected)
            continue;
        if (peer->slow_send > 0 && unsent(peer)) {
            size_t sent = peer->sent;
            flush_some(peer,
                       peer->slow_varies
                           ? 1 + random_below(&peer->random, peer->slow_send)
                           : peer->slow_send);
            say_farewell(peer);
            update_interest(peer);
            any = any || peer->sent != sent;
        }
        if (!peer->closed && can_receive(peer)) {
            receive_some(peer, peer->slow_read);
            any = true;
        }
    }
    return any;
}

bool peer_is_flooded(const struct stage *stage)
{
    for (const struct peer *peer = stage->peers; peer != NULL;
         peer = peer->next)
        if (peer->in.size > peer->out.size + peer->allowance)
            return true;
    return false;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(1099511628211);
}

bool peer_in_transit(const struct peer *peer, uint64_t *signature)
{
    struct tcp_socket program;
    if (peer->closed || !peer->connected ||
        !sockdiag_find(&peer->remote, &peer->local, &program))
        return false;
    int unacknowledged = 0, unread = 0;
    ioctl(peer->source.fd, SIOCOUTQ, &unacknowledged);
    ioctl(peer->source.fd, SIOCINQ, &unread);
    *signature = mix(*signature, (uint64_t)unacknowledged);
    *signature = mix(*signature, (uint64_t)unread);
    *signature = mix(*signature, program.unacknowledged);
    *signature = mix(*signature, program.unread);
    // What waits because its receiver does not read is not on its way.
    bool reads = !peer->stopped && !(peer->echoes && unsent(peer));
    return (unacknowledged > 0 && program.unread == 0) ||
           (program.unacknowledged > 0 && unread == 0 && reads);
}

void peer_close_all(struct stage *stage)
{
    while (stage->peers != NULL) {
        struct peer *peer = stage->peers;
        stage->peers = peer->next;
        if (!peer->closed)
            close(peer->source.fd);
        free(peer->in.at);
        free(peer->out.at);
        free(peer);
    }
}
