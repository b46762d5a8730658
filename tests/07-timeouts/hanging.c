// Addresses where connecting hangs, and connections that take but few bytes.

#include "fetching.h"

#include "base/endpoint.h"
#include "kernel/sockets.h"
#include "stage/ports.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/verdict.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *own_host(unsigned number)
{
    // Of the second byte peer_own_host() has others, above 191 or below 128.
    unsigned a, b, c, d;
    sscanf(peer_own_host(), "%u.%u.%u.%u", &a, &b, &c, &d);
    return formatted("127.%u.%u.%u", 128 + number % 64, c, d);
}

// Has the socket, which is bound to that address, listen, and gives it the one
// connection for which it has room.
static void fill_up(int listener, const union endpoint *address)
{
    enum { FILLERS = 3 }; // those that find no room are tried again and again
    listen(listener, 0);
    for (int i = 0; i < FILLERS; i++)
        connect(peer_open_socket(AF_INET), &address->any,
                endpoint_size(address));
}

// The same at that host and port. Returns false if somebody has it.
static bool fill_up_at(const char *host, uint16_t port)
{
    union endpoint address;
    endpoint_make(host, port, &address);
    const int listener = peer_open_socket(AF_INET);
    if (bind(listener, &address.any, endpoint_size(&address)) == 0) {
        fill_up(listener, &address);
        return true;
    }
    close(listener);
    return false;
}

const char *hang_at(const char *const hosts[])
{
    enum { ATTEMPTS = 100 };
    static char text[sizeof "65535"];
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        const int first = peer_bound_socket(hosts[0], false);
        union endpoint address;
        socklen_t size = sizeof address;
        getsockname(first, &address.any, &size);
        fill_up(first, &address);
        size_t i = 1;
        while (hosts[i] != NULL && fill_up_at(hosts[i], address.v4.sin_port))
            i++;
        snprintf(text, sizeof text, "%u", ntohs(address.v4.sin_port));
        if (hosts[i] == NULL)
            return text;
    }
    verdict_unknown("no port is free at several addresses of loopback");
}

// From here on the kernel takes but few bytes that the server does not receive;
// the program is held before it sends.
static void shrink_sending(struct program *client, struct peer *server)
{
    const int small = 4096;
    const struct tracer *tracer = &stage_current()->tracer;
    int fd = -1;
    for (size_t i = 0; fd == -1 && i < tracer->count;
         i++) // a child may have it
        if (tracer->threads[i].root == client->pid)
            fd = sockets_borrow_connection(tracer->threads[i].pid,
                                           server->local.v4.sin_port);
    if (fd == -1)
        verdict_not_run("it needs pidfd_getfd(2), which is refused here");
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    close(fd);
    setsockopt(server->socket.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

struct program *begin_to_send(const char *path, struct peer **server)
{
    hold(CALLS_SEND);
    *server = serve();
    struct program *client = fetch_path(*server, path, LIMIT);
    expect_connection(client, *server);
    peer_stop_reading(*server);
    expect_held(client);
    shrink_sending(client, *server);
    end_weather();
    program_release(client);
    return client;
}
