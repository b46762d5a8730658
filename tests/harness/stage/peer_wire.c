// What of a peer's connection is in the kernel, and what in the program.

#include "stage/peer_wire.h"

#include "base/mix.h"
#include "kernel/sockdiag.h"
#include "stage/datagrams.h"
#include "stage/stage.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

bool peer_in_transit(const struct peer *peer, uint64_t *signature)
{
    struct tcp_socket program;
    if (peer->datagrams != NULL)
        return datagrams_wait(peer);
    if (peer->closed || !peer->connected ||
        !sockdiag_find(&peer->remote, &peer->local, &program))
        return false;
    int unacknowledged = 0, unread = 0;
    ioctl(peer->socket.fd, SIOCOUTQ, &unacknowledged);
    ioctl(peer->socket.fd, SIOCINQ, &unread);
    *signature = mix(*signature, (uint64_t)unacknowledged);
    *signature = mix(*signature, (uint64_t)unread);
    *signature = mix(*signature, program.unacknowledged);
    *signature = mix(*signature, program.unread);
    // What waits because its receiver does not read is not on its way; but the
    // receipt for what has arrived may be, which the receiver's kernel holds
    // back for a while, and until then there is no room for more.
    bool reads = !peer->stopped && !(peer->echoes && peer_unsent(peer));
    return (unacknowledged > 0 && program.unread == 0) ||
           (program.unacknowledged > 0 &&
            (reads ? unread == 0 : program.awaits_receipt));
}

struct peer *peer_of_port(const struct stage *stage, uint16_t port)
{
    for (struct peer *peer = stage->peers; peer != NULL && port != 0;
         peer = peer->next) {
        const union endpoint *client =
            peer->accepts ? &peer->remote : &peer->local;
        if (peer->connected && client->v4.sin_port == port)
            return peer;
        if (peer->datagrams != NULL && peer->local.v4.sin_port == port)
            return peer;
    }
    return NULL;
}

// Two of them may have the same port, at different addresses.
struct peer *peer_of_call(const struct stage *stage, const struct call *call)
{
    char text[ENDPOINT_TEXT_SIZE];
    for (struct peer *peer = stage->peers;
         peer != NULL && call->on_datagrams && call->note_size > 0;
         peer = peer->next)
        if (peer->datagrams != NULL &&
            strlen(endpoint_text(&peer->local, text)) == call->note_size &&
            memcmp(text, call->note, call->note_size) == 0)
            return peer;
    return peer_of_port(stage, call->port);
}

size_t peer_backlog(const struct peer *peer)
{
    struct tcp_socket program;
    int unacknowledged = 0, unread = 0;
    if (peer->closed || !peer->connected ||
        !sockdiag_find(&peer->remote, &peer->local, &program) ||
        ioctl(peer->socket.fd, SIOCOUTQ, &unacknowledged) == -1 ||
        ioctl(peer->socket.fd, SIOCINQ, &unread) == -1)
        return 0;
    size_t in_kernel = (size_t)unacknowledged + program.unread;
    size_t taken = peer->sent > in_kernel ? peer->sent - in_kernel : 0;
    size_t given = peer->in.size + (size_t)unread + program.unacknowledged;
    return taken > given ? taken - given : 0;
}
