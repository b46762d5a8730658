// A process for each client; who has ended is waited for by the handler.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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

static void reap(int signal)
{
    (void)signal;
    int reason = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = reason;
}

static void serve(int client, const char *text)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int result = echo(client);
    if (result == -1)
        end_of(text);
    close(client);
    _exit(result == 0 ? 0 : 1);
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
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = reap}, NULL);
    int listener = listen_at(argv);
    say_where(listener);
    for (;;) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int client = accept(listener, (struct sockaddr *)&address, &size);
        if (client == -1 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (client == -1)
            return end_of("accept");
        char text[NAMES_TEXT_SIZE];
        names_text((struct sockaddr *)&address, size, text);
        printf("connected by %s\n", text);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            serve(client, text);
        }
        if (child == -1)
            end_of("fork");
        close(client);
    }
}
