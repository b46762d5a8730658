// dual_client HOST PORT [MESSAGE]
//
// Sends MESSAGE to an echo server, waits until as many bytes have come back,
// and prints them. HOST may be a name: each of its addresses is tried until one
// answers. MESSAGE is "Hello, world" if left out; "-" means all of standard
// input.
//
// What it knowingly leaves out: a limit on how long an address may take to
// answer (lesson 07); to try the next one meanwhile (RFC 8305).

#include "names.h"
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    // What is sent before its echo is received. Both directions together
    // must fit into the kernel's buffers, or client and server wait for each
    // other for ever.
    PIECE_SIZE = 16384,
};

// size bytes, any of which may be zero.
struct message {
    char *bytes;
    size_t size;
};

// Receives until size bytes have come, or the server has finished sending.
// Returns how many came, less than size only at the server's end of stream;
// -1 with errno.
static ssize_t receive_all(int server, char *bytes, size_t size)
{
    // TODO 3.10: bring your receive_all() of lesson 02 along.
    //   Proof, with the next step: make check LESSON=03 CASE=exchanges
    (void)server, (void)bytes, (void)size;
    errno = ENOSYS;
    perror("dual_client: TODO 3.10, receive_all");
    exit(EXIT_FAILURE);
}

// Sends the message piece by piece, receives the echo of each piece before
// the next is sent, and prints what came.
// Returns how many bytes came, less than the message's size if the server
// finished early; -1 with errno.
static ssize_t exchange(int server, const struct message *message)
{
    // TODO 3.11: bring your exchange() of lesson 02 along, too.
    //   Proof: make check LESSON=03 CASE=exchanges
    (void)server, (void)message, (void)receive_all;
    errno = ENOSYS;
    perror("dual_client: TODO 3.11, exchange");
    exit(EXIT_FAILURE);
}

// Reads standard input to its end.
// Returns 0 with the bytes in *message, which the caller frees; -1 with errno.
static int read_input(struct message *message)
{
    size_t room = 0;
    *message = (struct message){NULL, 0};
    while (!feof(stdin)) {
        if (message->size == room) {
            room = room == 0 ? PIECE_SIZE : room * 2;
            char *grown = realloc(message->bytes, room);
            if (grown == NULL) {
                free(message->bytes);
                return -1;
            }
            message->bytes = grown;
        }
        message->size += fread(message->bytes + message->size, 1,
                               room - message->size, stdin);
        if (ferror(stdin)) {
            free(message->bytes);
            return -1;
        }
    }
    return 0;
}

// Prints to whom the socket is connected. Returns 0; -1 with errno.
static int say_connected(int server)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getpeername(server, (struct sockaddr *)&address, &size) == -1)
        return -1;
    char text[NAMES_TEXT_SIZE];
    names_text((const struct sockaddr *)&address, size, text);
    printf("connected to %s\n", text);
    return 0;
}

// Connects to HOST and PORT, and says to which of the addresses.
// Returns the socket, which the caller closes; -1 after saying what failed.
static int connect_by_name(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = names_find(host, port, 0, &list);
    if (error != 0) {
        fprintf(stderr, "dual_client: HOST '%s', PORT '%s': %s\n", host, port,
                names_reason(error));
        return -1;
    }
    int tried;
    int server = names_connect(list, &tried);
    if (server == -1)
        fprintf(stderr,
                "dual_client: connect to HOST '%s', PORT '%s': addresses "
                "tried: %d; the last: %s\n",
                host, port, tried, strerror(errno));
    freeaddrinfo(list);
    return server;
}

// Has one exchange with the server. Returns the exit status.
static int run(int server, const struct message *message)
{
    ssize_t received = say_connected(server);
    if (received == 0) {
        printf("received: ");
        received = exchange(server, message);
        printf("\n");
    }
    int reason = errno;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("dual_client: stdout");
        return EXIT_FAILURE;
    }
    if (received == -1) {
        fprintf(stderr, "dual_client: exchange: %s\n", strerror(reason));
        return EXIT_FAILURE;
    }
    size_t missing = message->size - (size_t)received;
    if (missing == 0)
        return EXIT_SUCCESS;
    fprintf(stderr,
            "dual_client: the reply ended early: %zu of %zu bytes are "
            "missing\n",
            missing, message->size);
    return EXIT_FAILURE;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "dual_client: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: dual_client HOST PORT [MESSAGE]\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    if (argc > 4)
        return usage("one argument too many:", argv[4]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("dual_client: stdout");
        return EXIT_FAILURE;
    }

    char *text = argc == 4 ? argv[3] : "Hello, world";
    struct message message = {text, strlen(text)};
    bool reads_input = strcmp(text, "-") == 0;
    if (reads_input && read_input(&message) == -1) {
        perror("dual_client: stdin");
        return EXIT_FAILURE;
    }
    int status = EXIT_FAILURE;
    int server = connect_by_name(argv[1], argv[2]);
    if (server != -1) {
        status = run(server, &message);
        close(server);
    }
    if (reads_input)
        free(message.bytes);
    return status;
}
