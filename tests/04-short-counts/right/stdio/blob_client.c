// What is different: it reads by fread() from a stream with a buffer of its
// own size.

#include "blob.h"
#include "client.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Reads as fread() does, but goes on after a signal.
static size_t read_some(FILE *in, unsigned char *bytes, size_t size)
{
    size_t got = 0;
    do {
        clearerr(in);
        got += fread(bytes + got, 1, size - got, in);
    } while (got < size && ferror(in) && errno == EINTR);
    return got;
}

static int too_few(FILE *in, uint64_t got, uint64_t count)
{
    if (ferror(in))
        perror("blob_client: fread");
    else
        fprintf(stderr,
                "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
                got, count);
    return 1;
}

static int fetch(FILE *in, uint64_t count)
{
    unsigned char bytes[1000];
    size_t got = read_some(in, bytes, BLOB_COUNT_SIZE);
    if (got < BLOB_COUNT_SIZE)
        return too_few(in, got, BLOB_COUNT_SIZE);
    if (blob_get_count(bytes) != count) {
        fprintf(stderr, "blob_client: header: %" PRIu64 "\n",
                blob_get_count(bytes));
        return 1;
    }
    for (uint64_t done = 0; done < count;) {
        size_t want =
            count - done < sizeof bytes ? (size_t)(count - done) : sizeof bytes;
        got = read_some(in, bytes, want);
        for (size_t i = 0; i < got; i++, done++) {
            if (bytes[i] != blob_byte(done)) {
                fprintf(stderr, "blob_client: byte %" PRIu64 " is wrong\n",
                        done);
                return 1;
            }
            putchar(bytes[i]);
        }
        if (got < want)
            return too_few(in, done, count);
    }
    if (read_some(in, bytes, 1) == 1) {
        fprintf(stderr, "blob_client: there is more\n");
        return 1;
    }
    return ferror(in) ? too_few(in, count, count) : 0;
}

static int usage(const char *argument)
{
    fprintf(stderr,
            "blob_client: bad argument: %s\n"
            "usage: blob_client HOST PORT COUNT\n",
            argument);
    return 2;
}

int main(int argc, char *argv[])
{
    if (argc != 4)
        return usage(argc < 4 ? "missing" : argv[4]);
    errno = 0;
    uint64_t count = strtoull(argv[3], NULL, 10);
    if (errno != 0 || strspn(argv[3], "0123456789") != strlen(argv[3]) ||
        argv[3][0] == '\0' || count > BLOB_COUNT_MAX)
        return usage(argv[3]);
    if (standard_open() == -1) {
        perror("blob_client: stdout");
        return 1;
    }
    int server = client_connect("blob_client", argv[1], argv[2]);
    FILE *in = server == -1 ? NULL : fdopen(server, "r");
    if (in == NULL)
        return 1;
    setvbuf(in, NULL, _IOFBF, 3000);
    unsigned char request[BLOB_COUNT_SIZE];
    blob_put_count(request, count);
    int status = 1;
    if (send_all(server, request, sizeof request) == -1 ||
        shutdown(server, SHUT_WR) == -1)
        perror("blob_client: request");
    else
        status = fetch(in, count);
    fclose(in);
    if (fclose(stdout) == EOF) {
        perror("blob_client: stdout");
        return 1;
    }
    return status;
}
