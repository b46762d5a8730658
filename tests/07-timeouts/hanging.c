// Addresses where connecting hangs, and connections that take but few bytes.

#include "fetching.h"

#include "base/endpoint.h"
#include "kernel/sockets.h"
#include "stage/ports.h"
#include "words/content.h"
#include "words/verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *own_host(unsigned number)
{
    // Behind those of all processes that are in use here: its last byte but one
    // is another one.
    unsigned a, b, c, d;
    sscanf(peer_own_host(), "%u.%u.%u.%u", &a, &b, &c, &d);
    return formatted("127.%u.%u.%u", b + 64 + number, c, d);
}

// A listener at that address, and the one connection for which it has room.
// Returns false if somebody has that port there.
static bool fill_up(const char *host, uint16_t port)
{
    enum { FILLERS = 3 }; // those that find no room are tried again and again
    union endpoint address;
    const int listener = peer_open_socket(AF_INET);
    endpoint_make(host, port, &address);
    if (bind(listener, &address.any, endpoint_size(&address)) == -1 ||
        listen(listener, 0) == -1) {
        close(listener);
        return false;
    }
    for (int i = 0; i < FILLERS; i++)
        connect(peer_open_socket(AF_INET), &address.any,
                endpoint_size(&address));
    return true;
}

const char *hang_at(const char *const hosts[])
{
    static char text[sizeof "65535"];
    for (;;) {
        const uint16_t port = peer_free_port();
        size_t i = 0;
        while (hosts[i] != NULL && fill_up(hosts[i], htons(port)))
            i++;
        snprintf(text, sizeof text, "%u", port);
        if (hosts[i] == NULL)
            return text;
    }
}

void shrink_sending(struct program *client, struct peer *server)
{
    const int small = 4096;
    int fd = sockets_borrow_connection(client->pid, server->local.v4.sin_port);
    if (fd == -1)
        verdict_not_run("it needs pidfd_getfd(2), which is refused here");
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    close(fd);
    setsockopt(server->socket.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}
