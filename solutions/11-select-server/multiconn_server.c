// multiconn_server HOST PORT
//
// Serves any number of clients at once, in one thread: sends back to each
// what it sends, until it has finished. SIGINT or SIGTERM stops it.
//
// Each turn of the loop in serve() asks select() which sockets are ready, and
// then does for each what it can do without waiting. Nothing else waits.
//
// What it knowingly leaves out: more clients than select() can watch, which
// poll() and epoll could (lesson 13); a limit on how long a client may stay
// silent (lesson 17); and a reader of its log that stops reading, which stops
// this program too, as its standard output does block.

#include "net.h"
#include "standard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, BUFFER_SIZE = 16384 };

struct connection {
    int fd;
    struct sockaddr_in address; // the client's
    bool finished;              // the client has finished sending
    // What is to be sent back: buffer[from] up to, but not with, buffer[to].
    size_t from, to;
    char buffer[BUFFER_SIZE];
};

struct server {
    struct sockaddr_in address; // where it listens
    int listener;
    bool full;          // the last client could not be accepted
    long long retry_ms; // when to try again, while it is full; 0: not yet known
    struct connection *connections[FD_SETSIZE]; // by descriptor; NULL: none
};

// The signals that stay blocked while the server waits.
static sigset_t waiting_mask;

// Set by a signal: the loop ends after this turn.
static volatile sig_atomic_t stop_wanted;

static void request_stop(int signal)
{
    (void)signal;
    stop_wanted = 1;
}

// Says which call failed, for which address, and why (errno).
// Returns -1, so that a function can report and give up in one statement.
static int failed(const char *call, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    net_address_text(address, text, sizeof text);
    fprintf(stderr, "multiconn_server: %s %s: %s\n", call, text,
            strerror(reason));
    return -1;
}

// Writes one line of the log: what happened, and at which address.
static void tell(const char *what, const struct sockaddr_in *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("%s %s\n", what, net_address_text(address, text, sizeof text));
}

// Milliseconds since some moment; whoever sets the clock does not change them.
static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// How much room the buffer has behind what it holds.
static size_t room(const struct connection *connection)
{
    return BUFFER_SIZE - connection->to;
}

// A client that does not take its echo is not read from either, once the
// buffer is full: so what it costs us is bounded.
static bool wants_read(const struct connection *connection)
{
    return !connection->finished && room(connection) > 0;
}

static bool wants_write(const struct connection *connection)
{
    return connection->from < connection->to;
}

static bool is_done(const struct connection *connection)
{
    return connection->finished && !wants_write(connection);
}

// Fills the two sets with what the server waits for now.
// Returns the highest descriptor in them.
static int watch(const struct server *server, fd_set *readable,
                 fd_set *writable)
{
    FD_ZERO(readable);
    FD_ZERO(writable);
    int highest = server->listener;
    if (!server->full)
        FD_SET(server->listener, readable);
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        const struct connection *connection = server->connections[fd];
        if (connection == NULL)
            continue;
        if (wants_read(connection))
            FD_SET(fd, readable);
        if (wants_write(connection))
            FD_SET(fd, writable);
        if (fd > highest)
            highest = fd;
    }
    return highest;
}

// Takes over the descriptor of a new client.
// Returns 0; -1 with errno, EMFILE if select() can't watch it.
static int open_connection(struct server *server, int fd,
                           const struct sockaddr_in *address)
{
    if (fd >= FD_SETSIZE) {
        errno = EMFILE;
        return -1;
    }
    if (net_set_nonblocking(fd) == -1)
        return -1;
    struct connection *connection = malloc(sizeof *connection);
    if (connection == NULL)
        return -1;
    connection->fd = fd;
    connection->address = *address;
    connection->finished = false;
    connection->from = connection->to = 0;
    server->connections[fd] = connection;
    tell("accepted connection from", address);
    return 0;
}

static void close_connection(struct server *server,
                             struct connection *connection)
{
    tell("closing connection to", &connection->address);
    close(connection->fd);
    server->connections[connection->fd] = NULL;
    server->full = false; // there is a descriptor to spare now
    free(connection);
}

// Accepts one client. More may wait; then select() says so again.
static void accept_client(struct server *server)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int fd = accept(server->listener, (struct sockaddr *)&address, &length);
    if (fd == -1 && (errno == EAGAIN || errno == EINTR))
        return; // it was nothing, or comes again
    if (fd == -1) {
        // Out of descriptors or memory: the client stays where it is, so the
        // listener would be readable at once, again and again. Any other
        // error concerns only that client (ECONNABORTED and its kin).
        server->full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                       errno == ENOMEM;
        failed("accept", &server->address);
        return;
    }
    if (open_connection(server, fd, &address) == -1) {
        failed("cannot serve", &address);
        close(fd);
    }
}

