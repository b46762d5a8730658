// multiconn_client HOST PORT NUM_CONNECTIONS
//
// Opens that many connections to an echo server, all at once, in one thread;
// sends two messages on each, and checks that exactly they come back. What
// goes wrong on one connection is reported, and the others go on.
//
// What it knowingly leaves out: more connections than select() can watch,
// which poll() and epoll could (lesson 13), and a limit on how long it waits
// for a silent server (lesson 07).

#include "net.h"
#include "standard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

// What is sent on each connection, and what must come back. TCP carries
// bytes, so the end of one message and the beginning of the next show only
// to who knows the messages.
static const char messages[] = "Message 1 from client."
                               "Message 2 from client.";
enum { MESSAGES_SIZE = sizeof messages - 1 };

struct connection {
    int number; // from 1
    int fd;     // -1: closed
    bool connected;
    size_t sent, received; // of MESSAGES_SIZE
};

struct client {
    const struct sockaddr_in *address; // the server's
    struct connection *connections;
    size_t count;
    bool any_failed;
};

static void close_connection(struct connection *connection)
{
    printf("closing connection %d\n", connection->number);
    close(connection->fd);
    connection->fd = -1;
}

// Says what went wrong on one connection, and closes it.
static void give_up(struct client *client, struct connection *connection,
                    const char *call, const char *reason)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "multiconn_client: connection %d: %s %s: %s\n",
            connection->number, call,
            net_address_text(client->address, text, sizeof text), reason);
    client->any_failed = true;
    if (connection->fd != -1)
        close_connection(connection);
}

// Opens a socket that select() can watch and that never waits by itself.
// Returns it; -1 with errno, EMFILE if its number is too high for select().
static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return -1;
    int reason = fd >= FD_SETSIZE ? EMFILE : 0;
    if (reason == 0 && net_set_nonblocking(fd) == -1)
        reason = errno;
    if (reason == 0)
        return fd;
    close(fd);
    errno = reason;
    return -1;
}

// Begins to connect. How that ends is seen in finish_connecting().
static void start_connection(struct client *client,
                             struct connection *connection)
{
    connection->fd = open_socket();
    if (connection->fd == -1) {
        give_up(client, connection, "socket for", strerror(errno));
        return;
    }
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("starting connection %d to %s\n", connection->number,
           net_address_text(client->address, text, sizeof text));
    // 0 is possible too; then select() finds the socket writable at once.
    if (connect(connection->fd, (const struct sockaddr *)client->address,
                sizeof *client->address) == -1 &&
        errno != EINPROGRESS)
        give_up(client, connection, "connect", strerror(errno));
}

// The attempt has ended: the socket is writable. Returns 0; -1 with errno.
static int finish_connecting(struct connection *connection)
{
    if (net_connect_result(connection->fd) == -1)
        return -1;
    connection->connected = true;
    return 0;
}

static bool wants_write(const struct connection *connection)
{
    return !connection->connected || connection->sent < MESSAGES_SIZE;
}

static bool wants_read(const struct connection *connection)
{
    return connection->connected;
}

static bool is_done(const struct connection *connection)
{
    return connection->received == MESSAGES_SIZE;
}

