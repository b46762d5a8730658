// What is different: readv() for the request, writev() for the answer, and
// SIGPIPE ignored.

#include "blob.h"
#include "server.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { HALF = 8192 };

static int write_all(int client, struct iovec *part, int count)
{
    while (count > 0) {
        if (part->iov_len == 0) {
            part++;
            count--;
            continue;
        }
        ssize_t sent = writev(client, part, count);
        if (sent == -1 && errno != EINTR)
            return -1;
        for (int i = 0; sent > 0; i++) {
            size_t less =
                part[i].iov_len < (size_t)sent ? part[i].iov_len : (size_t)sent;
            part[i].iov_base = (char *)part[i].iov_base + less;
            part[i].iov_len -= less;
            sent -= (ssize_t)less;
        }
    }
    return 0;
}

static int answer(int client, uint64_t count)
{
    unsigned char header[BLOB_COUNT_SIZE], pieces[2][HALF];
    blob_put_count(header, count);
    struct iovec parts[3] = {{header, sizeof header}};
    uint64_t made = 0;
    do {
        for (int i = 0; i < 2; i++) {
            size_t size = blob_fill(pieces[i], HALF, made, count);
            parts[1 + i] = (struct iovec){pieces[i], size};
            made += size;
        }
        if (write_all(client, parts, 3) == -1)
            return -1;
        parts[0].iov_len = 0;
    } while (made < count);
    return 0;
}

// Returns how many bytes of the request came, 8 but for an end; -1 with errno.
static ssize_t read_request(int client, uint64_t *count)
{
    unsigned char bytes[BLOB_COUNT_SIZE];
    size_t got = 0;
    while (got < sizeof bytes) {
        // Two places, though one behind the other.
        size_t middle = got < 4 ? 4 : got;
        struct iovec parts[] = {{bytes + got, middle - got},
                                {bytes + middle, sizeof bytes - middle}};
        ssize_t more = readv(client, parts, 2);
        if (more == -1 && errno == EINTR)
            continue;
        if (more == -1)
            return -1;
        if (more == 0)
            return (ssize_t)got;
        got += (size_t)more;
    }
    *count = blob_get_count(bytes);
    return (ssize_t)got;
}

static void serve(int client, const char *address)
{
    uint64_t count;
    ssize_t got;
    while ((got = read_request(client, &count)) == BLOB_COUNT_SIZE) {
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
    return server_run("blob_server", argv[1], argv[2], serve);
}
