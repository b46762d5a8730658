// udp_echo_server HOST PORT
//
// Sends each datagram back to where it came from, from the address that it was
// sent to, over IPv4 and IPv6. SIGINT or SIGTERM ends it.
//
// What it knowingly leaves out: it answers whoever seems to ask. Who forges the
// sender has it send to somebody else (RFC 5358 tells what comes of that where
// answers are longer than questions). And two such servers, once told of each
// other by a forged datagram, would never stop; so port 7 is closed today.

#include "datagram.h"
#include "names.h"
#include "standard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

// True if receiving has failed with what befell a datagram that was sent
// before: a router or its receiver has refused it, and the socket is none the
// worse. (Linux tells that to a socket which is not connected only if it asks,
// others do so unasked; ip(7), IP_RECVERR.)
static bool is_about_another(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EMSGSIZE:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EPROTO: return true;
    default: return false;
    }
}

// Says that an answer could not be sent, and to whom.
static void say_lost(const struct datagram *datagram)
{
    const int reason = errno;
    char text[NAMES_TEXT_SIZE];
    names_text((const struct sockaddr *)&datagram->from, datagram->from_size,
               text);
    fprintf(stderr, "udp_echo_server: send %s: %s\n", text, strerror(reason));
}

// Sends back datagram after datagram.
// Returns -1 with errno once no more can be received.
static int serve(int fd)
{
    static struct datagram datagram;
    for (;;) {
        if (datagram_receive(fd, &datagram) == 0) {
            // An answer that can't be sent is lost, as it may be anywhere on
            // its way: that is one client's trouble.
            if (datagram_send_back(fd, &datagram) == -1)
                say_lost(&datagram);
        } else if (!is_about_another(errno)) {
            return -1;
        }
    }
}

// Opens a socket that receives what is sent to HOST and PORT.
// Returns it; -1 after saying what failed.
static int open_socket(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = datagram_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "udp_echo_server: HOST '%s', PORT '%s': %s\n", host,
                port, names_reason(error));
        return -1;
    }
    int fd = datagram_bind(list);
    if (fd == -1)
        fprintf(stderr, "udp_echo_server: bind HOST '%s', PORT '%s': %s\n",
                host, port, strerror(errno));
    freeaddrinfo(list);
    return fd;
}

// Says that datagrams can be sent now, and where to.
// Returns 0; -1 after saying what failed.
static int announce(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == -1) {
        perror("udp_echo_server: getsockname");
        return -1;
    }
    char text[NAMES_TEXT_SIZE];
    names_text((const struct sockaddr *)&address, size, text);
    printf("listening on %s\n", text);
    if (fflush(stdout) == 0)
        return 0;
    perror("udp_echo_server: stdout");
    return -1;
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
    fprintf(stderr, "udp_echo_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: udp_echo_server HOST PORT\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("one argument too many:", argv[3]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("udp_echo_server: stdout");
        return EXIT_FAILURE;
    }
    set_up_signals();
    int fd = open_socket(argv[1], argv[2]);
    if (fd == -1)
        return EXIT_FAILURE;
    if (announce(fd) == 0 && serve(fd) == -1)
        perror("udp_echo_server: receive");
    close(fd);
    return EXIT_FAILURE;
}
