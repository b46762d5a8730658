// What is different: a process for each client, and its parent only accepts.

#include "blob.h"
#include "server.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 70000 };

static int answer(int client, uint64_t count)
{
    static unsigned char header[BLOB_COUNT_SIZE], piece[ROOM];
    uint64_t made = 0;
    blob_put_count(header, count);
    size_t first = sizeof header;
    do {
        size_t size = blob_fill(piece, sizeof piece, made, count);
        // The header is in front of the first piece, and of no other.
        struct iovec parts[] = {{header, first}, {piece, size}};
        if (send_all_parts(client, parts, 2) == -1)
            return -1;
        made += size;
        first = 0;
    } while (made < count);
    return 0;
}

static void serve_in_child(int client, const char *address)
{
    unsigned char request[BLOB_COUNT_SIZE];
    size_t got;
    enum transfer how;
    while ((how = recv_exactly(client, request, sizeof request, &got)) ==
           TRANSFER_COMPLETE) {
        uint64_t count = blob_get_count(request);
        if (count > BLOB_COUNT_MAX) {
            fprintf(stderr, "blob_server: %s wants %" PRIu64 "\n", address,
                    count);
            return;
        }
        if (answer(client, count) == -1) {
            how = TRANSFER_FAILED;
            break;
        }
    }
    if (how != TRANSFER_END)
        fprintf(stderr, "blob_server: %s: %s\n", address,
                how == TRANSFER_FAILED ? strerror(errno) : "an early end");
}

static void serve(int client, const char *address)
{
    pid_t child = fork();
    if (child == -1) {
        fprintf(stderr, "blob_server: fork: %s\n", strerror(errno));
    } else if (child == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        serve_in_child(client, address);
        _exit(0);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr,
                "blob_server: bad arguments '%s'\n"
                "usage: blob_server HOST PORT\n",
                argc < 3 ? "(too few)" : argv[3]);
        return 2;
    }
    if (standard_open() == -1) {
        perror("blob_server: stdout");
        return EXIT_FAILURE;
    }
    signal(SIGCHLD, SIG_IGN); // no zombies
    return server_run("blob_server", argv[1], argv[2], serve);
}
