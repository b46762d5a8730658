// echo_client HOST PORT [MESSAGE]
//
// Sends MESSAGE to an echo server, waits until as many bytes have come back,
// and prints them. MESSAGE is "Hello, world" if left out; "-" means all of
// standard input.
//
// What it knowingly leaves out: names and IPv6 (lesson 03), and a limit on
// how long it waits for a silent server (lesson 07).

#include "net.h"
#include "standard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

// Says which call failed, for which address, and why (errno).
// Returns -1, so that a function can report and give up in one statement.
static int failed(const char *call, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    net_address_text(address, text, sizeof text);
    fprintf(stderr, "echo_client: %s %s: %s\n", call, text, strerror(reason));
    return -1;
}

// Connects to *address.
// Returns the socket, which the caller closes; -1 after saying what failed.
static int connect_to(const struct sockaddr_in *address)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server == -1)
        return failed("socket", address);

    int result =
        connect(server, (const struct sockaddr *)address, sizeof *address);
    // A signal ends the wait, not the attempt: calling connect() again is
    // not portable (it may answer EALREADY), so wait for the outcome.
    if (result == -1 && errno == EINTR)
        result = net_finish_connect(server);
    if (result == 0)
        return server;

    failed("connect", address);
    close(server);
    return -1;
}

// Receives until size bytes have come, or the server has finished sending.
// Returns how many came, less than size only at the server's end of stream;
// -1 with errno.
static ssize_t receive_all(int server, char *bytes, size_t size)
{
    size_t total = 0;
    while (total < size) {
        ssize_t received = recv(server, bytes + total, size - total, 0);
        if (received == 0)
            break;
        if (received == -1 && errno == EINTR)
            continue;
        if (received == -1)
            return -1;
        total += (size_t)received;
    }
    return (ssize_t)total;
}

// Sends the message piece by piece, receives the echo of each piece before
// the next is sent, and prints what came.
// Returns how many bytes came, less than the message's size if the server
// finished early; -1 with errno.
static ssize_t exchange(int server, const struct message *message)
{
    char reply[PIECE_SIZE];
    size_t done = 0;
    while (done < message->size) {
        size_t piece = message->size - done;
        if (piece > sizeof reply)
            piece = sizeof reply;
        if (net_send_all(server, message->bytes + done, piece) == -1)
            return -1;
        ssize_t received = receive_all(server, reply, piece);
        if (received == -1)
            return -1;
        // An error on stdout stays set: main() asks once, at the end.
        fwrite(reply, 1, (size_t)received, stdout);
        done += (size_t)received;
        if ((size_t)received < piece)
            break;
    }
    return (ssize_t)done;
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

// Has one exchange with the server. Returns the exit status.
static int run(const struct sockaddr_in *address, const struct message *message)
{
    int server = connect_to(address);
    if (server == -1)
        return EXIT_FAILURE;

    printf("received: ");
    ssize_t received = exchange(server, message);
    int reason = errno;
    close(server);
    printf("\n");
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("echo_client: stdout");
        return EXIT_FAILURE;
    }
    if (received == -1) {
        errno = reason;
        failed("exchange with", address);
        return EXIT_FAILURE;
    }
    size_t missing = message->size - (size_t)received;
    if (missing > 0) {
        fprintf(stderr,
                "echo_client: the reply ended early: %zu of %zu bytes "
                "are missing\n",
                missing, message->size);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "echo_client: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: echo_client HOST PORT [MESSAGE]\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    if (argc > 4)
        return usage("one argument too many:", argv[4]);

    uint16_t port;
    if (net_parse_port(argv[2], &port) == -1)
        return usage("PORT is not a number from 0 to 65535:", argv[2]);
    struct sockaddr_in address;
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("HOST is not a numeric IPv4 address:", argv[1]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("echo_client: stdout");
        return EXIT_FAILURE;
    }

    char *text = argc == 4 ? argv[3] : "Hello, world";
    struct message message = {text, strlen(text)};
    if (strcmp(text, "-") != 0)
        return run(&address, &message);

    if (read_input(&message) == -1) {
        perror("echo_client: stdin");
        return EXIT_FAILURE;
    }
    int status = run(&address, &message);
    free(message.bytes);
    return status;
}
