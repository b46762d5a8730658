// Learns how connect() came out from getpeername(), and from a recv() why it
// failed. Uses pselect(), and a linked list of connections.

#include "net.h"

#include <errno.h>
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
    struct connection *next;
    int fd, number;
    bool connected;
    const char *to_send, *to_receive;
};

enum outcome { GOES_ON, DONE, FAILED };

static const char *const end_of_text = text + SIZE;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static enum outcome fail(const struct connection *c, const char *call,
                         const char *reason)
{
    report(c->number, call, reason);
    return FAILED;
}

static enum outcome fail_or_retry(const struct connection *c, const char *call)
{
    if (errno == EAGAIN || errno == EINTR)
        return GOES_ON;
    return fail(c, call, strerror(errno));
}

static enum outcome look_for_peer(struct connection *c)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    if (getpeername(c->fd, (struct sockaddr *)&peer, &size) == 0) {
        c->connected = true;
        return GOES_ON;
    }
    if (errno != ENOTCONN)
        return fail(c, "getpeername", strerror(errno));
    // It fails with the reason why the attempt failed.
    char byte;
    if (recv(c->fd, &byte, 1, 0) == -1)
        return fail_or_retry(c, "connect");
    return fail(c, "connect", "it ended before it was connected");
}

static enum outcome send_more(struct connection *c)
{
    ssize_t n = send(c->fd, c->to_send, (size_t)(end_of_text - c->to_send),
                     MSG_NOSIGNAL);
    if (n == -1)
        return fail_or_retry(c, "send");
    c->to_send += n;
    return GOES_ON;
}

static enum outcome receive_more(struct connection *c)
{
    char reply[SIZE];
    ssize_t n = recv(c->fd, reply, (size_t)(end_of_text - c->to_receive), 0);
    if (n == -1)
        return fail_or_retry(c, "recv");
    if (n == 0)
        return fail(c, "recv", "unexpected end of stream");
    for (ssize_t i = 0; i < n; i++)
        if (reply[i] != *c->to_receive++)
            return fail(c, "recv", "unexpected byte");
    return c->to_receive == end_of_text ? DONE : GOES_ON;
}

static enum outcome serve(struct connection *c, bool readable, bool writable)
{
    if (!c->connected)
        return writable ? look_for_peer(c) : GOES_ON;
    enum outcome outcome = GOES_ON;
    if (readable)
        outcome = receive_more(c);
    if (outcome == GOES_ON && writable && c->to_send < end_of_text)
        outcome = send_more(c);
    return outcome;
}

static struct connection *start(int number, const struct sockaddr_in *address)
{
    struct connection *c = malloc(sizeof *c);
    if (c == NULL) {
        report(number, "malloc", strerror(errno));
        return NULL;
    }
    *c = (struct connection){
        .number = number, .to_send = text, .to_receive = text};
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd == -1)
        fail(c, "socket", strerror(errno));
    else if (c->fd >= FD_SETSIZE)
        fail(c, "socket", "no room in select()'s sets");
    else if (net_set_nonblocking(c->fd) == -1)
        fail(c, "fcntl", strerror(errno));
    else if (connect(c->fd, (const struct sockaddr *)address,
                     sizeof *address) == -1 &&
             errno != EINPROGRESS && errno != EINTR)
        fail(c, "connect", strerror(errno));
    else
        return c;
    if (c->fd != -1)
        close(c->fd);
    free(c);
    return NULL;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    struct connection *first = NULL;
    for (int number = 1; number <= count; number++) {
        struct connection *c = start(number, &address);
        if (c == NULL) {
            status = 1;
            continue;
        }
        c->next = first;
        first = c;
    }
    while (first != NULL) {
        fd_set in, out;
        int highest = 0;
        FD_ZERO(&in);
        FD_ZERO(&out);
        for (struct connection *c = first; c != NULL; c = c->next) {
            if (c->connected)
                FD_SET(c->fd, &in);
            if (!c->connected || c->to_send < end_of_text)
                FD_SET(c->fd, &out);
            if (c->fd > highest)
                highest = c->fd;
        }
        int ready = pselect(highest + 1, &in, &out, NULL, NULL, NULL);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1) {
            perror("multiconn_client: pselect");
            return 1;
        }
        for (struct connection **link = &first; *link != NULL;) {
            struct connection *c = *link;
            enum outcome outcome =
                serve(c, FD_ISSET(c->fd, &in), FD_ISSET(c->fd, &out));
            if (outcome == GOES_ON) {
                link = &c->next;
                continue;
            }
            if (outcome == FAILED)
                status = 1;
            *link = c->next;
            close(c->fd);
            free(c);
        }
    }
    return status;
}
