// What is different: a thread for each client.

#include "blob.h"
#include "names.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(int signal)
{
    (void)signal;
    _exit(0);
}

static int answer(int client, uint64_t count)
{
    unsigned char *piece = malloc(BLOB_COUNT_SIZE + 3000);
    if (piece == NULL)
        return -1;
    blob_put_count(piece, count);
    size_t skip = BLOB_COUNT_SIZE;
    uint64_t made = 0;
    int result;
    do {
        size_t size = blob_fill(piece + skip, 3000, made, count);
        result = send_all(client, piece, skip + size);
        made += size;
        skip = 0;
    } while (result == 0 && made < count);
    free(piece);
    return result;
}

static void *serve(void *argument)
{
    int client = *(int *)argument;
    free(argument);
    for (;;) {
        unsigned char request[BLOB_COUNT_SIZE];
        size_t got;
        enum transfer how = recv_exactly(client, request, sizeof request, &got);
        if (how == TRANSFER_END)
            break;
        uint64_t count = how == TRANSFER_COMPLETE ? blob_get_count(request) : 0;
        if (how == TRANSFER_EARLY_END)
            fprintf(stderr, "blob_server: only %zu bytes of a request\n", got);
        else if (count > BLOB_COUNT_MAX)
            fprintf(stderr, "blob_server: %" PRIu64 " is too large\n", count);
        else if (how == TRANSFER_FAILED || answer(client, count) == -1)
            fprintf(stderr, "blob_server: %s\n", strerror(errno));
        else
            continue;
        break;
    }
    close(client);
    return NULL;
}

static int failed(const char *what)
{
    fprintf(stderr, "blob_server: %s: %s\n", what, strerror(errno));
    return 1;
}

static int accept_all(int listener)
{
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client == -1 && errno != EINTR && errno != ECONNABORTED)
            return failed("accept");
        if (client == -1)
            continue;
        int *argument = malloc(sizeof *argument);
        pthread_t thread;
        if (argument == NULL)
            return failed("malloc");
        *argument = client;
        errno = pthread_create(&thread, &detached, serve, argument);
        if (errno != 0)
            return failed("pthread_create");
    }
}

int main(int argc, char *argv[])
{
    struct addrinfo *list;
    if (argc != 3) {
        fprintf(stderr,
                "blob_server: bad arguments '%s'\n"
                "usage: blob_server HOST PORT\n",
                argc < 3 ? "(too few)" : argv[3]);
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    if (standard_open() == -1)
        return failed("stdout");
    int error = names_find(argv[1], argv[2], AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "blob_server: %s %s: %s\n", argv[1], argv[2],
                names_reason(error));
        return 1;
    }
    int listener = names_listen(list, 20);
    freeaddrinfo(list);
    struct sockaddr_storage here;
    socklen_t size = sizeof here;
    char text[NAMES_TEXT_SIZE];
    if (listener == -1 ||
        getsockname(listener, (struct sockaddr *)&here, &size) == -1)
        return failed(argv[2]);
    printf("listening on %s\n",
           names_text((struct sockaddr *)&here, size, text));
    if (fflush(stdout) == EOF)
        return failed("stdout");
    return accept_all(listener);
}
