// What is different: standard input is sent as it is read, not first collected.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static int dial(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return -1;
    int result = connect(fd, (const struct sockaddr *)to, sizeof *to);
    if (result == -1 && errno == EINTR)
        result = net_finish_connect(fd);
    if (result == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int receive(int fd, size_t size, size_t *got)
{
    char reply[10000];
    while (*got < size) {
        size_t left = size - *got;
        ssize_t n = recv(fd, reply, left < sizeof reply ? left : sizeof reply, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        fwrite(reply, 1, (size_t)n, stdout);
        *got += (size_t)n;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in to;
    if (argc < 3 || argc > 4 || net_parse_address(argv[1], argv[2], &to) == -1)
        return usage();
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1)
        return fail("stdout");
    const char *message = argc == 4 ? argv[3] : "Hello, world";
    int streams = strcmp(message, "-") == 0;
    int fd = dial(&to);
    if (fd == -1)
        return fail("connect");
    printf("received: ");
    static char piece[4096];
    size_t left = streams ? SIZE_MAX : strlen(message), sent = 0, got = 0;
    while (left > 0) {
        size_t size = left < sizeof piece ? left : sizeof piece;
        if (streams) {
            ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
            if (n == -1 && errno == EINTR)
                continue;
            if (n == -1)
                return fail("stdin");
            if (n == 0)
                break;
            size = (size_t)n;
        } else {
            memcpy(piece, message + sent, size);
            left -= size;
        }
        if (net_send_all(fd, piece, size) == -1)
            return fail("send");
        sent += size;
        if (receive(fd, sent, &got) == -1) {
            int reason = errno;
            printf("\n");
            fflush(stdout);
            errno = reason;
            return fail("recv");
        }
        if (got < sent)
            break;
    }
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        return fail("stdout");
    if (got < sent) {
        size_t missing = (streams ? sent : strlen(message)) - got;
        fprintf(stderr, "echo_client: %zu bytes are missing\n", missing);
        return 1;
    }
    return 0;
}
