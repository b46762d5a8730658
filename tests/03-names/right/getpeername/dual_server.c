// accept() is asked for no address, but getpeername() for it.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int end_of(const char *call)
{
    fprintf(stderr, "dual_server: %s: %s\n", call, strerror(errno));
    return EXIT_FAILURE;
}

static void stop(int signal)
{
    (void)signal;
    _exit(0);
}

static int echo(int client)
{
    char buffer[8192];
    for (;;) {
        ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got == 0)
            return 0;
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1 || net_send_all(client, buffer, (size_t)got) == -1)
            return -1;
    }
}

static int serve(int client)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getpeername(client, (struct sockaddr *)&address, &size) == -1)
        return end_of("getpeername");
    char text[NAMES_TEXT_SIZE];
    printf("connected by %s\n",
           names_text((struct sockaddr *)&address, size, text));
    fflush(stdout);
    return echo(client) == 0 ? 0 : end_of(text);
}

static void say_where(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char text[NAMES_TEXT_SIZE];
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening on %s\n",
           names_text((struct sockaddr *)&address, size, text));
    fflush(stdout);
}

static int listen_at(char *argv[])
{
    struct addrinfo *list;
    int error = names_find(argv[1], argv[2], AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "dual_server: %s %s: %s\n", argv[1], argv[2],
                names_reason(error));
        exit(EXIT_FAILURE);
    }
    int listener = names_listen(list, 64);
    if (listener == -1)
        exit(end_of("listen"));
    freeaddrinfo(list);
    return listener;
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: dual_server HOST PORT\n");
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    int listener = listen_at(argv);
    say_where(listener);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client == -1 && errno != EINTR && errno != ECONNABORTED)
            return end_of("accept");
        if (client == -1)
            continue;
        serve(client);
        close(client);
    }
}
