// How a peer sends and receives: at once or slowly, echoing or not.

#include "stage/peer_move.h"

#include "stage/datagrams.h"
#include "stage/stage.h"

#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void finish_if_due(struct peer *peer)
{
    if (peer->closed || !peer->connected || !peer->finish_wanted ||
        peer->finished || peer_unsent(peer))
        return;
    peer->finished = true;
    peer_note(peer, PEER_FINISHES, 0);
    shutdown(peer->socket.fd, SHUT_WR);
}

// Sends what it can, but no more than LIMIT bytes.
static void flush_some(struct peer *peer, size_t limit)
{
    while (!peer->closed && peer->connected && peer_unsent(peer) && limit > 0) {
        size_t size = peer->out.size - peer->sent;
        if (size > limit)
            size = limit;
        ssize_t sent = send(peer->socket.fd, peer->out.at + peer->sent, size,
                            MSG_NOSIGNAL);
        if (sent == -1 && errno != EAGAIN && errno != EINTR)
            peer_fails(peer, errno);
        if (sent <= 0)
            break;
        peer->sent += (size_t)sent;
        limit -= (size_t)sent;
        peer_note(peer, PEER_SENDS, (size_t)sent);
    }
    finish_if_due(peer);
}

void peer_flush(struct peer *peer)
{
    if (peer->slow_send == 0)
        flush_some(peer, SIZE_MAX);
    finish_if_due(peer);
    peer_update_interest(peer);
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

void peer_resume_reading(struct peer *peer)
{
    peer->stopped = false;
    peer_update_interest(peer);
}

void peer_read_slowly(struct peer *peer, size_t size)
{
    peer->slow_read = size;
    peer_update_interest(peer);
}

void peer_say_farewell(struct peer *peer)
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
    size_t from = peer->out.size;
    peer_append(&peer->out, bytes, size < left ? size : left);
    if (peer->wrong_at >= from && peer->wrong_at < peer->out.size)
        peer->out.at[peer->wrong_at] ^= 1;
    peer_flush(peer);
    peer_say_farewell(peer);
}

// Begins to echo, with what has come already.
static void begin_echo(struct peer *peer)
{
    peer->echoes = true;
    if (peer->in.size > peer->out.size)
        echo_back(peer, peer->in.at + peer->out.size,
                  peer->in.size - peer->out.size);
    if (peer->saw_end)
        peer_finish_sending(peer);
}

void peer_echo(struct peer *peer)
{
    begin_echo(peer);
}

void peer_echo_only(struct peer *peer, size_t limit,
                    enum peer_farewell farewell)
{
    peer->echo_limit = limit;
    peer->farewell = farewell;
    begin_echo(peer);
}

void peer_echo_wrongly(struct peer *peer, size_t at)
{
    peer->wrong_at = at;
    begin_echo(peer);
}

void peer_receive_some(struct peer *peer, size_t limit)
{
    static unsigned char bytes[KIB(256)];
    size_t size = limit < sizeof bytes ? limit : sizeof bytes;
    ssize_t received = recv(peer->socket.fd, bytes, size, 0);
    if (received == -1) {
        if (errno != EAGAIN && errno != EINTR)
            peer_fails(peer, errno);
        return;
    }
    if (received == 0) {
        peer->saw_end = true;
        peer_note(peer, PEER_SEES_END, 0);
        if (peer->echoes)
            peer_finish_sending(peer);
        return;
    }
    // The kernel may put the acknowledgement off for 40 ms; until then the
    // bytes would count as being on their way. It has to be asked each time.
    const int on = 1;
    setsockopt(peer->socket.fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    peer_append(&peer->in, bytes, (size_t)received);
    peer_note(peer, PEER_RECEIVES, (size_t)received);
    if (peer->echoes)
        echo_back(peer, bytes, (size_t)received);
}

void peer_send(struct peer *peer, const void *bytes, size_t size)
{
    peer_append(&peer->out, bytes, size);
    peer_flush(peer);
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
    random_payload(&peer->random, bytes, size);
    peer_send(peer, bytes, size);
    free(bytes);
}

void peer_send_in_pieces(struct peer *peer, size_t piece, bool varies)
{
    peer->slow_send = piece;
    peer->slow_varies = varies;
    peer_update_interest(peer);
}

// True if its next slow step would move a byte.
static bool can_receive(const struct peer *peer)
{
    int ready = 0;
    return peer->slow_read > 0 && !peer->stopped && !peer->saw_end &&
           recv(peer->socket.fd, &ready, 1, MSG_PEEK) != -1;
}

bool peer_nudge(struct stage *stage)
{
    bool any = false;
    for (struct peer *peer = stage->peers; peer != NULL; peer = peer->next) {
        if (peer->closed || !peer->connected)
            continue;
        if (peer->slow_send > 0 && peer_unsent(peer)) {
            size_t sent = peer->sent;
            flush_some(peer,
                       peer->slow_varies
                           ? 1 + random_below(&peer->random, peer->slow_send)
                           : peer->slow_send);
            peer_say_farewell(peer);
            peer_update_interest(peer);
            any = any || peer->sent != sent;
        }
        if (!peer->closed && can_receive(peer)) {
            peer_receive_some(peer, peer->slow_read);
            any = true;
        }
    }
    return any;
}

void peer_read_once(struct peer *peer, size_t size)
{
    peer_receive_some(peer, size);
}

void peer_allow_more(struct peer *peer, size_t size)
{
    peer->allowance += size;
}

bool peer_is_flooded(const struct stage *stage)
{
    for (const struct peer *peer = stage->peers; peer != NULL;
         peer = peer->next)
        if (datagrams_flood(peer) ||
            peer->in.size > peer->out.size + peer->allowance ||
            (peer->most > 0 && peer->in.size > peer->most))
            return true;
    return false;
}
