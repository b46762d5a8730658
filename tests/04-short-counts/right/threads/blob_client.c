// What is different: one thread sends, another receives; it does not finish
// sending, but looks for a second whether more comes, and closes.

#include "blob.h"
#include "client.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct exchange {
    int server;
    uint64_t count;
    int sending_error;
};

static void *send_request(void *argument)
{
    struct exchange *exchange = argument;
    unsigned char request[BLOB_COUNT_SIZE];
    blob_put_count(request, exchange->count);
    if (send_all(exchange->server, request, sizeof request) == -1)
        exchange->sending_error = errno;
    return NULL;
}

static int tell(enum transfer how, uint64_t got, uint64_t count)
{
    if (how == TRANSFER_FAILED)
        perror("blob_client: recv");
    else
        fprintf(stderr,
                "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
                got, count);
    return 1;
}

static int expect_no_more(int server)
{
    struct pollfd look = {.fd = server, .events = POLLIN};
    int found;
    while ((found = poll(&look, 1, 1000)) == -1 && errno == EINTR)
        ;
    if (found == 0)
        return 0;
    unsigned char byte;
    size_t got;
    enum transfer how = recv_exactly(server, &byte, 1, &got);
    if (how == TRANSFER_END)
        return 0;
    if (how == TRANSFER_FAILED)
        return tell(how, 0, 0);
    fprintf(stderr, "blob_client: more has come than was asked for\n");
    return 1;
}

static int receive(int server, uint64_t count)
{
    unsigned char bytes[4096];
    size_t got;
    enum transfer how = recv_exactly(server, bytes, BLOB_COUNT_SIZE, &got);
    if (how != TRANSFER_COMPLETE)
        return tell(how, got, BLOB_COUNT_SIZE);
    if (blob_get_count(bytes) != count) {
        fprintf(stderr, "blob_client: wrong header\n");
        return 1;
    }
    for (uint64_t done = 0; done < count;) {
        size_t want =
            count - done < sizeof bytes ? (size_t)(count - done) : sizeof bytes;
        how = recv_exactly(server, bytes, want, &got);
        for (size_t i = 0; i < got; i++, done++) {
            if (bytes[i] != blob_byte(done)) {
                fprintf(stderr, "blob_client: byte %" PRIu64 " is wrong\n",
                        done);
                return 1;
            }
            putchar(bytes[i]);
        }
        if (how != TRANSFER_COMPLETE)
            return tell(how, done, count);
    }
    return expect_no_more(server);
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
    struct exchange exchange = {.sending_error = 0};
    errno = 0;
    exchange.count = strtoull(argv[3], NULL, 10);
    if (errno != 0 || argv[3][0] == '\0' ||
        strspn(argv[3], "0123456789") != strlen(argv[3]) ||
        exchange.count > BLOB_COUNT_MAX)
        return usage(argv[3]);
    if (standard_open() == -1) {
        perror("blob_client: stdout");
        return 1;
    }
    exchange.server = client_connect("blob_client", argv[1], argv[2]);
    if (exchange.server == -1)
        return 1;
    pthread_t sender;
    errno = pthread_create(&sender, NULL, send_request, &exchange);
    if (errno != 0) {
        perror("blob_client: pthread_create");
        return 1;
    }
    int status = receive(exchange.server, exchange.count);
    pthread_join(sender, NULL);
    close(exchange.server);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        perror("blob_client: stdout");
        return 1;
    }
    return exchange.sending_error != 0 ? 1 : status;
}
