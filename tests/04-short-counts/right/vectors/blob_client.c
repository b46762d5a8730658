// What is different: recvmsg() brings header and content into two places.

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

// Adds to what has come of either place. Returns as recvmsg(2) does.
static ssize_t receive(int server, unsigned char *header, size_t *held,
                       unsigned char *bytes, size_t size, size_t *got)
{
    struct iovec parts[] = {{header + *held, BLOB_COUNT_SIZE - *held},
                            {bytes, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t all;
    while ((all = recvmsg(server, &message, 0)) == -1 && errno == EINTR)
        ;
    if (all <= 0)
        return all;
    size_t first =
        (size_t)all < parts[0].iov_len ? (size_t)all : parts[0].iov_len;
    *held += first;
    *got = (size_t)all - first;
    return all;
}

static int tell_end(size_t held, uint64_t done, uint64_t count)
{
    if (held == BLOB_COUNT_SIZE && done == count)
        return 0;
    if (held < BLOB_COUNT_SIZE)
        fprintf(stderr, "blob_client: %zu of 8 bytes of COUNT, then the end\n",
                held);
    else
        fprintf(stderr,
                "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
                done, count);
    return 1;
}

static int send_request(int server, uint64_t count)
{
    unsigned char bytes[BLOB_COUNT_SIZE];
    blob_put_count(bytes, count);
    for (size_t sent = 0; sent < sizeof bytes;) {
        ssize_t n =
            send(server, bytes + sent, sizeof bytes - sent, MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR)
            return -1;
        sent += n > 0 ? (size_t)n : 0;
    }
    return shutdown(server, SHUT_WR);
}

// Returns -1 if one of the bytes should not be there.
static int take(const unsigned char *bytes, size_t size, uint64_t *done,
                uint64_t count)
{
    for (size_t i = 0; i < size; i++, ++*done) {
        if (*done == count)
            fprintf(stderr, "blob_client: more than %" PRIu64 "\n", count);
        else if (bytes[i] != blob_byte(*done))
            fprintf(stderr, "blob_client: byte %" PRIu64 " is wrong\n", *done);
        else if (putchar(bytes[i]) != EOF)
            continue;
        return -1;
    }
    return 0;
}

static int fetch(int server, uint64_t count)
{
    unsigned char header[BLOB_COUNT_SIZE], bytes[1200];
    size_t held = 0, got;
    uint64_t done = 0;
    if (send_request(server, count) == -1) {
        perror("blob_client: request");
        return 1;
    }
    for (;;) {
        ssize_t all = receive(server, header, &held, bytes, sizeof bytes, &got);
        if (all == -1) {
            perror("blob_client: recvmsg");
            return 1;
        }
        if (all == 0)
            return tell_end(held, done, count);
        if (held == sizeof header && blob_get_count(header) != count) {
            fprintf(stderr, "blob_client: the header has another COUNT\n");
            return 1;
        }
        if (take(bytes, got, &done, count) == -1)
            return 1;
    }
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
