// rpc_server HOST PORT [--share] [--buffer BYTES]
//
// Answers each request with its own bytes, for any number of clients at a time,
// until SIGINT or SIGTERM. With --share, others of its kind may listen at the
// same port; BYTES is how much room each connection is to have in the kernel,
// for what comes and for what leaves.
//
// What it knowingly leaves out: a bound on how many clients there are, and an
// end that waits for them (lesson 10).

#define _GNU_SOURCE // for accept4()
#include "listener.h"
#include "names.h"
#include "options.h"
#include "rpc.h"
#include "standard.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, LACK_MS = 100 };

// One client, for the thread that serves it.
struct client {
    int fd;
    char address[NAMES_TEXT_SIZE];
    unsigned char request[RPC_MAX];
};

static int failed(const char *call)
{
    fprintf(stderr, "rpc_server: %s: %s\n", call, strerror(errno));
    return -1;
}

// Says what has gone wrong with a client.
static void say_problem(const struct client *client, const char *problem)
{
    fprintf(stderr, "rpc_server: %s: %s\n", client->address, problem);
}

// Sets the connection up, and answers each request with its own bytes, until
// the client has finished between two of them; or until something is wrong, and
// says so in one line.
static void serve_client(struct client *client)
{
    if (options_send_at_once(client->fd) == -1 ||
        options_find_dead(client->fd) == -1) {
        say_problem(client, strerror(errno));
        return;
    }
    size_t size;
    enum rpc_result result;
    while ((result = rpc_receive(client->fd, client->request, &size)) ==
           RPC_DONE)
        if (rpc_send(client->fd, client->request, size) == -1) {
            result = RPC_FAILED;
            break;
        }
    char text[RPC_TEXT_SIZE];
    if (result != RPC_END)
        say_problem(client, rpc_problem(result, text));
}

// A thread's life: serves its client, and then closes the connection.
static void *run_client(void *argument)
{
    struct client *client = argument;
    serve_client(client);
    close(client->fd);
    free(client);
    return NULL;
}

// Has a thread of its own serve the client of a connected socket, which is
// closed in any case. Returns 0; -1 with errno.
static int begin_client(int fd, const struct sockaddr *address, socklen_t size)
{
    int error = ENOMEM;
    struct client *client = malloc(sizeof *client);
    if (client != NULL) {
        client->fd = fd;
        names_text(address, size, client->address);
        pthread_t thread;
        error = pthread_create(&thread, NULL, run_client, client);
        if (error == 0) {
            pthread_detach(thread);
            return 0;
        }
    }
    free(client);
    close(fd);
    errno = error;
    return -1;
}

// True if accept() has failed with what befell one client, who is gone, or a
// signal; accept(2), "Error handling".
static bool is_clients_error(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT: return true;
    default: return false;
    }
}

// True if it is this side that lacks something, which may come back as other
// clients leave; the one who waits, waits on.
static bool is_lack(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

// Serves whoever comes. Returns -1 with errno once nobody can be accepted.
static int serve_clients(int listener)
{
    for (;;) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd =
            accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC);
        if (fd != -1) {
            if (begin_client(fd, (struct sockaddr *)&address, size) == -1)
                failed("a thread for a client");
        } else if (is_lack(errno)) {
            failed("accept");
            poll(NULL, 0, LACK_MS);
        } else if (!is_clients_error(errno)) {
            return -1;
        }
    }
}

// Opens a socket that listens on HOST and PORT.
// Returns it; -1 after saying what failed.
static int open_listener(const char *host, const char *port,
                         const struct options_wishes *wishes)
{
    struct addrinfo *list;
    int error = names_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "rpc_server: HOST '%s', PORT '%s': %s\n", host, port,
                names_reason(error));
        return -1;
    }
    int listener = listener_open(list, wishes);
    if (listener == -1)
        fprintf(stderr, "rpc_server: listen on HOST '%s', PORT '%s': %s\n",
                host, port, strerror(errno));
    freeaddrinfo(list);
    return listener;
}

// Prints what the kernel has made of the buffers that were wished for:
// "receive buffer N bytes, send buffer N bytes".
// Returns 0; -1 after saying what failed.
static int say_buffers(int listener)
{
    int receive, send;
    if (options_get(listener, SOL_SOCKET, SO_RCVBUF, &receive) == -1 ||
        options_get(listener, SOL_SOCKET, SO_SNDBUF, &send) == -1)
        return failed("getsockopt");
    printf("receive buffer %d bytes, send buffer %d bytes\n", receive, send);
    return 0;
}

// Says that clients can come now, and where to.
// Returns 0; -1 after saying what failed.
static int announce(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
        return failed("getsockname");
    char text[NAMES_TEXT_SIZE];
    names_text((const struct sockaddr *)&address, size, text);
    printf("listening on %s\n", text);
    return fflush(stdout) == 0 ? 0 : failed("stdout");
}

// All that was printed has been written out, and the kernel closes sockets: so
// nothing is left to do but what may be done here; signal-safety(7).
static void stop(int signal)
{
    (void)signal;
    _exit(EXIT_SUCCESS);
}

static void set_up_signals(void)
{
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    // Whoever reads our output may go: that is no reason to leave the clients.
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "rpc_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: rpc_server HOST PORT [--share] [--buffer BYTES]\n");
    return EXIT_USAGE;
}

// Reads TEXT as a number of bytes: digits and nothing else, from 1 to INT_MAX.
// Returns it; -1 if TEXT is no such number.
static int parse_bytes(const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        number < 1 || number > INT_MAX)
        return -1;
    return (int)number;
}

// Returns EXIT_SUCCESS if all arguments can be right, with what they wish for
// in *wishes; and EXIT_USAGE after saying which can't.
static int check_arguments(int argc, char *argv[],
                           struct options_wishes *wishes)
{
    *wishes = (struct options_wishes){.share = false};
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--share") == 0) {
            wishes->share = true;
        } else if (strcmp(argv[i], "--buffer") != 0) {
            return usage("no such option:", argv[i]);
        } else if (++i == argc) {
            return usage("missing argument:", "BYTES");
        } else if ((wishes->buffer = parse_bytes(argv[i])) == -1) {
            return usage("BYTES is not a number from 1 to 2147483647:",
                         argv[i]);
        }
    }
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    struct options_wishes wishes;
    int status = check_arguments(argc, argv, &wishes);
    if (status != EXIT_SUCCESS)
        return status;
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("rpc_server: stdout");
        return EXIT_FAILURE;
    }
    set_up_signals();
    int listener = open_listener(argv[1], argv[2], &wishes);
    if (listener == -1)
        return EXIT_FAILURE;
    if ((wishes.buffer == 0 || say_buffers(listener) == 0) &&
        announce(listener) == 0 && serve_clients(listener) == -1)
        failed("accept");
    close(listener);
    return EXIT_FAILURE;
}
