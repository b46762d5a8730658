// What is different: recv() with MSG_WAITALL, in a loop, since a signal ends
// that early, too; and a send buffer that is small.

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

static ssize_t receive_request(int client, unsigned char *bytes)
{
    size_t got = 0;
    while (got < BLOB_COUNT_SIZE) {
        ssize_t more =
            recv(client, bytes + got, BLOB_COUNT_SIZE - got, MSG_WAITALL);
        if (more == -1 && errno == EINTR)
            continue;
        if (more <= 0)
            return more == 0 ? (ssize_t)got : -1;
        got += (size_t)more;
    }
    return (ssize_t)got;
}

static int answer(int client, uint64_t count)
{
    static unsigned char piece[BLOB_COUNT_SIZE + 123457];
    blob_put_count(piece, count);
    size_t held = BLOB_COUNT_SIZE;
    uint64_t made = 0;
    do {
        size_t size = blob_fill(piece + held, sizeof piece - held, made, count);
        if (send_all(client, piece, held + size) == -1)
            return -1;
        made += size;
        held = 0;
    } while (made < count);
    return 0;
}

static void serve(int client, const char *address)
{
    unsigned char request[BLOB_COUNT_SIZE];
    ssize_t got;
    const int small = 3000;
    setsockopt(client, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    while ((got = receive_request(client, request)) == BLOB_COUNT_SIZE) {
        uint64_t count = blob_get_count(request);
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
