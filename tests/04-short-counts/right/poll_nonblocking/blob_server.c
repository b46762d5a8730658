// What is different: one loop for all clients, poll() and sockets that don't
// wait. A client's next request is received once its answer has been sent.

#include "blob.h"
#include "names.h"
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 64, ROOM = 6000 };

struct client {
    unsigned char request[BLOB_COUNT_SIZE];
    size_t held; // bytes of it
    uint64_t count, made;
    unsigned char out[ROOM];
    size_t from, to; // what is to be sent of it
};

static struct pollfd watched[1 + CLIENTS];
static struct client clients[1 + CLIENTS];

static bool is_over(const char *what)
{
    fprintf(stderr, "blob_server: a client: %s\n", what);
    return false;
}

static bool has_to_wait(void)
{
    return errno == EAGAIN || errno == EINTR;
}

// All of these return false once the client is over.
static bool receive(int fd, struct client *client)
{
    ssize_t got = recv(fd, client->request + client->held,
                       BLOB_COUNT_SIZE - client->held, 0);
    if (got == -1)
        return has_to_wait() || is_over(strerror(errno));
    if (got == 0)
        return client->held > 0 ? is_over("an end in a request") : false;
    client->held += (size_t)got;
    if (client->held < BLOB_COUNT_SIZE)
        return true;
    client->count = blob_get_count(client->request);
    if (client->count > BLOB_COUNT_MAX)
        return is_over("COUNT is too large");
    client->held = client->from = 0;
    blob_put_count(client->out, client->count);
    client->made = blob_fill(client->out + BLOB_COUNT_SIZE,
                             ROOM - BLOB_COUNT_SIZE, 0, client->count);
    client->to = BLOB_COUNT_SIZE + (size_t)client->made;
    return true;
}

static bool send_more(int fd, struct client *client)
{
    ssize_t sent = send(fd, client->out + client->from,
                        client->to - client->from, MSG_NOSIGNAL);
    if (sent == -1)
        return has_to_wait() || is_over(strerror(errno));
    client->from += (size_t)sent;
    if (client->from == client->to && client->made < client->count) {
        client->from = 0;
        client->to = blob_fill(client->out, ROOM, client->made, client->count);
        client->made += client->to;
    }
    return true;
}

static void look_after(int place)
{
    struct pollfd *it = &watched[place];
    struct client *client = &clients[place];
    bool goes_on = client->from < client->to ? send_more(it->fd, client)
                                             : receive(it->fd, client);
    it->events = client->from < client->to ? POLLOUT : POLLIN;
    if (goes_on)
        return;
    close(it->fd);
    it->fd = -1;
}

static void accept_one(int listener)
{
    int place = 1;
    while (place <= CLIENTS && watched[place].fd != -1)
        place++;
    if (place > CLIENTS)
        return; // until one goes
    int fd = accept(listener, NULL, NULL);
    if (fd == -1 || net_set_nonblocking(fd) == -1)
        return;
    watched[place] = (struct pollfd){.fd = fd, .events = POLLIN};
    memset(&clients[place], 0, sizeof clients[place]);
}

static void stop(int signal)
{
    (void)signal;
    _exit(0);
}

static int failed(const char *what)
{
    fprintf(stderr, "blob_server: %s: %s\n", what, strerror(errno));
    return 1;
}

static int serve_all(int listener)
{
    watched[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int i = 1; i <= CLIENTS; i++)
        watched[i].fd = -1;
    for (;;) {
        int ready = poll(watched, 1 + CLIENTS, -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return failed("poll");
        for (int i = 1; i <= CLIENTS; i++)
            if (watched[i].fd != -1 && watched[i].revents != 0)
                look_after(i);
        if (watched[0].revents != 0)
            accept_one(listener);
    }
}

int main(int argc, char *argv[])
{
    struct addrinfo *list;
    if (argc != 3) {
        fprintf(stderr,
                "blob_server: bad arguments '%s'\n"
                "usage: blob_server HOST PORT\n",
                argc < 3 ? "(too few)" : argv[3]);
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    if (standard_open() == -1)
        return failed("stdout");
    int error = names_find(argv[1], argv[2], AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "blob_server: %s %s: %s\n", argv[1], argv[2],
                names_reason(error));
        return 1;
    }
    int listener = names_listen(list, 20);
    freeaddrinfo(list);
    struct sockaddr_storage here;
    socklen_t size = sizeof here;
    char text[NAMES_TEXT_SIZE];
    if (listener == -1 || net_set_nonblocking(listener) == -1 ||
        getsockname(listener, (struct sockaddr *)&here, &size) == -1)
        return failed(argv[2]);
    printf("listening on %s\n",
           names_text((struct sockaddr *)&here, size, text));
    if (fflush(stdout) == EOF)
        return failed("stdout");
    return serve_all(listener);
}
