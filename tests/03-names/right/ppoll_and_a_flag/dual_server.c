// A flag says that it is to end; signals come only while ppoll() waits, so none
// comes between the look at the flag and the wait.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int end_of(const char *call)
{
    fprintf(stderr, "dual_server: %s: %s\n", call, strerror(errno));
    return EXIT_FAILURE;
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static sigset_t usual;

// Returns false if it is to end.
static bool wait_for(int fd, short events)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    while (!stopped) {
        int ready = ppoll(&wanted, 1, NULL, &usual);
        if (ready == 1)
            return true;
        if (ready == -1 && errno != EINTR)
            exit(end_of("ppoll"));
    }
    return false;
}

static int echo(int client)
{
    char buffer[8192];
    for (;;) {
        if (!wait_for(client, POLLIN))
            return 0;
        ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got == 0)
            return 0;
        if (got == -1 && errno != EINTR && errno != EAGAIN)
            return -1;
        for (ssize_t done = 0; done < got;) {
            if (!wait_for(client, POLLOUT))
                return 0;
            ssize_t sent =
                send(client, buffer + done, (size_t)(got - done), MSG_NOSIGNAL);
            if (sent == -1 && errno != EINTR && errno != EAGAIN)
                return -1;
            done += sent == -1 ? 0 : sent;
        }
    }
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
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, &usual);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    int listener = listen_at(argv);
    net_set_nonblocking(listener);
    say_where(listener);
    while (wait_for(listener, POLLIN)) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int client = accept4(listener, (struct sockaddr *)&address, &size,
                             SOCK_NONBLOCK);
        if (client == -1 &&
            (errno == EINTR || errno == ECONNABORTED || errno == EAGAIN))
            continue;
        if (client == -1)
            return end_of("accept4");
        char text[NAMES_TEXT_SIZE];
        names_text((struct sockaddr *)&address, size, text);
        printf("connected by %s\n", text);
        fflush(stdout);
        if (echo(client) == -1)
            end_of(text);
        close(client);
    }
    close(listener);
    return 0;
}
