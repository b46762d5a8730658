// A process for each connection, with calls that block.
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char text[] = "Message 1 from client.Message 2 from client.";
enum { SIZE = 44, HALF = 22 };

struct one {
    int fd, number;
    bool connected, can_read, can_write;
    size_t sent, got;
};
static struct sockaddr_in address;
static bool wrong;

// Says it. Returns -1.
static int bad(int number, const char *reason)
{
    fprintf(stderr, "connection %d has failed: %s\n", number, reason);
    wrong = true;
    return -1;
}

// The whole life of one connection, with calls that block.
static int talk(int fd, int number)
{
    char reply[SIZE];
    size_t got = 0;
    if (net_send_all(fd, text, SIZE) == -1)
        return bad(number, strerror(errno));
    while (got < SIZE) {
        ssize_t n = recv(fd, reply + got, SIZE - got, 0);
        if (n == -1 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n == -1)
            return bad(number, strerror(errno));
        if (n == 0)
            return bad(number, "the echo is not complete");
        got += (size_t)n;
    }
    return memcmp(reply, text, SIZE) == 0 ? 0 : bad(number, "the echo differs");
}

static int run(int count)
{
    int left = 0;
    fflush(stdout);
    for (int number = 1; number <= count; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd == -1) {
            bad(number, strerror(errno));
            continue;
        }
        int result = connect(fd, (struct sockaddr *)&address, sizeof address);
        if (result == -1 && errno == EINTR)
            result = net_finish_connect(fd);
        pid_t child = result == -1 ? -1 : fork();
        if (child == 0) {
            int end = talk(fd, number) == 0 ? 0 : 1;
            close(fd);
            _exit(end);
        }
        if (child == -1)
            bad(number, strerror(errno));
        else
            left++;
        close(fd);
    }
    while (left > 0) {
        int status;
        if (wait(&status) == -1) {
            if (errno == EINTR)
                continue;
            perror("wait");
            return -1;
        }
        left--;
        if (status != 0)
            wrong = true;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    char *end = NULL;
    long count = argc == 4 && argv[3][0] >= '0' && argv[3][0] <= '9'
                     ? strtol(argv[3], &end, 10)
                     : 0;
    if (argc != 4 || net_parse_address(argv[1], argv[2], &address) == -1 ||
        count < 1 || count > 1000000 || *end != '\0') {
        fprintf(stderr, "usage: multiconn_client HOST PORT NUM_CONNECTIONS\n");
        return 2;
    }
    if (standard_open() == -1) {
        perror("stdout");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    int result = run((int)count);
    printf("that was all\n");
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("stdout");
        return 1;
    }
    return result == 0 && !wrong ? 0 : 1;
}
