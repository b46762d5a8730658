// What is different: read() and write() alone, SIGPIPE ignored; the pattern is
// made once, and pieces of its 251 bytes' period are sent from there.

#include "blob.h"
#include "server.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PERIOD = 251, ROOM = 100 * PERIOD };

static unsigned char pattern[PERIOD + ROOM];

static int write_all(int client, const unsigned char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t sent = write(client, bytes + done, size - done);
        if (sent == -1 && errno != EINTR)
            return -1;
        done += sent > 0 ? (size_t)sent : 0;
    }
    return 0;
}

static int answer(int client, uint64_t count)
{
    unsigned char first[BLOB_COUNT_SIZE + PERIOD];
    uint64_t made = count < PERIOD ? count : PERIOD;
    blob_put_count(first, count);
    memcpy(first + BLOB_COUNT_SIZE, pattern, made);
    if (write_all(client, first, BLOB_COUNT_SIZE + made) == -1)
        return -1;
    while (made < count) {
        size_t size = count - made < ROOM ? (size_t)(count - made) : ROOM;
        if (write_all(client, pattern + made % PERIOD, size) == -1)
            return -1;
        made += size;
    }
    return 0;
}

// Returns how many bytes have come, 8 but for an end; -1 with errno.
static ssize_t read_request(int client, unsigned char *bytes)
{
    ssize_t got = 0;
    while (got < BLOB_COUNT_SIZE) {
        ssize_t more =
            read(client, bytes + got, (size_t)(BLOB_COUNT_SIZE - got));
        if (more == -1 && errno == EINTR)
            continue;
        if (more <= 0)
            return more == 0 ? got : -1;
        got += more;
    }
    return got;
}

static void serve(int client, const char *address)
{
    unsigned char request[BLOB_COUNT_SIZE];
    ssize_t got;
    while ((got = read_request(client, request)) == BLOB_COUNT_SIZE) {
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
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = blob_byte(i);
    return server_run("blob_server", argv[1], argv[2], serve);
}
