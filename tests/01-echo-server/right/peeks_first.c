// Looks with MSG_PEEK before it takes the bytes, and uses FIONREAD.

#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void complain(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
}

static int serve(int client)
{
    for (;;) {
        char first;
        ssize_t seen = recv(client, &first, 1, MSG_PEEK);
        if (seen == 0)
            return 0;
        if (seen == -1 && errno == EINTR)
            continue;
        int waiting = 1;
        if (seen == -1 || ioctl(client, FIONREAD, &waiting) == -1)
            return -1;
        char *buffer = malloc((size_t)waiting);
        if (buffer == NULL)
            return -1;
        ssize_t got;
        while ((got = recv(client, buffer, (size_t)waiting, 0)) == -1 &&
               errno == EINTR)
            continue;
        int result = got == -1 ? -1
                               : net_send_all(client, buffer, (size_t)got);
        int reason = errno;
        free(buffer);
        errno = reason;
        if (result == -1)
            return -1;
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
