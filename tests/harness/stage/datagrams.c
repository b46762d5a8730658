#include "stage/datagrams.h"

#include "stage/ports.h"
#include "stage/stage.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LONGEST = 65536, // no datagram is as long
    AT_A_TIME = 64,  // so many, and then others have their turn
    BUFFER = 4 * 1024 * 1024,
    FLOOD = 4096, // so many more than it has sent
};

static void keep(struct peer *peer, const union endpoint *from,
                 const void *bytes, size_t size)
{
    struct datagrams *datagrams = peer->datagrams;
    if (datagrams->count == datagrams->room) {
        datagrams->room = datagrams->room * 2 + 16;
        datagrams->got = reallocarray(datagrams->got, datagrams->room,
                                      sizeof *datagrams->got);
        if (datagrams->got == NULL)
            err(EXIT_FAILURE, "datagrams");
    }
    datagrams->got[datagrams->count++] =
        (struct datagram){*from, peer->in.size, size};
    peer_append(&peer->in, bytes, size);
    peer_note(peer, PEER_RECEIVES, size);
}

static void receive(struct descriptor *descriptor, uint32_t events)
{
    static unsigned char bytes[LONGEST];
    struct peer *peer = descriptor->owner;
    (void)events;
    for (int i = 0; i < AT_A_TIME; i++) {
        union endpoint from;
        socklen_t length = sizeof from;
        ssize_t size = recvfrom(descriptor->fd, bytes, sizeof bytes, 0,
                                &from.any, &length);
        if (size == -1)
            return; // EAGAIN; it hears of no others' errors
        endpoint_unmap(&from);
        keep(peer, &from, bytes, (size_t)size);
    }
}

static struct peer *open_with(int fd)
{
    struct peer *peer = peer_add(fd, receive);
    peer->datagrams = calloc(1, sizeof *peer->datagrams);
    if (peer->datagrams == NULL)
        err(EXIT_FAILURE, "datagrams");
    socklen_t size = sizeof peer->local;
    getsockname(fd, &peer->local.any, &size);
    // Many may come before they are looked at. (Who may not, gets what the
    // system allows; socket(7).)
    const int buffer = BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) ==
        -1)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    peer->allowance = MIB(1);
    stage_watch(&peer->socket, EPOLLIN);
    return peer;
}

struct peer *datagrams_open(const char *host)
{
    return open_with(peer_bound_datagrams(host));
}

struct peer *datagrams_open_at(const char *host, uint16_t port)
{
    union endpoint address;
    if (endpoint_make(host, port, &address) == -1)
        errx(EXIT_FAILURE, "%s is no address", host);
    int fd = socket(address.any.sa_family,
                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd != -1 && bind(fd, &address.any, endpoint_size(&address)) == 0)
        return open_with(fd);
    if (fd != -1)
        close(fd);
    return NULL;
}

void datagrams_send(struct peer *peer, const union endpoint *to,
                    const void *bytes, size_t size)
{
    // First: the program may have it, and answer, before sendto() is back.
    peer_note(peer, PEER_SENDS, size);
    if (sendto(peer->socket.fd, bytes, size, 0, &to->any, endpoint_size(to)) ==
            -1 &&
        errno != ECONNREFUSED)
        stage_blame_machine("this machine can't send itself a datagram of %zu "
                            "bytes: errno %d",
                            size, errno);
    peer_append(&peer->out, bytes, size);
    peer->sent += size;
    peer->datagrams->sent++;
}

void datagrams_lose(struct peer *peer, size_t size)
{
    peer_note(peer, PEER_LOSES, size);
}

void datagrams_want_only(struct peer *peer, size_t count)
{
    peer->datagrams->most = count;
}

const unsigned char *datagrams_bytes(const struct peer *peer, size_t number)
{
    return peer->in.at + peer->datagrams->got[number].at;
}

bool datagrams_wait(const struct peer *peer)
{
    struct pollfd one = {.fd = peer->socket.fd, .events = POLLIN};
    return !peer->closed && !peer->stopped && poll(&one, 1, 0) == 1 &&
           (one.revents & POLLIN) != 0;
}

bool datagrams_flood(const struct peer *peer)
{
    const struct datagrams *datagrams = peer->datagrams;
    if (datagrams == NULL)
        return false;
    return datagrams->count >
           (datagrams->most > 0 ? datagrams->most : datagrams->sent + FLOOD);
}
