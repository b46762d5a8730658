// A thread for each client.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
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

static void *serve(void *argument)
{
    int client = (int)(intptr_t)argument;
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getpeername(client, (struct sockaddr *)&address, &size) == -1) {
        end_of("getpeername");
    } else {
        char text[NAMES_TEXT_SIZE];
        names_text((struct sockaddr *)&address, size, text);
        flockfile(stdout);
        printf("connected by %s\n", text);
        fflush(stdout);
        funlockfile(stdout);
        if (echo(client) == -1)
            end_of(text);
    }
    close(client);
    return NULL;
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
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_at(argv);
    say_where(listener);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client == -1 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (client == -1)
            return end_of("accept");
        pthread_t thread;
        if (pthread_create(&thread, &detached, serve,
                           (void *)(intptr_t)client) != 0)
            close(client);
    }
}
