// What is different: getaddrinfo() with AI_NUMERICHOST; the reply is collected in memory, then written with write().

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int fail(const char *call)
{
    fprintf(stderr, "echo_client: %s: %s\n", call, strerror(errno));
    return 1;
}

static int usage(void)
{
    fprintf(stderr, "echo_client: bad or missing argument\n"
                    "usage: echo_client HOST PORT [MESSAGE]\n");
    return 2;
}

static ssize_t again(ssize_t n)
{
    return n == -1 && errno == EINTR ? 0 : n;
}

static int put(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = again(write(STDOUT_FILENO, bytes, size));
        if (n == -1)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static char *grow(char *bytes, size_t size, size_t *room)
{
    if (size < *room)
        return bytes;
    *room = *room * 2 + 1000;
    char *more = realloc(bytes, *room);
    if (more == NULL)
        exit(fail("realloc"));
    return more;
}

int main(int argc, char *argv[])
{
    uint16_t port;
    struct addrinfo hints = {.ai_family = AF_INET,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *to;
    if (argc < 3 || argc > 4 || net_parse_port(argv[2], &port) == -1 ||
        getaddrinfo(argv[1], argv[2], &hints, &to) != 0)
        return usage();
    if (lseek(STDOUT_FILENO, 0, SEEK_CUR) == -1 && errno == EBADF) {
        freeaddrinfo(to);
        return fail("stdout");
    }
    char *message = NULL;
    size_t size = 0, room = 0;
    if (argc == 4 && strcmp(argv[3], "-") == 0) {
        ssize_t n;
        do {
            message = grow(message, size, &room);
            n = read(STDIN_FILENO, message + size, room - size);
            if (n == -1 && errno != EINTR)
                return fail("stdin");
            size += n > 0 ? (size_t)n : 0;
        } while (n != 0);
    } else {
        message = strdup(argc == 4 ? argv[3] : "Hello, world");
        if (message == NULL)
            return fail("strdup");
        size = strlen(message);
    }
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd == -1)
        return fail("socket");
    if (connect(fd, to->ai_addr, to->ai_addrlen) == -1 &&
        (errno != EINTR || net_finish_connect(fd) == -1))
        return fail("connect");
    freeaddrinfo(to);
    // The reply takes the message's place, piece by piece.
    size_t got = 0, sent = 0;
    ssize_t n = 1;
    while (got < size) {
        if (sent == got) {
            size_t piece = size - sent < 9999 ? size - sent : 9999;
            if (net_send_all(fd, message + sent, piece) == -1)
                return fail("send");
            sent += piece;
        }
        n = recv(fd, message + got, sent - got, 0);
        if (n == 0)
            break;
        if (n == -1 && errno != EINTR)
            return fail("recv");
        got += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    if (put("received: ", 10) == -1 || put(message, got) == -1 ||
        put("\n", 1) == -1)
        return fail("write");
    free(message);
    if (got < size) {
        fprintf(stderr, "echo_client: only %zu of %zu bytes came, %zu missing\n",
                got, size, size - got);
        return 1;
    }
    return 0;
}
