// poll() over two arrays without gaps: an ended connection's entries are
// overwritten by the last ones.

#include "net.h"

#include <errno.h>
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

struct talk {
    int number;
    bool connected;
    size_t sent, received;
};

static struct pollfd *entries;
static struct talk *talks;
static size_t open_ones;
static int failures;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static void fail(int number, const char *call, const char *reason)
{
    report(number, call, reason);
    failures++;
}

static void start(int number, const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1) {
        fail(number, "socket", strerror(errno));
        return;
    }
    if (net_set_nonblocking(fd) == -1 ||
        (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1 &&
         errno != EINPROGRESS && errno != EINTR)) {
        fail(number, "connect", strerror(errno));
        close(fd);
        return;
    }
    entries[open_ones] = (struct pollfd){.fd = fd, .events = POLLOUT};
    talks[open_ones] = (struct talk){.number = number};
    open_ones++;
}

static bool passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

// Returns false when the connection has come to its end, good or bad.
static bool go_on(struct pollfd *entry, struct talk *talk)
{
    if (!talk->connected) {
        if (net_connect_result(entry->fd) == -1) {
            fail(talk->number, "connect", strerror(errno));
            return false;
        }
        talk->connected = true;
    }
    if (talk->sent < SIZE) {
        ssize_t n =
            send(entry->fd, text + talk->sent, SIZE - talk->sent, MSG_NOSIGNAL);
        if (n == -1 && !passing()) {
            fail(talk->number, "send", strerror(errno));
            return false;
        }
        talk->sent += n > 0 ? (size_t)n : 0;
    }
    entry->events = talk->sent < SIZE ? POLLIN | POLLOUT : POLLIN;
    if ((entry->revents & ~POLLOUT) == 0)
        return true;
    char reply[SIZE];
    ssize_t n = recv(entry->fd, reply, SIZE - talk->received, 0);
    if (n == -1 && passing())
        return true;
    if (n == -1)
        fail(talk->number, "recv", strerror(errno));
    else if (n == 0)
        fail(talk->number, "recv", "the server ended the stream early");
    else if (memcmp(reply, text + talk->received, (size_t)n) != 0)
        fail(talk->number, "recv", "wrong bytes came back");
    else
        return (talk->received += (size_t)n) < SIZE;
    return false;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    entries = calloc((size_t)count, sizeof *entries);
    talks = calloc((size_t)count, sizeof *talks);
    if (entries == NULL || talks == NULL) {
        perror("multiconn_client");
        return 1;
    }
    for (int number = 1; number <= count; number++)
        start(number, &address);
    while (open_ones > 0) {
        int ready = poll(entries, (nfds_t)open_ones, -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1) {
            perror("multiconn_client: poll");
            return 1;
        }
        for (size_t i = open_ones; i-- > 0;) {
            if (entries[i].revents == 0 || go_on(&entries[i], &talks[i]))
                continue;
            close(entries[i].fd);
            open_ones--;
            entries[i] = entries[open_ones];
            talks[i] = talks[open_ones];
        }
    }
    free(entries);
    free(talks);
    return failures == 0 ? 0 : 1;
}
