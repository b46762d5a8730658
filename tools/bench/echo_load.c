// echo_load HOST PORT CONNECTIONS MESSAGE_SIZE SECONDS
//
// Measures an echo server: opens that many connections, keeps one message in
// flight on each for so many seconds (1.5 will do), checks that what was sent
// comes back, and prints how many round trips a second there were. The clock
// starts when each connection has had its first reply.
//
// One thread, and epoll: what it does itself for a message should cost less
// than what it measures.

#include "net.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CONNECTIONS = 1000000,
    MAX_MESSAGE_SIZE = 1 << 30,
    MAX_SECONDS = 86400,
    PATIENCE_SECONDS = 20, // until all first replies, or all last, are here
    PATTERN_PERIOD = 251,  // a prime: no power of 2 can hide a shift
    EVENTS = 1024,         // taken from the kernel at once
};

struct connection {
    int fd;
    size_t start;          // in the pattern: where its message begins
    size_t sent, received; // of its message
};

struct load {
    struct sockaddr_in address; // the server's
    char text[NET_ADDRESS_TEXT_SIZE];
    struct connection *connections;
    size_t count;
    size_t message_size;
    double seconds;
    int epoll;
    char *pattern;   // each message is message_size bytes of it
    char *reply;     // message_size bytes, of whichever connection
    bool keep_going; // a reply is followed by the next message
    size_t awaited;  // if not keep_going: replies that are still to come
    unsigned long long round_trips;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Says what went wrong on a connection. Returns -1.
static int failed(const struct load *load, const struct connection *connection,
                  const char *what, const char *reason)
{
    fprintf(stderr, "echo_load: connection %td of %zu: %s %s: %s\n",
            connection - load->connections + 1, load->count, what, load->text,
            reason);
    return -1;
}

// Sends what the kernel takes at once of what is left of the message.
// Returns 0; -1 after saying what failed.
static int send_more(struct load *load, struct connection *connection)
{
    if (connection->sent == load->message_size)
        return 0;
    ssize_t sent = send(connection->fd,
                        load->pattern + connection->start + connection->sent,
                        load->message_size - connection->sent, MSG_NOSIGNAL);
    if (sent == -1)
        return errno == EAGAIN
                   ? 0
                   : failed(load, connection, "send to", strerror(errno));
    connection->sent += (size_t)sent;
    return 0;
}

// The message has come back: the next one is another part of the pattern, so
// that an old reply, or one meant for another connection, is not taken for it.
static int next_message(struct load *load, struct connection *connection)
{
    load->round_trips++;
    connection->sent = connection->received = 0;
    connection->start = (connection->start + 1) % PATTERN_PERIOD;
    if (load->keep_going)
        return send_more(load, connection);
    connection->sent = load->message_size; // it rests
    load->awaited--;
    return 0;
}

// Receives what has arrived of the reply, and compares it with what was sent.
// Returns 0; -1 after saying what is wrong.
static int receive_more(struct load *load, struct connection *connection)
{
    ssize_t received = recv(connection->fd, load->reply,
                            load->message_size - connection->received, 0);
    if (received == -1)
        return errno == EAGAIN
                   ? 0
                   : failed(load, connection, "receive from", strerror(errno));
    if (received == 0)
        return failed(load, connection, "reply of",
                      "the server closed the connection");
    if (memcmp(load->reply,
               load->pattern + connection->start + connection->received,
               (size_t)received) != 0)
        return failed(load, connection, "reply of",
                      "other bytes came back than were sent");
    connection->received += (size_t)received;
    return connection->received == load->message_size
               ? next_message(load, connection)
               : 0;
}

// Opens a connection and sends its first message. Returns 0; -1 after saying
// what failed.
static int open_connection(struct load *load, struct connection *connection)
{
    int fd = connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return failed(load, connection, "socket for", strerror(errno));
    if (connect(fd, (struct sockaddr *)&load->address, sizeof load->address) ==
        -1)
        return failed(load, connection, "connect to", strerror(errno));
    // Edge-triggered: set once, and never asked about what is only waiting.
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                                .data.ptr = connection};
    if (net_set_nonblocking(fd) == -1 ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
        return failed(load, connection, "epoll for", strerror(errno));
    return send_more(load, connection);
}

// Takes what comes until the time is END, or no reply is awaited any more.
// Returns 0; -1 after saying what failed.
static int exchange(struct load *load, double end)
{
    struct epoll_event events[EVENTS];
    double left;
    while ((left = end - now()) > 0 && (load->keep_going || load->awaited)) {
        int ready =
            epoll_wait(load->epoll, events, EVENTS, (int)(left * 1000) + 1);
        if (ready == -1 && errno != EINTR) {
            perror("echo_load: epoll_wait");
            return -1;
        }
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (send_more(load, connection) == -1 ||
                receive_more(load, connection) == -1)
                return -1;
        }
    }
    return 0;
}

