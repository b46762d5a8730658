// echo_server HOST PORT
//
// Serves one client: sends back every byte that the client sends, in order,
// until the client has finished; then exits.
//
// What it knowingly leaves out: a second client (lesson 11), names and IPv6
// (lesson 03), and a limit on how long a client may stay silent (lesson 07).

#include "net.h"
#include "standard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, BUFFER_SIZE = 16384 };

// Says which call failed, for which address, and why (errno).
// Returns -1, so that a function can report and give up in one statement.
static int failed(const char *call, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    net_address_text(address, text, sizeof text);
    fprintf(stderr, "echo_server: %s %s: %s\n", call, text, strerror(reason));
    return -1;
}

// Makes *address from the two arguments; host "" means every interface.
// Returns 0, or -1 if host is not a numeric IPv4 address.
static int make_address(const char *host, uint16_t port,
                        struct sockaddr_in *address)
{
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr.s_addr = htonl(INADDR_ANY)};
    if (*host == '\0')
        return 0;
    return inet_pton(AF_INET, host, &address->sin_addr) == 1 ? 0 : -1;
}

// Opens a TCP socket that listens on *address.
// Returns the socket, which the caller closes; -1 after saying what failed.
static int open_listener(const struct sockaddr_in *address)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1)
        return failed("socket", address);

    // Without this, a restart within a minute of a server that closed first
    // fails with "Address already in use": the kernel still keeps the old
    // connection, in state TIME_WAIT.
    int on = 1;
    struct sockaddr_in bound = *address; // but for the port, if that is 0
    const char *call = NULL;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        call = "setsockopt";
    else if (bind(listener, (const struct sockaddr *)address,
                  sizeof *address) == -1)
        call = "bind";
    else if (net_local_address(listener, &bound) == -1)
        call = "getsockname";
    else if (listen(listener, 1) == -1)
        call = "listen";
    if (call == NULL)
        return listener;

    failed(call, &bound);
    close(listener);
    return -1;
}

// Waits for a client on a listening socket.
// Returns the client's own socket, which the caller closes; -1 with errno.
static int accept_client(int listener)
{
    int client;
    do
        client = accept(listener, NULL, NULL);
    while (client == -1 && errno == EINTR);
    return client;
}

// Sends all size bytes, however many calls that takes.
// Returns 0; -1 with errno.
static int send_all(int client, const char *bytes, size_t size)
{
    while (size > 0) {
        // MSG_NOSIGNAL: a client that has gone is an error (EPIPE) to report,
        // not a signal (SIGPIPE) to die from.
        ssize_t sent = send(client, bytes, size, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

// Sends back what the client sends until it has finished sending.
// Returns 0 then; -1 with errno.
static int echo(int client)
{
    char buffer[BUFFER_SIZE];
    for (;;) {
        ssize_t received = recv(client, buffer, sizeof buffer, 0);
        if (received == 0)
            return 0;
        if (received == -1 && errno == EINTR)
            continue;
        if (received == -1)
            return -1;
        if (send_all(client, buffer, (size_t)received) == -1)
            return -1;
    }
}

// Tells whoever started us that clients can connect now, and where: with port 0
// the kernel has chosen one, which then is in *address, too.
// Returns 0; -1 after saying what failed.
static int announce(int listener, struct sockaddr_in *address)
{
    if (net_local_address(listener, address) == -1)
        return failed("getsockname", address);
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("listening on %s\n", net_address_text(address, text, sizeof text));
    // Into a pipe, stdout would keep the line until its buffer is full.
    return fflush(stdout) == 0 ? 0 : failed("stdout", address);
}

// Serves one client on the listening socket. Returns the exit status.
static int serve(int listener, struct sockaddr_in *address)
{
    if (announce(listener, address) == -1)
        return EXIT_FAILURE;
    int client = accept_client(listener);
    if (client == -1) {
        failed("accept", address);
        return EXIT_FAILURE;
    }
    int result = echo(client);
    if (result == -1)
        failed("echo", address);
    close(client);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "echo_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: echo_server HOST PORT\n");
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
    struct sockaddr_in address;
    if (make_address(argv[1], port, &address) == -1)
        return usage("HOST is not a numeric IPv4 address:", argv[1]);

    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("echo_server: stdout");
        return EXIT_FAILURE;
    }
    int listener = open_listener(&address);
    if (listener == -1)
        return EXIT_FAILURE;
    int status = serve(listener, &address);
    close(listener);
    return status;
}
