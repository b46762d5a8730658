// What is different: one recv() brings what there is, header, content and what
// may stand behind it; it is split afterwards.

#include "blob.h"
#include "client.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct answer {
    unsigned char header[BLOB_COUNT_SIZE];
    size_t held;   // bytes of it that have come
    uint64_t done; // bytes of the content
    uint64_t count;
};

static int parse(const char *text, uint64_t *count)
{
    *count = 0;
    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        *count = *count * 10 + (uint64_t)(*text - '0');
        if (*count > BLOB_COUNT_MAX)
            return -1;
    }
    return 0;
}

static bool take_header(struct answer *answer, unsigned char byte)
{
    answer->header[answer->held++] = byte;
    if (answer->held < BLOB_COUNT_SIZE ||
        blob_get_count(answer->header) == answer->count)
        return true;
    fprintf(stderr, "blob_client: that is the answer to %" PRIu64 "\n",
            blob_get_count(answer->header));
    return false;
}

static bool take(struct answer *answer, unsigned char byte)
{
    if (answer->held < BLOB_COUNT_SIZE)
        return take_header(answer, byte);
    if (answer->done == answer->count) {
        fprintf(stderr, "blob_client: a byte too many\n");
        return false;
    }
    if (byte != blob_byte(answer->done)) {
        fprintf(stderr, "blob_client: wrong at offset %" PRIu64 "\n",
                answer->done);
        return false;
    }
    putchar(byte);
    answer->done++;
    return true;
}

static int is_complete(const struct answer *answer)
{
    if (answer->held == BLOB_COUNT_SIZE && answer->done == answer->count)
        return 0;
    if (answer->held < BLOB_COUNT_SIZE)
        fprintf(stderr, "blob_client: %zu of 8 bytes of COUNT, then the end\n",
                answer->held);
    else
        fprintf(stderr,
                "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
                answer->done, answer->count);
    return -1;
}

static int fetch(int server, uint64_t count)
{
    struct answer answer = {.count = count};
    unsigned char bytes[30000];
    blob_put_count(bytes, count);
    for (size_t sent = 0; sent < BLOB_COUNT_SIZE;) {
        ssize_t n =
            send(server, bytes + sent, BLOB_COUNT_SIZE - sent, MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR)
            return -2;
        sent += n > 0 ? (size_t)n : 0;
    }
    if (shutdown(server, SHUT_WR) == -1)
        return -2;
    for (;;) {
        ssize_t got = recv(server, bytes, sizeof bytes, 0);
        if (got == -1 && errno != EINTR)
            return -2;
        if (got == 0)
            return is_complete(&answer);
        for (ssize_t i = 0; i < got; i++)
            if (!take(&answer, bytes[i]))
                return -1;
    }
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
    int result = fetch(server, count);
    if (result == -2)
        perror("blob_client: exchange");
    close(server);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("blob_client: stdout");
        return 1;
    }
    return result == 0 ? 0 : 1;
}
