// What is different: a socket that doesn't wait; poll() tells when to send and
// when to receive, both in one loop.

#include "blob.h"
#include "client.h"
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct exchange {
    unsigned char request[BLOB_COUNT_SIZE];
    size_t sent;
    unsigned char header[BLOB_COUNT_SIZE];
    size_t held;
    uint64_t count, done;
};

enum step { GOES_ON, IS_OVER, FAILED };

static enum step fails(const char *call)
{
    if (errno == EAGAIN || errno == EINTR)
        return GOES_ON;
    perror(call);
    return FAILED;
}

static enum step send_more(int fd, struct exchange *exchange)
{
    ssize_t sent = send(fd, exchange->request + exchange->sent,
                        BLOB_COUNT_SIZE - exchange->sent, MSG_NOSIGNAL);
    if (sent == -1)
        return fails("blob_client: send");
    exchange->sent += (size_t)sent;
    if (exchange->sent == BLOB_COUNT_SIZE && shutdown(fd, SHUT_WR) == -1)
        return fails("blob_client: shutdown");
    return GOES_ON;
}

static enum step tell_end(const struct exchange *exchange)
{
    if (exchange->held < BLOB_COUNT_SIZE)
        fprintf(stderr, "blob_client: %zu bytes of a header, then the end\n",
                exchange->held);
    else if (exchange->done < exchange->count)
        fprintf(stderr,
                "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
                exchange->done, exchange->count);
    else
        return IS_OVER;
    return FAILED;
}

static enum step take_header(int fd, struct exchange *exchange)
{
    ssize_t got = recv(fd, exchange->header + exchange->held,
                       BLOB_COUNT_SIZE - exchange->held, 0);
    if (got == -1)
        return fails("blob_client: recv");
    if (got == 0)
        return tell_end(exchange);
    exchange->held += (size_t)got;
    if (exchange->held < BLOB_COUNT_SIZE ||
        memcmp(exchange->header, exchange->request, BLOB_COUNT_SIZE) == 0)
        return GOES_ON;
    fprintf(stderr, "blob_client: the header is not the request\n");
    return FAILED;
}

static enum step take_content(int fd, struct exchange *exchange)
{
    unsigned char bytes[2000];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got == -1)
        return fails("blob_client: recv");
    if (got == 0)
        return tell_end(exchange);
    for (ssize_t i = 0; i < got; i++, exchange->done++) {
        if (exchange->done == exchange->count)
            fprintf(stderr, "blob_client: more has come\n");
        else if (bytes[i] != blob_byte(exchange->done))
            fprintf(stderr, "blob_client: byte %" PRIu64 " is wrong\n",
                    exchange->done);
        else if (putchar(bytes[i]) != EOF)
            continue;
        return FAILED;
    }
    return GOES_ON;
}

static enum step fetch(int fd, uint64_t count)
{
    struct exchange exchange = {.count = count};
    blob_put_count(exchange.request, count);
    enum step step = GOES_ON;
    while (step == GOES_ON) {
        short both =
            exchange.sent < BLOB_COUNT_SIZE ? POLLIN | POLLOUT : POLLIN;
        struct pollfd watched = {.fd = fd, .events = both};
        int ready = poll(&watched, 1, -1);
        if (ready == -1)
            step = fails("blob_client: poll");
        else if (watched.revents & POLLOUT)
            step = send_more(fd, &exchange);
        else if (exchange.held < BLOB_COUNT_SIZE)
            step = take_header(fd, &exchange);
        else
            step = take_content(fd, &exchange);
    }
    return step;
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
    if (errno != 0 || argv[3][0] == '\0' ||
        strspn(argv[3], "0123456789") != strlen(argv[3]) ||
        count > BLOB_COUNT_MAX)
        return usage(argv[3]);
    if (standard_open() == -1) {
        perror("blob_client: stdout");
        return 1;
    }
    int server = client_connect("blob_client", argv[1], argv[2]);
    if (server == -1)
        return 1;
    if (net_set_nonblocking(server) == -1) {
        perror("blob_client: fcntl");
        return 1;
    }
    enum step result = fetch(server, count);
    close(server);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        perror("blob_client: stdout");
        return 1;
    }
    return result == IS_OVER ? 0 : 1;
}
