// What is different: it sends and receives byte by byte, and writes each.
// Not run: client_keeps_no_content

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

// Returns 1 with the byte, 0 at the end; -1 with errno.
static ssize_t receive_byte(int server, unsigned char *byte)
{
    ssize_t got;
    while ((got = recv(server, byte, 1, 0)) == -1 && errno == EINTR)
        ;
    return got;
}

static int tell(ssize_t got, uint64_t done, uint64_t count)
{
    if (got == -1)
        perror("blob_client: recv");
    else
        fprintf(stderr,
                "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
                done, count);
    return 1;
}

static int send_request(int server, uint64_t count)
{
    for (int shift = 56; shift >= 0; shift -= 8) {
        unsigned char byte = (unsigned char)(count >> shift);
        while (send(server, &byte, 1, MSG_NOSIGNAL) == -1)
            if (errno != EINTR)
                return -1;
    }
    return shutdown(server, SHUT_WR);
}

static int receive_header(int server, uint64_t count)
{
    uint64_t header = 0;
    for (uint64_t i = 0; i < BLOB_COUNT_SIZE; i++) {
        unsigned char byte;
        ssize_t got = receive_byte(server, &byte);
        if (got != 1)
            return tell(got, i, BLOB_COUNT_SIZE);
        header = header << 8 | byte;
    }
    if (header == count)
        return 0;
    fprintf(stderr, "blob_client: another COUNT\n");
    return 1;
}

static int fetch(int server, uint64_t count)
{
    unsigned char byte;
    ssize_t got;
    if (send_request(server, count) == -1) {
        perror("blob_client: request");
        return 1;
    }
    if (receive_header(server, count) != 0)
        return 1;
    for (uint64_t i = 0; i < count; i++) {
        if ((got = receive_byte(server, &byte)) != 1)
            return tell(got, i, count);
        if (byte != blob_byte(i)) {
            fprintf(stderr, "blob_client: byte %" PRIu64 " is wrong\n", i);
            return 1;
        }
        putchar(byte);
    }
    got = receive_byte(server, &byte);
    if (got == -1)
        return tell(got, 0, 0);
    if (got == 1)
        fprintf(stderr, "blob_client: more has come\n");
    return got == 0 ? 0 : 1;
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
