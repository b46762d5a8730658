// select() and a non-blocking socket.

#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/select.h>
#include <unistd.h>

static void complain(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
}

static int serve(int client)
{
    fcntl(client, F_SETFL, fcntl(client, F_GETFL) | O_NONBLOCK);
    char buffer[10000];
    size_t have = 0, sent = 0;
    bool finished = false;

    while (!finished || have > sent) {
        bool full = have == sizeof buffer;
        bool pending = have > sent;
        bool in = !finished && !full;
        bool out = pending;
        fd_set readable, writable;
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        if (in)
            FD_SET(client, &readable);
        if (out)
            FD_SET(client, &writable);
        if (select(client + 1, &readable, &writable, NULL, NULL) == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        in = in && FD_ISSET(client, &readable);
        out = out && FD_ISSET(client, &writable);
        if (in) {
            ssize_t got =
                recv(client, buffer + have, sizeof buffer - have, 0);
            if (got == 0)
                finished = true;
            else if (got > 0)
                have += (size_t)got;
            else if (errno != EINTR && errno != EAGAIN)
                return -1;
        }
        if (out) {
            ssize_t put =
                send(client, buffer + sent, have - sent, MSG_NOSIGNAL);
            if (put > 0)
                sent += (size_t)put;
            else if (errno != EINTR && errno != EAGAIN)
                return -1;
        }
        if (sent == have)
            sent = have = 0;
    }
    return 0;
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