// Waits for the reply to what is in flight, on each connection.
// Returns 0; -1 after saying what failed.
static int finish_messages(struct load *load)
{
    load->keep_going = false;
    load->awaited = load->count;
    if (exchange(load, now() + PATIENCE_SECONDS) == -1)
        return -1;
    if (load->awaited == 0)
        return 0;
    fprintf(stderr,
            "echo_load: %zu of %zu connections to %s had no whole reply "
            "within %d seconds\n",
            load->awaited, load->count, load->text, PATIENCE_SECONDS);
    return -1;
}

// Opens all connections, with one message on each. Returns 0; -1 after saying
// what failed.
static int open_all(struct load *load)
{
    for (size_t i = 0; i < load->count; i++) {
        load->connections[i].start = i % PATTERN_PERIOD;
        if (open_connection(load, &load->connections[i]) == -1)
            return -1;
    }
    return finish_messages(load);
}

// Keeps a message in flight on each connection for the time asked for.
// Returns the round trips per second; -1 after saying what failed.
static double measure(struct load *load)
{
    double start = now();
    load->keep_going = true;
    load->round_trips = 0;
    for (size_t i = 0; i < load->count; i++) {
        load->connections[i].sent = 0;
        if (send_more(load, &load->connections[i]) == -1)
            return -1;
    }
    if (exchange(load, start + load->seconds) == -1)
        return -1;
    return (double)load->round_trips / (now() - start);
}

// Allocates what LOAD needs for its connections and messages.
// Returns 0; -1 with errno.
static int prepare(struct load *load)
{
    size_t pattern_size = load->message_size + PATTERN_PERIOD;
    load->connections = calloc(load->count, sizeof *load->connections);
    load->pattern = malloc(pattern_size);
    load->reply = malloc(load->message_size);
    load->epoll = epoll_create1(0);
    if (load->connections == NULL || load->pattern == NULL ||
        load->reply == NULL || load->epoll == -1)
        return -1;
    for (size_t i = 0; i < pattern_size; i++)
        load->pattern[i] = (char)(i % PATTERN_PERIOD);
    return 0;
}

// Reads a number above 0 and up to MAXIMUM. Returns it; 0 if TEXT is none.
static double parse(const char *text, double maximum)
{
    char *end;
    double number = strtod(text, &end);
    return *end == '\0' && number > 0 && number <= maximum ? number : 0;
}

int main(int argc, char *argv[])
{
    struct load load = {.epoll = -1};
    if (argc == 6) {
        load.count = (size_t)parse(argv[3], MAX_CONNECTIONS);
        load.message_size = (size_t)parse(argv[4], MAX_MESSAGE_SIZE);
        load.seconds = parse(argv[5], MAX_SECONDS);
    }
    if (load.count == 0 || load.message_size == 0 || !(load.seconds > 0) ||
        net_parse_address(argv[1], argv[2], &load.address) == -1) {
        fprintf(stderr, "usage: echo_load HOST PORT CONNECTIONS MESSAGE_SIZE "
                        "SECONDS\n");
        return EXIT_FAILURE;
    }
    net_address_text(&load.address, load.text, sizeof load.text);
    if (prepare(&load) == -1) {
        perror("echo_load");
        return EXIT_FAILURE;
    }
    double rate = open_all(&load) == -1 ? -1 : measure(&load);
    // An unread reply would make the closing, which exit does, look like a
    // failure to the server (ECONNRESET).
    bool all_well = rate >= 0 && finish_messages(&load) == 0;
    if (all_well)
        printf("%.0f round trips per second\n", rate);
    free(load.connections);
    free(load.pattern);
    free(load.reply);
    return all_well ? EXIT_SUCCESS : EXIT_FAILURE;
}
