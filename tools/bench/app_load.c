// app_load HOST PORT IN_FLIGHT REQUESTS
// app_load HOST PORT idle CONNECTIONS
//
// Measures a server of lesson 15's protocol. Sends REQUESTS requests, `search
// morpheus` each, over a connection of its own each, IN_FLIGHT of them at any
// time; checks that the reply is whole and that the server closes after it;
// and prints the requests per second, and the 50th and 99th percentile of a
// request's time in microseconds, from connect() to the end of the stream.
//
// The second form opens connections, sends nothing, prints "open" once all
// are connected, and keeps them until its standard input ends.
//
// One thread, and epoll: what it does itself for a request should cost less
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
    MAX_COUNT = 100000000,
    PATIENCE_SECONDS = 20, // in which nothing at all happens
    MAX_REPLY_SIZE = 1024, // more than a right one has
    LENGTH_SIZE = 2,       // of the header's length, before the header
    SOURCES = 200,         // addresses that the connections come from
    EVENTS = 256,          // taken from the kernel at once
};

#define CONTENT "{\"action\": \"search\", \"value\": \"morpheus\"}"
#define HEADER                                                      \
    "{\"byteorder\": \"little\", \"content-type\": \"text/json\", " \
    "\"content-encoding\": \"utf-8\", \"content-length\": 41}"

static const char request[] = "\0\x67" HEADER CONTENT;
enum { REQUEST_SIZE = sizeof request - 1 };
_Static_assert(sizeof HEADER - 1 == 0x67, "the header's length, before it");
_Static_assert(sizeof CONTENT - 1 == 41, "the header's content-length");

struct connection {
    int fd;
    double start;                   // when connect() was called
    size_t sent, received;          // of the request, and of the reply
    char reply[MAX_REPLY_SIZE + 1]; // one more, for a zero
};

struct load {
    struct sockaddr_in address; // the server's
    char text[NET_ADDRESS_TEXT_SIZE];
    size_t requests, started, done;
    float *latencies; // in microseconds, of the requests that are done
    int epoll;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Says what went wrong. Returns -1.
static int failed(const struct load *load, const char *what, const char *reason)
{
    fprintf(stderr, "app_load: after %zu of %zu requests: %s %s: %s\n",
            load->done, load->requests, what, load->text, reason);
    return -1;
}

// Looks at all that came up to the end of the stream.
// Returns NULL if it is the right reply; what is wrong if not.
static const char *wrong_with(struct connection *connection)
{
    static const char name[] = "\"content-length\"";
    static const char text[] = "Follow the white rabbit";
    char *reply = connection->reply;
    size_t size = connection->received;
    if (size == 0)
        return "the server closed without one";
    const unsigned char *length = (const unsigned char *)reply;
    size_t header_size = (size_t)length[0] << 8 | length[1];
    if (size < LENGTH_SIZE + header_size)
        return "it ends before its header does";
    reply[size] = '\0'; // so that strtol() ends
    const char *header = reply + LENGTH_SIZE;
    const char *number = memmem(header, header_size, name, sizeof name - 1);
    if (number == NULL)
        return "its header has no content-length";
    number += sizeof name - 1;
    size_t content_size = size - LENGTH_SIZE - header_size;
    if (strtol(number + strspn(number, " :"), NULL, 10) != (long)content_size)
        return "its content is not as long as its header says";
    if (memmem(header + header_size, content_size, text, sizeof text - 1) ==
        NULL)
        return "it does not say what a search for morpheus finds";
    return NULL;
}

// Spreads the connections to a loopback server over many source addresses: the
// kernel remembers each ended connection for a minute, and one address has too
// few ports for that. IP_BIND_ADDRESS_NO_PORT leaves the choice of a port to
// connect(), which knows which ones are free towards this server.
// Returns 0; -1 with errno.
static int choose_source(const struct load *load, int fd, size_t number)
{
    if (ntohl(load->address.sin_addr.s_addr) >> 24 != 127)
        return 0;
    in_addr_t host = INADDR_LOOPBACK + 256 + (in_addr_t)(number % SOURCES);
    struct sockaddr_in source = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(host)};
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&source, sizeof source);
}

// Sends what the kernel takes at once of what is left of the request, and then
// waits for the rest, or for the server to close. Only that: each event less
// makes the load cheaper. OPERATION is EPOLL_CTL_ADD or EPOLL_CTL_MOD.
// Returns 0; -1 after saying what failed.
static int send_more(struct load *load, struct connection *connection,
                     int operation)
{
    ssize_t sent = send(connection->fd, request + connection->sent,
                        REQUEST_SIZE - connection->sent, MSG_NOSIGNAL);
    if (sent == -1 && errno != EAGAIN)
        return failed(load, "send to", strerror(errno));
    if (sent > 0)
        connection->sent += (size_t)sent;
    bool all_sent = connection->sent == REQUEST_SIZE;
    struct epoll_event event = {.events = all_sent ? EPOLLRDHUP : EPOLLOUT,
                                .data.ptr = connection};
    if (epoll_ctl(load->epoll, operation, connection->fd, &event) == -1)
        return failed(load, "epoll for", strerror(errno));
    return 0;
}

