// readv() and writev(), with a ring of bytes as the buffer.

#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void complain(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
}

enum { RING = 5000 };

// Describes SIZE bytes of the ring from AT on, in one piece or two.
static int describe(struct iovec pieces[2], char *ring, size_t at, size_t size)
{
    at %= RING;
    size_t first = size < RING - at ? size : RING - at;
    pieces[0] = (struct iovec){ring + at, first};
    pieces[1] = (struct iovec){ring, size - first};
    return size > first ? 2 : 1;
}

static int serve(int client)
{
    signal(SIGPIPE, SIG_IGN);
    char ring[RING];
    size_t in = 0, out = 0;
    for (;;) {
        struct iovec pieces[2];
        ssize_t got = readv(client, pieces,
                            describe(pieces, ring, in, RING - (in - out)));
        if (got == 0)
            return 0;
        if (got == -1 && errno != EINTR)
            return -1;
        if (got > 0)
            in += (size_t)got;
        while (out < in) {
            ssize_t put = writev(client, pieces,
                                 describe(pieces, ring, out, in - out));
            if (put == -1 && errno != EINTR)
                return -1;
            if (put > 0)
                out += (size_t)put;
        }
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 3 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fprintf(stderr, "usage: echo_server HOST PORT\n");
        return 2;
    }
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
        listen(listener, 8) == -1 ||
        net_local_address(listener, &address) == -1) {
        complain("listener");
        return 1;
    }
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("listening on %s\n", net_address_text(&address, text, sizeof text));
    fflush(stdout);
    int client;
    while ((client = accept(listener, NULL, NULL)) == -1)
        if (errno != EINTR) {
            complain("accept");
            return 1;
        }
    close(listener);
    if (serve(client) == -1) {
        complain("echo");
        return 1;
    }
    return 0;
}
