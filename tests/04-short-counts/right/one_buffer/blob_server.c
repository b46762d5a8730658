// What is different: COUNT and the first piece are copied into one buffer, and
// leave by send(). Requests are taken as many as come, and answered in turn.

#include "blob.h"
#include "server.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ROOM = 5000 };

static int send_buffer(int client, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client, bytes, size, MSG_NOSIGNAL);
        if (sent == -1 && errno != EINTR)
            return -1;
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        }
    }
    return 0;
}

static int answer(int client, uint64_t count)
{
    unsigned char buffer[ROOM];
    blob_put_count(buffer, count);
    size_t held = BLOB_COUNT_SIZE;
    uint64_t made = 0;
    do {
        size_t more = blob_fill(buffer + held, ROOM - held, made, count);
        if (send_buffer(client, buffer, held + more) == -1)
            return -1;
        made += more;
        held = 0;
    } while (made < count);
    return 0;
}

static void say_reason(const char *address)
{
    fprintf(stderr, "blob_server: %s: %s\n", address, strerror(errno));
}

// Answers the requests that are there. Returns how many bytes they had; -1 at
// the first that fails.
static int answer_all(int client, const char *address,
                      const unsigned char *requests, size_t held)
{
    size_t done = 0;
    for (; held - done >= BLOB_COUNT_SIZE; done += BLOB_COUNT_SIZE) {
        uint64_t count = blob_get_count(requests + done);
        if (count > BLOB_COUNT_MAX) {
            fprintf(stderr, "blob_server: %s: refused: %" PRIu64 "\n", address,
                    count);
            return -1;
        }
        if (answer(client, count) == -1) {
            say_reason(address);
            return -1;
        }
    }
    return (int)done;
}

static void serve(int client, const char *address)
{
    unsigned char requests[100];
    size_t held = 0;
    for (;;) {
        ssize_t got = recv(client, requests + held, sizeof requests - held, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1) {
            say_reason(address);
            return;
        }
        if (got == 0) {
            if (held > 0)
                fprintf(stderr, "blob_server: %s: ended within a request\n",
                        address);
            return;
        }
        held += (size_t)got;
        int done = answer_all(client, address, requests, held);
        if (done == -1)
            return;
        held -= (size_t)done;
        memmove(requests, requests + done, held);
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
    return server_run("blob_server", argv[1], argv[2], serve);
}
