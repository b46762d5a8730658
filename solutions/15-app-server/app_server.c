// app_server HOST PORT
//
// Answers searches, and requests of other kinds, of any number of clients at
// once, in one thread. SIGINT or SIGTERM stops it.
//
// This file is the loop: who is ready, who comes, who goes. What is said to a
// client is message.c's affair, and what is answered answer.c's.
//
// What it knowingly leaves out: a limit on what all clients together may make
// it keep, and on how long a client may take that sends a byte now and then
// (lesson 17); and help for the others while it reads the JSON of one very long
// request, which takes seconds (lesson 18).

#include "message.h"
#include "net.h"
#include "selector.h"
#include "signals.h"
#include "standard.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    SILENCE_LIMIT_MS = 60 * 1000, // a client that moves nothing is given up
    FULL_RETRY_MS = 1000,         // without a descriptor to spare
    ACCEPTED_AT_ONCE = 64,
};

struct server {
    struct sockaddr_in address; // where it listens
    struct selector *selector;
    int listener, signals;
    bool listens;       // the listener is registered,
    long long retry_ms; // and if not, will be then; now_ms()
    // The clients, from the one that has been silent longest to the one that
    // moved last. It is a ring: its end is this, which is no client.
    struct message clients;
};

// Says which call failed, for which address, and why (errno).
// Returns -1, so that a function can report and give up in one statement.
static int failed(const char *call, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    net_address_text(address, text, sizeof text);
    fprintf(stderr, "app_server: %s %s: %s\n", call, text, strerror(reason));
    return -1;
}

