// dual_server HOST PORT
//
// Serves one client after another, over IPv4 and IPv6: sends back what each
// sends, until it has finished. SIGINT or SIGTERM ends it.
//
// What it knowingly leaves out: a limit on how long a client may stay silent,
// while the others wait (lesson 07), and several clients at a time (lesson 10).

#define _GNU_SOURCE // accept4()

#include "names.h"
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, BACKLOG = 16, BUFFER_SIZE = 16384 };

// Sends back what the client sends until it has finished sending.
// Returns 0 then; -1 with errno.
static int echo(int client)
{
    // TODO 3.6: bring your echo() of lesson 01 along. Its send_all() is
    //   net_send_all() now, in net.h.
    //   Proof: make check LESSON=03 CASE=one_after_another
    (void)client;
    errno = ENOSYS;
    perror("dual_server: TODO 3.6, echo");
    exit(EXIT_FAILURE);
}

// True if accept() has failed with what befell one client, who is gone: then it
// is the next one's turn; accept(2), "Error handling".
static bool is_clients_error(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM: // a firewall's
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

// Serves clients, one after the other: says who has come, and has an echo with
// it. What goes wrong with one of them is told on stderr.
// Returns -1 with errno once no more can be accepted.
static int serve_clients(int listener)
{
    // TODO 3.5: serve clients, one after the other, each with a line
    //   "connected by ADDRESS:PORT" on stdout.
    //   Call: accept4(2) with SOCK_CLOEXEC and a struct sockaddr_storage,
    //         names_text(), echo().
    //   Trap: an error of one client, is_clients_error() or from echo(), is the
    //         next one's turn. Each client's socket is closed, and the line
    //         written out at once.
    //   Proof, with the next step: make check LESSON=03 CASE=one_after_another
    (void)listener, (void)echo, (void)is_clients_error;
    errno = ENOSYS;
    perror("dual_server: TODO 3.5, serve_clients");
    exit(EXIT_FAILURE);
}

// Opens a socket that listens on HOST and PORT.
// Returns it; -1 after saying what failed.
static int open_listener(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = names_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "dual_server: HOST '%s', PORT '%s': %s\n", host, port,
                names_reason(error));
        return -1;
    }
    int listener = names_listen(list, BACKLOG);
    if (listener == -1)
        fprintf(stderr, "dual_server: listen on HOST '%s', PORT '%s': %s\n",
                host, port, strerror(errno));
    freeaddrinfo(list);
    return listener;
}

// Says that clients can connect now, and where.
// Returns 0; -1 after saying what failed.
static int announce(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &size) == -1) {
        perror("dual_server: getsockname");
        return -1;
    }
    char text[NAMES_TEXT_SIZE];
    names_text((const struct sockaddr *)&address, size, text);
    printf("listening on %s\n", text);
    if (fflush(stdout) == 0)
        return 0;
    perror("dual_server: stdout");
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
    // Whoever reads our stdout may go: that is no reason to leave the clients.
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "dual_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: dual_server HOST PORT\n");
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
        perror("dual_server: stdout");
        return EXIT_FAILURE;
    }
    set_up_signals();
    int listener = open_listener(argv[1], argv[2]);
    if (listener == -1)
        return EXIT_FAILURE;
    if (announce(listener) == 0 && serve_clients(listener) == -1)
        perror("dual_server: accept");
    close(listener);
    return EXIT_FAILURE;
}
