// What is different: poll() with a time limit of 20 ms, again and again, for as long as it takes.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
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

enum { TICK = 20, PIECE = 5000 };

static int dial(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
        return fd;
    int error = errno;
    if (error == EINPROGRESS || error == EINTR) {
        struct pollfd attempt = {.fd = fd, .events = POLLOUT};
        while (poll(&attempt, 1, TICK) < 1)
            ;
        socklen_t length = sizeof error;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error == 0)
            return fd;
    }
    close(fd);
    errno = error;
    return -1;
}

static int talk(int fd, const char *message, size_t size, size_t *got)
{
    size_t sent = 0;
    static char reply[PIECE];
    while (*got < size) {
        struct pollfd both = {.fd = fd, .events = POLLIN};
        if (sent < size)
            both.events |= POLLOUT;
        if (poll(&both, 1, TICK) < 1)
            continue;
        if ((both.revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
            size_t left = size - *got;
            ssize_t n = recv(fd, reply, left < PIECE ? left : PIECE, 0);
            if (n == 0)
                return 0;
            if (n == -1 && errno != EINTR && errno != EAGAIN)
                return -1;
            if (n > 0) {
                fwrite(reply, 1, (size_t)n, stdout);
                *got += (size_t)n;
            }
        }
        if ((both.revents & POLLOUT) != 0 && sent < size) {
            size_t left = size - sent;
            ssize_t n = send(fd, message + sent, left < PIECE ? left : PIECE,
                             MSG_NOSIGNAL);
            if (n == -1 && errno != EINTR && errno != EAGAIN)
                return -1;
            if (n > 0)
                sent += (size_t)n;
        }
    }
    return 0;
}

static char *slurp(size_t *size)
{
    size_t room = 1 << 16;
    char *all = malloc(room);
    *size = 0;
    while (all != NULL) {
        ssize_t n = read(STDIN_FILENO, all + *size, room - *size);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == 0)
            return all;
        if (n == -1) {
            free(all);
            return NULL;
        }
        *size += (size_t)n;
        if (*size == room) {
            char *more = realloc(all, room *= 2);
            if (more == NULL)
                free(all);
            all = more;
        }
    }
    return NULL;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in to;
    if (argc < 3 || argc > 4 || net_parse_address(argv[1], argv[2], &to) == -1)
        return usage();
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1)
        return fail("stdout");
    const char *message = argc == 4 ? argv[3] : "Hello, world";
    size_t size = strlen(message), got = 0;
    char *input = NULL;
    if (strcmp(message, "-") == 0) {
        input = slurp(&size);
        if (input == NULL)
            return fail("stdin");
        message = input;
    }
    int fd = dial(&to);
    if (fd == -1) {
        int status = fail("connect");
        free(input);
        return status;
    }
    fputs("received: ", stdout);
    int result = talk(fd, message, size, &got);
    int reason = errno;
    close(fd);
    free(input);
    putchar('\n');
    if (fflush(stdout) == EOF || ferror(stdout))
        return fail("stdout");
    errno = reason;
    if (result == -1)
        return fail("exchange");
    if (got < size) {
        fprintf(stderr, "echo_client: %zu bytes are missing\n", size - got);
        return 1;
    }
    return 0;
}
