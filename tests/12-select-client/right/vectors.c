// One sendmsg() for both messages, each of them a part of it, and recvmsg()
// into two parts; select(). Checks before the first connection that select()
// can watch them all.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
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

enum { PARTS = 2, PART = SIZE / PARTS };

struct connection {
    int fd;
    bool connected;
    size_t sent, received;
    char reply[SIZE];
};

static struct connection connections[FD_SETSIZE];
static int status;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static void finish(struct connection *c)
{
    if (c->fd != -1)
        close(c->fd);
    c->fd = -1;
}

static void fail(struct connection *c, const char *call, const char *reason)
{
    report((int)(c - connections) + 1, call, reason);
    status = 1;
    finish(c);
}

static void start(struct connection *c, const struct sockaddr_in *address)
{
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd == -1 || net_set_nonblocking(c->fd) == -1)
        fail(c, "socket", strerror(errno));
    else if (c->fd >= FD_SETSIZE)
        fail(c, "socket", "select() can't watch it");
    else if (connect(c->fd, (const struct sockaddr *)address,
                     sizeof *address) == -1 &&
             errno != EINPROGRESS && errno != EINTR)
        fail(c, "connect", strerror(errno));
}

// What is left of SIZE bytes after DONE of them, message by message.
static void describe(char *bytes, size_t done, struct iovec parts[PARTS],
                     struct msghdr *message)
{
    *message = (struct msghdr){.msg_iov = parts};
    for (size_t i = done / PART; i < PARTS; i++) {
        size_t from = i * PART < done ? done : i * PART;
        parts[message->msg_iovlen++] =
            (struct iovec){bytes + from, (i + 1) * PART - from};
    }
}

static void send_some(struct connection *c)
{
    static char bytes[SIZE];
    memcpy(bytes, text, SIZE);
    struct iovec parts[PARTS];
    struct msghdr message;
    describe(bytes, c->sent, parts, &message);
    ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (n >= 0)
        c->sent += (size_t)n;
    else if (errno != EAGAIN && errno != EINTR)
        fail(c, "sendmsg", strerror(errno));
}

static void receive_some(struct connection *c)
{
    struct iovec parts[PARTS];
    struct msghdr message;
    describe(c->reply, c->received, parts, &message);
    ssize_t n = recvmsg(c->fd, &message, 0);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        fail(c, "recvmsg", strerror(errno));
    } else if (n == 0) {
        fail(c, "recvmsg", "end of the stream, but not of the echo");
    } else {
        c->received += (size_t)n;
        if (memcmp(c->reply, text, c->received) != 0)
            fail(c, "recvmsg", "wrong bytes");
        else if (c->received == SIZE)
            finish(c);
    }
}

static void serve(struct connection *c, bool readable, bool writable)
{
    if (!c->connected) {
        if (writable && net_connect_result(c->fd) == -1)
            fail(c, "connect", strerror(errno));
        else if (writable)
            c->connected = true;
        return;
    }
    if (writable)
        send_some(c);
    if (readable && c->fd != -1)
        receive_some(c);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int wrong = arguments(argc, argv, &address, &count);
    if (wrong != 0)
        return wrong;
    int lowest = dup(STDERR_FILENO); // the first that a socket would get
    if (lowest == -1)
        lowest = 3;
    else
        close(lowest);
    if (count > FD_SETSIZE - lowest) {
        fprintf(stderr,
                "multiconn_client: %d connections are more than the %d that "
                "select() can watch\n",
                count, FD_SETSIZE - lowest);
        return 1;
    }
    for (int i = 0; i < count; i++)
        start(&connections[i], &address);
    for (;;) {
        int highest = -1;
        fd_set in, out;
        FD_ZERO(&in);
        FD_ZERO(&out);
        for (int i = 0; i < count; i++) {
            const struct connection *c = &connections[i];
            if (c->fd == -1)
                continue;
            if (c->connected)
                FD_SET(c->fd, &in);
            if (!c->connected || c->sent < SIZE)
                FD_SET(c->fd, &out);
            highest = c->fd > highest ? c->fd : highest;
        }
        if (highest == -1)
            return status;
        if (select(highest + 1, &in, &out, NULL, NULL) == -1) {
            if (errno == EINTR)
                continue;
            perror("multiconn_client: select");
            return 1;
        }
        for (int i = 0; i < count; i++) {
            struct connection *c = &connections[i];
            if (c->fd != -1)
                serve(c, FD_ISSET(c->fd, &in), FD_ISSET(c->fd, &out));
        }
    }
}