// Sends what the kernel takes at once of what is left of the messages.
// Returns 0, also if it took nothing; -1 with errno.
static int send_more(struct connection *connection)
{
    ssize_t sent = send(connection->fd, messages + connection->sent,
                        MESSAGES_SIZE - connection->sent, MSG_NOSIGNAL);
    if (sent == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    connection->sent += (size_t)sent;
    return 0;
}

// Receives what has arrived, and compares it with what was sent.
// Returns NULL if all is well; what is wrong if not.
static const char *receive_more(struct connection *connection)
{
    char reply[MESSAGES_SIZE];
    ssize_t received =
        recv(connection->fd, reply, MESSAGES_SIZE - connection->received, 0);
    if (received == -1)
        return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
    if (received == 0)
        return "the reply ended early";
    if (memcmp(reply, messages + connection->received, (size_t)received) != 0)
        return "other bytes came back than were sent";
    connection->received += (size_t)received;
    if (connection->received > connection->sent)
        return "it answered before it was asked";
    printf("received %zd bytes from connection %d\n", received,
           connection->number);
    return NULL;
}

// Does for one connection what can be done without waiting.
static void serve_connection(struct client *client,
                             struct connection *connection, bool readable,
                             bool writable)
{
    if (!connection->connected) {
        if (writable && finish_connecting(connection) == -1)
            give_up(client, connection, "connect", strerror(errno));
        return; // the next turn goes on from here
    }
    if (writable && send_more(connection) == -1) {
        give_up(client, connection, "send to", strerror(errno));
        return;
    }
    const char *problem = readable ? receive_more(connection) : NULL;
    if (problem != NULL)
        give_up(client, connection, "reply of", problem);
    else if (is_done(connection))
        close_connection(connection);
}

// Fills the two sets with what the client waits for now.
// Returns the highest descriptor in them; -1 if no connection is left.
static int watch(const struct client *client, fd_set *readable,
                 fd_set *writable)
{
    FD_ZERO(readable);
    FD_ZERO(writable);
    int highest = -1;
    for (size_t i = 0; i < client->count; i++) {
        const struct connection *connection = &client->connections[i];
        if (connection->fd == -1)
            continue;
        if (wants_read(connection))
            FD_SET(connection->fd, readable);
        if (wants_write(connection))
            FD_SET(connection->fd, writable);
        if (connection->fd > highest)
            highest = connection->fd;
    }
    return highest;
}

// Runs all connections to their ends. Returns 0; -1 with errno.
static int run(struct client *client)
{
    fd_set readable, writable;
    for (int highest; (highest = watch(client, &readable, &writable)) != -1;) {
        if (select(highest + 1, &readable, &writable, NULL, NULL) == -1) {
            if (errno == EINTR)
                continue; // the sets hold nothing of use now
            return -1;
        }
        for (size_t i = 0; i < client->count; i++) {
            struct connection *connection = &client->connections[i];
            if (connection->fd != -1)
                serve_connection(client, connection,
                                 FD_ISSET(connection->fd, &readable),
                                 FD_ISSET(connection->fd, &writable));
        }
    }
    return 0;
}

// Reads a count: decimal digits and nothing else, from 1 to a million.
// Returns it; 0 if the text can't be one.
static size_t parse_count(const char *text)
{
    size_t count = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && count <= 1000000; digit++)
        count = count * 10 + (size_t)(*digit - '0');
    return *digit == '\0' && count <= 1000000 ? count : 0;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "multiconn_client: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: multiconn_client HOST PORT NUM_CONNECTIONS\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    static const char *const names[] = {"HOST", "PORT", "NUM_CONNECTIONS"};
    if (argc < 4)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("one argument too many:", argv[4]);
    uint16_t port;
    if (net_parse_port(argv[2], &port) == -1)
        return usage("PORT is not a number from 0 to 65535:", argv[2]);
    struct sockaddr_in address;
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("HOST is not a numeric IPv4 address:", argv[1]);
    struct client client = {.address = &address, .count = parse_count(argv[3])};
    if (client.count == 0)
        return usage("NUM_CONNECTIONS is not a number from 1 to 1000000:",
                     argv[3]);
    client.connections = calloc(client.count, sizeof *client.connections);
    if (client.connections == NULL) {
        perror("multiconn_client: memory");
        return EXIT_FAILURE;
    }
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("multiconn_client: stdout");
        free(client.connections);
        return EXIT_FAILURE;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);

    for (size_t i = 0; i < client.count; i++) {
        client.connections[i].number = (int)i + 1;
        start_connection(&client, &client.connections[i]);
    }
    int result = run(&client);
    if (result == -1)
        perror("multiconn_client: select");
    free(client.connections);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("multiconn_client: stdout");
        return EXIT_FAILURE;
    }
    return result == 0 && !client.any_failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
