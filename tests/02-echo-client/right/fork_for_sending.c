// What is different: a child process sends, the parent receives.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

static int talk(int fd, const char *message, size_t size, size_t *got)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == -1)
        return -1;
    if (child == 0) {
        int status = net_send_all(fd, message, size) == -1 ? errno : 0;
        _exit(status);
    }
    int result = receive(fd, size, got);
    int reason = errno, status = 0;
    // It may wait for room that nobody makes; this ends its wait.
    if (*got < size)
        shutdown(fd, SHUT_RDWR);
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        ;
    errno = reason;
    // But for what our own shutdown() has caused.
    if (result == 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0 &&
        WEXITSTATUS(status) != EPIPE) {
        errno = WEXITSTATUS(status);
        return -1;
    }
    return result;
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