static void tell(const char *what, const struct sockaddr_in *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("%s %s\n", what, net_address_text(address, text, sizeof text));
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void take_out(struct message *client)
{
    client->previous->next = client->next;
    client->next->previous = client->previous;
}

// Puts the client, which is in no list, behind all others.
static void put_last(struct server *server, struct message *client)
{
    client->active_ms = now_ms();
    client->next = &server->clients;
    client->previous = server->clients.previous;
    client->previous->next = client;
    server->clients.previous = client;
}

static void set_listening(struct server *server, bool listens)
{
    if (listens == server->listens)
        return;
    if (!listens)
        selector_unregister(server->selector, server->listener);
    else if (selector_register(server->selector, server->listener,
                               SELECTOR_READ, NULL) == -1) {
        server->retry_ms = now_ms() + FULL_RETRY_MS;
        return;
    }
    server->listens = listens;
}

static void close_client(struct server *server, struct message *client)
{
    selector_unregister(server->selector, client->channel.fd);
    take_out(client);
    message_close(client);
    set_listening(server, true); // there is a descriptor to spare now
}

// Takes over the socket of a new client. Returns 0; -1 with errno.
static int open_client(struct server *server, int fd,
                       const struct sockaddr_in *address)
{
    struct message *client = message_create(fd, address);
    if (client == NULL)
        return -1;
    if (selector_register(server->selector, fd, message_events(client),
                          client) == -1) {
        free(client);
        return -1;
    }
    put_last(server, client);
    tell("accepted connection from", address);
    return 0;
}

// Accepts those who wait; not more than some, so that the others get a turn.
static void accept_clients(struct server *server)
{
    for (int i = 0; i < ACCEPTED_AT_ONCE; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        int fd = net_accept(server->listener, &address);
        if (fd == -1 && errno == EAGAIN)
            return;
        if (fd == -1 && (errno == EMFILE || errno == ENFILE ||
                         errno == ENOBUFS || errno == ENOMEM)) {
            // The client stays where it is, and the listener readable: looked
            // at again at once, it would keep us busy with nothing.
            failed("accept", &server->address);
            set_listening(server, false);
            server->retry_ms = now_ms() + FULL_RETRY_MS;
            return;
        }
        if (fd == -1 && errno == EINTR)
            continue;
        if (fd == -1) // any other error is that client's own (ECONNABORTED)
            failed("accept", &server->address);
        else if (open_client(server, fd, &address) == -1) {
            failed("cannot serve", &address);
            close(fd);
        }
    }
}

static void serve_client(struct server *server, struct message *client,
                         unsigned events)
{
    if (message_process_events(client, events) != MESSAGE_GOES_ON) {
        close_client(server, client);
        return;
    }
    take_out(client);
    put_last(server, client);
    if (selector_modify(server->selector, client->channel.fd,
                        message_events(client)) == -1) {
        failed("cannot serve", &client->channel.address);
        close_client(server, client);
    }
}

// True if something has come from the client, or can be sent to it, just now.
static bool is_ready(const struct message *client)
{
    struct pollfd socket = {
        .fd = client->channel.fd,
        .events = message_events(client) == SELECTOR_READ ? POLLIN : POLLOUT};
    return poll(&socket, 1, 0) > 0;
}

// Gives up the clients with which nothing has moved for too long. It may be us
// who were busy so long: who is ready is not to blame.
static void close_silent(struct server *server)
{
    long long limit = now_ms() - SILENCE_LIMIT_MS;
    while (server->clients.next != &server->clients &&
           server->clients.next->active_ms <= limit) {
        struct message *client = server->clients.next;
        if (is_ready(client)) {
            take_out(client);
            put_last(server, client);
            continue;
        }
        errno = ETIMEDOUT;
        failed("wait for", &client->channel.address);
        close_client(server, client);
    }
}

// How long the loop may wait, in milliseconds; -1: for ever.
static int time_to_wait(const struct server *server)
{
    const struct message *first = server->clients.next;
    long long until = LLONG_MAX;
    if (first != &server->clients)
        until = first->active_ms + SILENCE_LIMIT_MS;
    if (!server->listens && server->retry_ms < until)
        until = server->retry_ms;
    if (until == LLONG_MAX)
        return -1;
    long long left = until - now_ms();
    return left > 0 ? (int)left : 0;
}

// Serves clients until a signal asks to stop. Returns 0; -1 with errno.
static int serve(struct server *server)
{
    for (;;) {
        // The log is written once a turn, before there is nothing to do.
        fflush(stdout);
        int ready = selector_select(server->selector, time_to_wait(server));
        if (ready == -1 && errno != EINTR)
            return -1;
        if (!server->listens && now_ms() >= server->retry_ms)
            set_listening(server, true);
        struct selector_event event;
        while (selector_next(server->selector, &event)) {
            if (event.fd == server->signals)
                return 0;
            if (event.fd == server->listener)
                accept_clients(server);
            else
                serve_client(server, event.data, event.events);
        }
        close_silent(server);
    }
}

// Opens what the loop waits for: with port 0 the kernel chooses one, which then
// is in server->address. Returns 0; -1 after saying what failed.
static int open_server(struct server *server)
{
    struct sockaddr_in *address = &server->address;
    server->clients.next = server->clients.previous = &server->clients;
    server->signals = signals_open();
    server->selector = selector_open(SELECTOR_DEFAULT);
    if (server->signals == -1 || server->selector == NULL ||
        selector_register(server->selector, server->signals, SELECTOR_READ,
                          NULL) == -1)
        return failed("prepare", address);
    server->listener = net_listen(address, SOMAXCONN);
    if (server->listener == -1 ||
        net_local_address(server->listener, address) == -1 ||
        net_set_nonblocking(server->listener) == -1)
        return failed("listen", address);
    set_listening(server, true);
    if (!server->listens)
        return failed("listen", address);
    tell("listening on", address);
    return 0;
}

static void close_server(struct server *server)
{
    while (server->clients.next != &server->clients)
        close_client(server, server->clients.next);
    selector_close(server->selector);
    if (server->listener != -1)
        close(server->listener);
    if (server->signals != -1)
        close(server->signals);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "app_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: app_server HOST PORT\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("one argument too many:", argv[3]);

    uint16_t port;
    if (net_parse_port(argv[2], &port) == -1)
        return usage("PORT is not a number from 0 to 65535:", argv[2]);
    struct server server = {.listener = -1};
    if (net_parse_address(argv[1], argv[2], &server.address) == -1)
        return usage("HOST is not a numeric IPv4 address:", argv[1]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("app_server: stdout");
        return EXIT_FAILURE;
    }
    // By it jansson keeps clients from making all names fall into one place of
    // a table. With the first object, there may be no descriptor to get it by.
    json_object_seed(0);
    signal(SIGPIPE,
           SIG_IGN); // a reader of the log that goes is no reason to end

    int result = open_server(&server);
    if (result == 0 && (result = serve(&server)) == -1)
        failed("wait", &server.address);
    close_server(&server);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
