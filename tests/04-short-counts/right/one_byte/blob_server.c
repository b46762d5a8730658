// What is different: a request is received byte by byte.

#include "blob.h"
#include "server.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Returns how many bytes have come, 8 but for an end; -1 with errno.
static int receive_request(int client, uint64_t *count)
{
    *count = 0;
    for (int i = 0; i < BLOB_COUNT_SIZE; i++) {
        unsigned char byte;
        ssize_t got;
        while ((got = recv(client, &byte, 1, 0)) == -1 && errno == EINTR)
            ;
        if (got != 1)
            return got == 0 ? i : -1;
        *count = *count << 8 | byte;
    }
    return BLOB_COUNT_SIZE;
}

static int answer(int client, uint64_t count)
{
    unsigned char bytes[BLOB_COUNT_SIZE + 1000];
    blob_put_count(bytes, count);
    size_t held = BLOB_COUNT_SIZE;
    uint64_t made = 0;
    do {
        size_t size = blob_fill(bytes + held, sizeof bytes - held, made, count);
        if (send_all(client, bytes, held + size) == -1)
            return -1;
        made += size;
        held = 0;
    } while (made < count);
    return 0;
}

static void serve(int client, const char *address)
{
    uint64_t count;
    int got;
    while ((got = receive_request(client, &count)) == BLOB_COUNT_SIZE) {
        if (count > BLOB_COUNT_MAX) {
            fprintf(stderr, "blob_server: %s wants %" PRIu64 "\n", address,
                    count);
            return;
        }
        if (answer(client, count) == -1) {
            got = -1;
            break;
        }
    }
    if (got != 0)
        fprintf(stderr, "blob_server: %s: %s\n", address,
                got == -1 ? strerror(errno) : "an early end");
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
    return server_run("blob_server", argv[1], argv[2], serve);
}