// Begins the next request, if there is one left. Returns 0; -1 after saying
// what failed.
static int start_request(struct load *load, struct connection *connection)
{
    if (load->started == load->requests)
        return 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1 || choose_source(load, fd, load->started++) == -1)
        return failed(load, "socket for", strerror(errno));
    connection->fd = fd;
    connection->sent = connection->received = 0;
    connection->start = now();
    if (connect(fd, (struct sockaddr *)&load->address, sizeof load->address) ==
            -1 &&
        errno != EINPROGRESS)
        return failed(load, "connect to", strerror(errno));
    // To a server on the same machine, it is connected by now.
    return send_more(load, connection, EPOLL_CTL_ADD);
}

// The stream has ended: notes how long that took, if the reply is right, and
// goes on to the next request. Returns 0; -1 after saying what is wrong.
static int finish_request(struct load *load, struct connection *connection)
{
    double latency = now() - connection->start;
    const char *wrong = wrong_with(connection);
    if (wrong != NULL)
        return failed(load, "reply of", wrong);
    close(connection->fd);
    load->latencies[load->done++] = (float)(latency * 1e6);
    return start_request(load, connection);
}

// Receives what is here, up to the end of the stream.
// Returns 0; -1 after saying what is wrong.
static int receive(struct load *load, struct connection *connection)
{
    for (;;) {
        ssize_t received =
            recv(connection->fd, connection->reply + connection->received,
                 MAX_REPLY_SIZE - connection->received, 0);
        if (received == -1)
            return errno == EAGAIN
                       ? 0
                       : failed(load, "receive from", strerror(errno));
        if (connection->received == MAX_REPLY_SIZE)
            return failed(load, "reply of", "it is far too long");
        if (received == 0)
            return finish_request(load, connection);
        connection->received += (size_t)received;
    }
}

// Goes on until all requests are done. Returns 0; -1 after saying what failed.
static int exchange(struct load *load)
{
    struct epoll_event events[EVENTS];
    while (load->done < load->requests) {
        int ready =
            epoll_wait(load->epoll, events, EVENTS, PATIENCE_SECONDS * 1000);
        if (ready == 0)
            return failed(load, "waiting for", "it does not close");
        if (ready == -1 && errno != EINTR)
            return failed(load, "epoll for", strerror(errno));
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            bool all_sent = connection->sent == REQUEST_SIZE;
            if ((all_sent ? receive(load, connection)
                          : send_more(load, connection, EPOLL_CTL_MOD)) == -1)
                return -1;
        }
    }
    return 0;
}

static int compare_latencies(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;
    return (left > right) - (left < right);
}

static void print_results(const struct load *load, double seconds)
{
    size_t count = load->requests;
    float *latencies = load->latencies;
    qsort(latencies, count, sizeof *latencies, compare_latencies);
    printf("%.0f %.0f %.0f\n", (double)count / seconds,
           (double)latencies[count / 2], (double)latencies[count * 99 / 100]);
}

// Returns 0; -1 after saying what failed.
static int measure(struct load *load, size_t in_flight)
{
    struct connection *connections = calloc(in_flight, sizeof *connections);
    load->latencies = calloc(load->requests, sizeof *load->latencies);
    load->epoll = epoll_create1(0);
    bool ready = connections && load->latencies && load->epoll != -1;
    int result = ready ? 0 : failed(load, "prepare for", strerror(errno));
    double start = now();
    for (size_t i = 0; i < in_flight && result == 0; i++)
        result = start_request(load, &connections[i]);
    if (result == 0)
        result = exchange(load);
    if (result == 0)
        print_results(load, now() - start);
    free(connections);
    free(load->latencies);
    return result;
}

// Opens COUNT connections and keeps them until the standard input ends.
// Returns 0; -1 after saying what failed.
static int stay_idle(const struct load *load, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd == -1 || choose_source(load, fd, i) == -1 ||
            connect(fd, (struct sockaddr *)&load->address,
                    sizeof load->address) == -1)
            return failed(load, "connect to", strerror(errno));
    }
    printf("open\n");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    return 0;
}

// Reads a whole number from 1 to MAX_COUNT. Returns it; 0 if TEXT is none.
static size_t parse(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    return *end == '\0' && number > 0 && number <= MAX_COUNT ? (size_t)number
                                                             : 0;
}

int main(int argc, char *argv[])
{
    struct load load = {.epoll = -1};
    size_t in_flight = 0;
    bool idle = argc == 5 && strcmp(argv[3], "idle") == 0;
    if (argc == 5) {
        in_flight = idle ? 1 : parse(argv[3]);
        load.requests = parse(argv[4]);
    }
    if (in_flight == 0 || load.requests == 0 ||
        net_parse_address(argv[1], argv[2], &load.address) == -1) {
        fprintf(stderr, "usage: app_load HOST PORT IN_FLIGHT REQUESTS\n"
                        "       app_load HOST PORT idle CONNECTIONS\n");
        return EXIT_FAILURE;
    }
    net_address_text(&load.address, load.text, sizeof load.text);
    int result =
        idle ? stay_idle(&load, load.requests) : measure(&load, in_flight);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
