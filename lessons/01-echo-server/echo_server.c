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
    // TODO 1.1: fill *address from the two arguments.
    //   Call: htons(3) for the port, inet_pton(3) for a host that isn't "".
    //   Trap: both numbers stand in network byte order; inet_pton() returns 1
    //         for an address it understood, and 0 for one it did not.
    //   Proof: make check LESSON=01 CASE=refuses_a_bad_host
    (void)host, (void)port, (void)address;
    errno = ENOSYS;
    perror("echo_server: TODO 1.1, make_address");
    exit(EXIT_FAILURE);
}

// Opens a TCP socket that listens on *address.
// Returns the socket, which the caller closes; -1 after saying what failed.
static int open_listener(const struct sockaddr_in *address)
{
    // TODO 1.2: make a TCP socket, allow its port to be used again at once,
    //   bind it to *address, and listen.
    //   Call: socket(2), setsockopt(2) with SO_REUSEADDR, bind(2), listen(2).
    //   Trap: each of them can fail: say so with failed(), and return -1.
    //   Proof: make check LESSON=01 CASE=announces
    (void)address;
    errno = ENOSYS;
    perror("echo_server: TODO 1.2, open_listener");
    exit(EXIT_FAILURE);
}

// Waits for a client on a listening socket.
// Returns the client's own socket, which the caller closes; -1 with errno.
static int accept_client(int listener)
{
    // TODO 1.3: wait for a client and return its socket.
    //   Call: accept(2).
    //   Trap: a signal may interrupt the wait (EINTR): then wait on.
    //   Proof: make check LESSON=01 CASE=accept
    (void)listener;
    errno = ENOSYS;
    perror("echo_server: TODO 1.3, accept_client");
    exit(EXIT_FAILURE);
}

// Sends all size bytes, however many calls that takes.
// Returns 0; -1 with errno.
static int send_all(int client, const char *bytes, size_t size)
{
    // TODO 1.4: send all size bytes.
    //   Call: send(2), with MSG_NOSIGNAL.
    //   Trap: it may take fewer bytes than you offer, or be interrupted by a
    //         signal (EINTR). Go on with the rest.
    //   Proof: make check LESSON=01 CASE=send
    (void)client, (void)bytes, (void)size;
    errno = ENOSYS;
    perror("echo_server: TODO 1.4, send_all");
    exit(EXIT_FAILURE);
}

// Sends back what the client sends until it has finished sending.
// Returns 0 then; -1 with errno.
static int echo(int client)
{
    // TODO 1.5: send every byte back until the client has finished.
    //   Call: recv(2), then send_all() above.
    //   Trap: recv returns what has arrived, not a message; 0 is the end, and
    //         -1 with EINTR is neither an end nor an error.
    //   Proof: make check LESSON=01 CASE=echo
    (void)client, (void)send_all;
    errno = ENOSYS;
    perror("echo_server: TODO 1.5, echo");
    exit(EXIT_FAILURE);
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
