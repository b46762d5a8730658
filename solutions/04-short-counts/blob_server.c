// blob_server HOST PORT
//
// Answers requests. Each is a COUNT of 8 bytes, and is answered by COUNT again
// and as many bytes, of which byte i is blob_byte(i). Any number of requests
// may follow each other in a connection. One client after another, until SIGINT
// or SIGTERM.
//
// What it knowingly leaves out: a limit on how long a client may take (lesson
// 07), and several clients at a time (lesson 10).

#include "blob.h"
#include "server.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, PIECE_SIZE = 16384 };

// Sends the answer to a request: COUNT, and as many bytes, piece by piece. The
// first piece leaves together with COUNT.
// Returns 0; -1 with errno.
static int send_blob(int client, uint64_t count)
{
    unsigned char header[BLOB_COUNT_SIZE], piece[PIECE_SIZE];
    blob_put_count(header, count);
    size_t size = blob_fill(piece, sizeof piece, 0, count);
    struct iovec parts[] = {{header, sizeof header}, {piece, size}};
    if (send_all_parts(client, parts, 2) == -1)
        return -1;
    for (uint64_t sent = size; sent < count; sent += size) {
        size = blob_fill(piece, sizeof piece, sent, count);
        if (send_all(client, piece, size) == -1)
            return -1;
    }
    return 0;
}

// Answers a client's requests until it has finished, between two of them; or
// until something is wrong, and says so in one line.
static void serve_client(int client, const char *address)
{
    for (;;) {
        unsigned char request[BLOB_COUNT_SIZE];
        size_t received;
        enum transfer result =
            recv_exactly(client, request, sizeof request, &received);
        if (result == TRANSFER_END)
            return;
        if (result == TRANSFER_EARLY_END) {
            fprintf(stderr,
                    "blob_server: %s: %zu of %zu bytes of a request, then the "
                    "end\n",
                    address, received, sizeof request);
            return;
        }
        uint64_t count = blob_get_count(request);
        if (result == TRANSFER_COMPLETE && count > BLOB_COUNT_MAX) {
            fprintf(stderr, "blob_server: %s: COUNT %" PRIu64 " is too large\n",
                    address, count);
            return;
        }
        if (result == TRANSFER_FAILED || send_blob(client, count) == -1) {
            fprintf(stderr, "blob_server: %s: %s\n", address, strerror(errno));
            return;
        }
    }
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "blob_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: blob_server HOST PORT\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("one argument too many:", argv[3]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("blob_server: stdout");
        return EXIT_FAILURE;
    }
    return server_run("blob_server", argv[1], argv[2], serve_client);
}
