// recvmsg() and sendmsg(), with a vector of two pieces that do not lie together.

#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void complain(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
}

enum { PIECE = 100 };

static int send_vector(int client, struct iovec *pieces, size_t size)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    if (size <= pieces[0].iov_len) {
        pieces[0].iov_len = size;
        message.msg_iovlen = 1;
    } else {
        pieces[1].iov_len = size - pieces[0].iov_len;
    }
    while (size > 0) {
        ssize_t put = sendmsg(client, &message, MSG_NOSIGNAL);
        if (put == -1 && errno == EINTR)
            continue;
        if (put == -1)
            return -1;
        size -= (size_t)put;
        while (message.msg_iovlen > 0 &&
               (size_t)put >= message.msg_iov->iov_len) {
            put -= (ssize_t)message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0) {
            message.msg_iov->iov_base =
                (char *)message.msg_iov->iov_base + put;
            message.msg_iov->iov_len -= (size_t)put;
        }
    }
    return 0;
}

static int serve(int client)
{
    char first[PIECE], second[16 * PIECE];
    for (;;) {
        struct iovec pieces[] = {{first, sizeof first},
                                 {second, sizeof second}};
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
        ssize_t got = recvmsg(client, &message, 0);
        if (got == 0)
            return 0;
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1 || send_vector(client, pieces, (size_t)got) == -1)
            return -1;
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 3 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fprintf(stderr, "usage: echo_server HOST PORT\n");
        return 2;
    }
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
        listen(listener, 8) == -1 ||
        net_local_address(listener, &address) == -1) {
        complain("listener");
        return 1;
    }
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("listening on %s\n", net_address_text(&address, text, sizeof text));
    fflush(stdout);
    int client;
    while ((client = accept(listener, NULL, NULL)) == -1)
        if (errno != EINTR) {
            complain("accept");
            return 1;
        }
    close(listener);
    if (serve(client) == -1) {
        complain("echo");
        return 1;
    }
    return 0;
}
