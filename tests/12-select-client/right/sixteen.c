// At most 16 connections at a time: the next one starts when one has ended.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

enum { SLOTS = 16 };

static struct {
    int number;
    bool connected;
    size_t sent, received;
} slots[SLOTS];
static struct pollfd polled[SLOTS]; // the fd is -1 in a free slot
static int in_flight, status;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static void finish(int i)
{
    if (polled[i].fd != -1) {
        close(polled[i].fd);
        in_flight--;
    }
    polled[i].fd = -1;
}

static void fail(int i, const char *call, const char *reason)
{
    report(slots[i].number, call, reason);
    status = 1;
    finish(i);
}

static void start(int i, int number, const struct sockaddr_in *address)
{
    slots[i].number = number;
    slots[i].connected = false;
    slots[i].sent = slots[i].received = 0;
    polled[i].events = POLLOUT;
    polled[i].revents = 0;
    polled[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (polled[i].fd == -1) {
        fail(i, "socket", strerror(errno));
        return;
    }
    in_flight++;
    printf("connection %d starts\n", number);
    if (connect(polled[i].fd, (const struct sockaddr *)address,
                sizeof *address) == -1 &&
        errno != EINPROGRESS && errno != EINTR)
        fail(i, "connect", strerror(errno));
}

static bool passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void go_on(int i)
{
    int fd = polled[i].fd;
    if (!slots[i].connected) {
        if (net_connect_result(fd) == -1)
            fail(i, "connect", strerror(errno));
        else
            slots[i].connected = true;
        return;
    }
    if (slots[i].sent < SIZE) {
        ssize_t n =
            send(fd, text + slots[i].sent, SIZE - slots[i].sent, MSG_NOSIGNAL);
        if (n > 0)
            slots[i].sent += (size_t)n;
        else if (n == -1 && !passing())
            fail(i, "send", strerror(errno));
        if (slots[i].sent == SIZE)
            polled[i].events = POLLIN;
        return;
    }
    char reply[SIZE];
    ssize_t n = recv(fd, reply, SIZE - slots[i].received, 0);
    if (n == -1 && passing())
        return;
    if (n <= 0)
        fail(i, "recv", n == 0 ? "early end of stream" : strerror(errno));
    else if (memcmp(reply, text + slots[i].received, (size_t)n) != 0)
        fail(i, "recv", "the bytes differ from what was sent");
    else if ((slots[i].received += (size_t)n) == SIZE)
        finish(i);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count, started = 0;
    status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("multiconn_client: standard output");
        return 1;
    }
    for (int i = 0; i < SLOTS; i++)
        polled[i].fd = -1;
    while (started < count || in_flight > 0) {
        for (int i = 0; i < SLOTS && started < count; i++)
            if (polled[i].fd == -1)
                start(i, ++started, &address);
        if (in_flight == 0)
            continue;
        // Only the taken slots: poll() takes no more entries than there may
        // be open descriptors.
        struct pollfd shown[SLOTS];
        int slot[SLOTS];
        nfds_t entries = 0;
        for (int i = 0; i < SLOTS; i++)
            if (polled[i].fd != -1) {
                slot[entries] = i;
                shown[entries++] = polled[i];
            }
        int ready = poll(shown, entries, -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1) {
            perror("multiconn_client: poll");
            return 1;
        }
        for (nfds_t i = 0; i < entries; i++)
            if (shown[i].revents != 0)
                go_on(slot[i]);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("multiconn_client: stdout");
        return 1;
    }
    return status;
}
