#ifndef _GNU_SOURCE
#define _GNU_SOURCE // for accept4()
#endif
#include "server.h"

#include "names.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 16 };

static int open_listener(const char *name, const char *host, const char *port)
{
    struct addrinfo *list;
    int error = names_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "%s: HOST '%s', PORT '%s': %s\n", name, host, port,
                names_reason(error));
        return -1;
    }
    int listener = names_listen(list, BACKLOG);
    if (listener == -1)
        fprintf(stderr, "%s: listen on HOST '%s', PORT '%s': %s\n", name, host,
                port, strerror(errno));
    freeaddrinfo(list);
    return listener;
}

static int failed(const char *name, const char *call)
{
    fprintf(stderr, "%s: %s: %s\n", name, call, strerror(errno));
    return -1;
}

static int announce(const char *name, int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
        return failed(name, "getsockname");
    char text[NAMES_TEXT_SIZE];
    names_text((const struct sockaddr *)&address, size, text);
    printf("listening on %s\n", text);
    return fflush(stdout) == 0 ? 0 : failed(name, "stdout");
}

// True if accept() has failed with what befell one client, who is gone; the
// others wait; accept(2), "Error handling".
static bool is_clients_error(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT: return true;
    default: return false;
    }
}

static int serve_clients(int listener, server_serve *serve)
{
    for (;;) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int client =
            accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC);
        if (client == -1 && is_clients_error(errno))
            continue;
        if (client == -1)
            return -1;
        char text[NAMES_TEXT_SIZE];
        names_text((const struct sockaddr *)&address, size, text);
        serve(client, text);
        close(client);
    }
}

// All that was printed has been written out, and the kernel closes sockets: so
// nothing is left to do but what may be done here; signal-safety(7).
static void stop(int signal)
{
    (void)signal;
    _exit(EXIT_SUCCESS);
}

int server_run(const char *name, const char *host, const char *port,
               server_serve *serve)
{
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    int listener = open_listener(name, host, port);
    if (listener == -1)
        return EXIT_FAILURE;
    if (announce(name, listener) == 0 && serve_clients(listener, serve) == -1)
        failed(name, "accept");
    close(listener);
    return EXIT_FAILURE;
}
