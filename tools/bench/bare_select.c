// bare_select HOST PORT
//
// The yardstick for lesson 11's server: a select() loop that accepts, reads
// and writes, and nothing else. tools/bench/throughput.sh measures against it.
//
// No example to follow. It keeps nothing about its clients: a write that
// would have to wait stops the whole server, and what isn't written at once is
// lost. That is good enough for small messages, each sent when the one before
// has come back. It runs until it is killed.

#include "net.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[65536]; // serves all clients

// Accepts one client into the set of those that are watched.
// Returns the highest descriptor in the set, which was HIGHEST.
static int accept_client(int listener, fd_set *watched, int highest)
{
    int fd = accept(listener, NULL, NULL);
    if (fd == -1)
        return highest;
    if (fd >= FD_SETSIZE) {
        close(fd);
        return highest;
    }
    FD_SET(fd, watched);
    return fd > highest ? fd : highest;
}

static void echo(int fd, fd_set *watched)
{
    ssize_t received = read(fd, buffer, sizeof buffer);
    if (received > 0 && write(fd, buffer, (size_t)received) == received)
        return;
    FD_CLR(fd, watched);
    close(fd);
}

static void serve(int listener)
{
    fd_set watched;
    FD_ZERO(&watched);
    FD_SET(listener, &watched);
    int highest = listener;
    for (;;) {
        fd_set ready = watched;
        int left = select(highest + 1, &ready, NULL, NULL, NULL);
        if (left <= 0)
            continue;
        if (FD_ISSET(listener, &ready)) {
            highest = accept_client(listener, &watched, highest);
            left--;
        }
        for (int fd = listener + 1; left > 0; fd++)
            if (FD_ISSET(fd, &ready)) {
                echo(fd, &watched);
                left--;
            }
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 3 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fprintf(stderr, "usage: bare_select HOST PORT\n");
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    int listener = net_listen(&address, SOMAXCONN);
    if (listener == -1 || net_local_address(listener, &address) == -1) {
        perror("bare_select: listen");
        return EXIT_FAILURE;
    }
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("listening on %s\n", net_address_text(&address, text, sizeof text));
    fflush(stdout);
    serve(listener);
}
