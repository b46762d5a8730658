// What is different: two stdio streams on the socket, with buffers; the one
// that writes does so by a function of its own (fopencookie(3)), since a signal
// makes stdio lose what it holds.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "blob.h"
#include "server.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
    return send_all(*(int *)cookie, bytes, size) == 0 ? (ssize_t)size : 0;
}

static int answer(FILE *out, uint64_t count)
{
    unsigned char header[BLOB_COUNT_SIZE];
    blob_put_count(header, count);
    if (fwrite(header, sizeof header, 1, out) != 1)
        return -1;
    for (uint64_t i = 0; i < count; i++)
        if (putc(blob_byte(i), out) == EOF)
            return -1;
    return fflush(out);
}

static void serve_streams(FILE *in, FILE *out, const char *address)
{
    for (;;) {
        unsigned char request[BLOB_COUNT_SIZE];
        size_t got = 0;
        do {
            clearerr(in);
            got += fread(request + got, 1, sizeof request - got, in);
        } while (got < sizeof request && ferror(in) && errno == EINTR);
        if (got == 0 && feof(in))
            return;
        if (got < sizeof request) {
            fprintf(stderr, "blob_server: %s: %s\n", address,
                    ferror(in) ? strerror(errno) : "it ended in a request");
            return;
        }
        uint64_t count = blob_get_count(request);
        if (count > BLOB_COUNT_MAX) {
            fprintf(stderr, "blob_server: %s: %" PRIu64 " is too much\n",
                    address, count);
            return;
        }
        if (answer(out, count) == EOF) {
            fprintf(stderr, "blob_server: %s: %s\n", address, strerror(errno));
            return;
        }
    }
}

static void serve(int client, const char *address)
{
    FILE *in = fdopen(dup(client), "r");
    FILE *out =
        fopencookie(&client, "w", (cookie_io_functions_t){.write = write_all});
    if (in != NULL && out != NULL) {
        setvbuf(in, NULL, _IOFBF, 64);
        setvbuf(out, NULL, _IOFBF, 10000);
        serve_streams(in, out, address);
    } else {
        fprintf(stderr, "blob_server: %s: %s\n", address, strerror(errno));
    }
    if (in != NULL)
        fclose(in);
    if (out != NULL)
        fclose(out);
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
