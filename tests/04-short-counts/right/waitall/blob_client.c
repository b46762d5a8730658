// What is different: recv() with MSG_WAITALL, in a loop; the last recv() wants
// one byte more than there is, and is glad of the end instead.

#include "blob.h"
#include "client.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(const char *argument)
{
    fprintf(stderr,
            "blob_client: bad argument: %s\n"
            "usage: blob_client HOST PORT COUNT\n",
            argument);
    return 2;
}

static int parse(const char *text, uint64_t *count)
{
    errno = 0;
    *count = strtoull(text, NULL, 10);
    return errno == 0 && *text != '\0' &&
                   strspn(text, "0123456789") == strlen(text) &&
                   *count <= BLOB_COUNT_MAX
               ? 0
               : -1;
}

enum { ROOM = 50000 };

// Returns how many bytes have come, fewer only at the end; -1 with errno.
static ssize_t receive(int server, unsigned char *bytes, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t more = recv(server, bytes + got, size - got, MSG_WAITALL);
        if (more == -1 && errno == EINTR)
            continue;
        if (more <= 0)
            return more == 0 ? (ssize_t)got : -1;
        got += (size_t)more;
    }
    return (ssize_t)got;
}

static int failed(void)
{
    perror("blob_client: exchange");
    return 1;
}

static int tell_end(uint64_t got, uint64_t count)
{
    fprintf(stderr,
            "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
            got, count);
    return 1;
}

// Returns how many of them are right.
static size_t write_right(const unsigned char *bytes, size_t size,
                          uint64_t from)
{
    size_t right = 0;
    while (right < size && bytes[right] == blob_byte(from + right))
        putchar(bytes[right++]);
    return right;
}

static int receive_content(int server, uint64_t count)
{
    static unsigned char bytes[ROOM];
    for (uint64_t done = 0;;) {
        uint64_t left = count + 1 - done;
        size_t want = left < ROOM ? (size_t)left : ROOM;
        ssize_t got = receive(server, bytes, want);
        if (got == -1)
            return failed();
        size_t due =
            (size_t)got < count - done ? (size_t)got : (size_t)(count - done);
        size_t right = write_right(bytes, due, done);
        done += right;
        if (right < due) {
            fprintf(stderr, "blob_client: byte %" PRIu64 " is wrong\n", done);
            return 1;
        }
        if (due < (size_t)got) {
            fprintf(stderr, "blob_client: there is a byte too many\n");
            return 1;
        }
        if ((size_t)got < want)
            return done == count ? 0 : tell_end(done, count);
    }
}

static int fetch(int server, uint64_t count)
{
    unsigned char header[BLOB_COUNT_SIZE];
    blob_put_count(header, count);
    for (size_t sent = 0; sent < sizeof header;) {
        ssize_t n =
            send(server, header + sent, sizeof header - sent, MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR)
            return failed();
        sent += n > 0 ? (size_t)n : 0;
    }
    if (shutdown(server, SHUT_WR) == -1)
        return failed();
    ssize_t got = receive(server, header, sizeof header);
    if (got == -1)
        return failed();
    if (got < BLOB_COUNT_SIZE)
        return tell_end((uint64_t)got, BLOB_COUNT_SIZE);
    if (blob_get_count(header) != count) {
        fprintf(stderr, "blob_client: the header is wrong\n");
        return 1;
    }
    return receive_content(server, count);
}

int main(int argc, char *argv[])
{
    uint64_t count;
    if (argc != 4)
        return usage(argc < 4 ? "missing" : argv[4]);
    if (parse(argv[3], &count) == -1)
        return usage(argv[3]);
    if (standard_open() == -1) {
        perror("blob_client: stdout");
        return 1;
    }
    int server = client_connect("blob_client", argv[1], argv[2]);
    if (server == -1)
        return 1;
    int status = fetch(server, count);
    close(server);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        perror("blob_client: stdout");
        return 1;
    }
    return status;
}