// Receives what has arrived, as far as there is room.
// Returns 0, also if nothing had; -1 with errno.
static int receive(struct connection *connection)
{
    ssize_t received = recv(connection->fd, connection->buffer + connection->to,
                            room(connection), 0);
    if (received == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (received == 0)
        connection->finished = true;
    connection->to += (size_t)received;
    return 0;
}

// Sends as much of the buffer as the kernel takes at once.
// Returns 0, also if it took nothing; -1 with errno.
static int send_back(struct connection *connection)
{
    if (!wants_write(connection))
        return 0;
    ssize_t sent = send(connection->fd, connection->buffer + connection->from,
                        connection->to - connection->from, MSG_NOSIGNAL);
    if (sent == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    connection->from += (size_t)sent;
    if (connection->from == connection->to)
        connection->from = connection->to = 0;
    return 0;
}

// Does for one client what can be done without waiting.
static void serve_client(struct server *server, struct connection *connection,
                         bool readable)
{
    int result = readable ? receive(connection) : 0;
    // What has just arrived can mostly be sent at once: trying costs less
    // than another turn of the loop.
    if (result == 0)
        result = send_back(connection);
    if (result == -1)
        failed("echo", &connection->address);
    if (result == -1 || is_done(connection))
        close_connection(server, connection);
}

// Waits until a socket is ready, a signal arrives, or, with no descriptor
// left for the next client, a second has passed: then the server is not full
// any more, however much else has happened in it.
// Returns how many are ready; -1 with errno.
static int wait_for_sockets(struct server *server, int highest,
                            fd_set *readable, fd_set *writable)
{
    const struct timespec second = {.tv_sec = 1};
    if (!server->full)
        server->retry_ms = 0;
    else if (server->retry_ms == 0)
        server->retry_ms = now_ms() + 1000;
    // pselect() lets the signals through only while it waits. With select(),
    // one that came right before it would be noticed with the next client.
    int ready = pselect(highest + 1, readable, writable, NULL,
                        server->full ? &second : NULL, &waiting_mask);
    if (server->full && now_ms() >= server->retry_ms)
        server->full = false;
    return ready;
}

// True once a signal has asked for a stop. While sockets are ready all the
// time, pselect() does not wait, and lets no signal through: it stays pending.
static bool must_stop(void)
{
    sigset_t pending;
    sigpending(&pending);
    return stop_wanted || sigismember(&pending, SIGINT) ||
           sigismember(&pending, SIGTERM);
}

// Serves clients until a signal asks to stop. Returns 0; -1 with errno.
static int serve(struct server *server)
{
    while (!must_stop()) {
        fd_set readable, writable;
        int highest = watch(server, &readable, &writable);
        int ready = wait_for_sockets(server, highest, &readable, &writable);
        if (ready == -1 && errno == EINTR)
            continue; // the sets hold nothing of use now
        if (ready == -1)
            return -1;
        for (int fd = 0; fd <= highest; fd++) {
            bool can_read = FD_ISSET(fd, &readable);
            if (server->connections[fd] != NULL &&
                (can_read || FD_ISSET(fd, &writable)))
                serve_client(server, server->connections[fd], can_read);
        }
        // Last: a new client may get the number of one that has just left,
        // and what the sets say of that number is not about the new one.
        if (FD_ISSET(server->listener, &readable))
            accept_client(server);
    }
    return 0;
}

// Lets SIGINT and SIGTERM ask for a stop; they arrive in pselect() only. One
// that is ignored stays so: a shell has its reasons ("server &" in a script).
static void prepare_signals(void)
{
    static const int wishes[] = {SIGINT, SIGTERM};
    const struct sigaction action = {.sa_handler = request_stop};
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked); // it blocks no more: it only asks
    waiting_mask = blocked;
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        struct sigaction before;
        sigaction(wishes[i], NULL, &before);
        if (before.sa_handler == SIG_IGN)
            continue;
        sigaddset(&blocked, wishes[i]);
        sigdelset(&waiting_mask, wishes[i]);
        sigaction(wishes[i], &action, NULL);
    }
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

// Opens the listening socket and says where it is: with port 0 the kernel has
// chosen one, which then is in *address, too.
// Returns the socket; -1 after saying what failed.
static int open_listener(struct sockaddr_in *address)
{
    int listener = net_listen(address, SOMAXCONN);
    if (listener == -1)
        return failed("listen", address);
    const char *call = "listen";
    if (listener >= FD_SETSIZE)
        errno = EMFILE; // select() can't watch it
    else if (net_local_address(listener, address) == 0 &&
             net_set_nonblocking(listener) == 0) {
        tell("listening on", address);
        if (!ferror(stdout))
            return listener;
        call = "stdout"; // nobody has been told where the server is
    }
    failed(call, address);
    close(listener);
    return -1;
}

static void close_all(struct server *server)
{
    for (int fd = 0; fd < FD_SETSIZE; fd++)
        if (server->connections[fd] != NULL)
            close_connection(server, server->connections[fd]);
    close(server->listener);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "multiconn_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: multiconn_server HOST PORT\n");
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
        perror("multiconn_server: stdout");
        return EXIT_FAILURE;
    }

    // Each line of the log is written when it is complete, also into a pipe.
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    prepare_signals();
    server.listener = open_listener(&server.address);
    if (server.listener == -1)
        return EXIT_FAILURE;
    int result = serve(&server);
    if (result == -1)
        failed("select", &server.address);
    close_all(&server);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
