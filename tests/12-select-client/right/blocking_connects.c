// Connects one after another, waiting for each, before it sends anything;
// then all are served together by select().

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] = "Message 1 from client.Message 2 from client.";
enum { SIZE = sizeof text - 1 };

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "multiconn_client: %s: '%s'\n"
            "usage: multiconn_client HOST PORT NUM_CONNECTIONS\n",
            problem, argument);
    return 2;
}

static int arguments(int argc, char *argv[], struct sockaddr_in *address,
                     int *number)
{
    static const char *const names[] = {"HOST", "PORT", "NUM_CONNECTIONS"};
    uint16_t port;
    if (argc < 4)
        return usage("missing argument", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("unexpected argument", argv[4]);
    if (net_parse_port(argv[2], &port) == -1)
        return usage("invalid PORT", argv[2]);
    if (net_parse_address(argv[1], argv[2], address) == -1)
        return usage("invalid HOST", argv[1]);
    size_t digits = strspn(argv[3], "0123456789");
    long value = strtol(argv[3], NULL, 10);
    if (digits == 0 || argv[3][digits] != '\0' || value < 1 || value > 1000000)
        return usage("invalid NUM_CONNECTIONS", argv[3]);
    *number = (int)value;
    return 0;
}

struct connection {
    int fd; // -1: there is none
    size_t sent, received;
};

static int status;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static void fail(struct connection *c, int number, const char *call,
                 const char *reason)
{
    report(number, call, reason);
    status = 1;
    if (c->fd != -1)
        close(c->fd);
    c->fd = -1;
}

static void open_it(struct connection *c, int number,
                    const struct sockaddr_in *address)
{
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd == -1)
        fail(c, number, "socket", strerror(errno));
    else if (c->fd >= FD_SETSIZE)
        fail(c, number, "socket", "beyond FD_SETSIZE");
    else if (connect(c->fd, (const struct sockaddr *)address,
                     sizeof *address) == -1 &&
             (errno != EINTR || net_finish_connect(c->fd) == -1))
        fail(c, number, "connect", strerror(errno));
    else if (net_set_nonblocking(c->fd) == -1)
        fail(c, number, "fcntl", strerror(errno));
    else
        printf("connection %d to port %u is open\n", number,
               (unsigned)ntohs(address->sin_port));
}

static void send_more(struct connection *c, int number)
{
    ssize_t n = send(c->fd, text + c->sent, SIZE - c->sent, MSG_NOSIGNAL);
    if (n >= 0)
        c->sent += (size_t)n;
    else if (errno != EAGAIN && errno != EINTR)
        fail(c, number, "send", strerror(errno));
}

static void receive_more(struct connection *c, int number)
{
    char reply[SIZE];
    ssize_t n = recv(c->fd, reply, SIZE - c->received, 0);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        fail(c, number, "recv", strerror(errno));
    } else if (n == 0) {
        fail(c, number, "recv", "nothing more comes");
    } else if (memcmp(reply, text + c->received, (size_t)n) != 0) {
        fail(c, number, "recv", "it is not what was sent");
    } else if ((c->received += (size_t)n) == SIZE) {
        printf("connection %d has its echo\n", number);
        close(c->fd);
        c->fd = -1;
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int wrong = arguments(argc, argv, &address, &count);
    if (wrong != 0)
        return wrong;
    struct connection *all = calloc((size_t)count, sizeof *all);
    if (all == NULL || fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("multiconn_client");
        return 1;
    }
    for (int i = 0; i < count; i++)
        open_it(&all[i], i + 1, &address);
    for (;;) {
        fd_set in, out;
        int highest = -1;
        FD_ZERO(&in);
        FD_ZERO(&out);
        for (int i = 0; i < count; i++) {
            if (all[i].fd == -1)
                continue;
            FD_SET(all[i].fd, &in);
            if (all[i].sent < SIZE)
                FD_SET(all[i].fd, &out);
            if (all[i].fd > highest)
                highest = all[i].fd;
        }
        if (highest == -1)
            break;
        int ready = select(highest + 1, &in, &out, NULL, NULL);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1) {
            perror("multiconn_client: select");
            status = 1;
            break;
        }
        for (int i = 0; i < count; i++) {
            if (all[i].fd == -1)
                continue;
            bool readable = FD_ISSET(all[i].fd, &in);
            if (FD_ISSET(all[i].fd, &out))
                send_more(&all[i], i + 1);
            if (readable && all[i].fd != -1)
                receive_more(&all[i], i + 1);
        }
    }
    free(all);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("multiconn_client: stdout");
        return 1;
    }
    return status;
}
