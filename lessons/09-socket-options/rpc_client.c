// rpc_client HOST PORT ROUNDS
//
// Sends a request of 32 bytes to an rpc_server and waits for its response,
// ROUNDS times, one after the other; and prints how long that took.
//
// What it knowingly leaves out: a limit on how long it waits (lesson 07).

#include "client.h"
#include "net.h"
#include "options.h"
#include "rpc.h"
#include "standard.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, REQUEST_SIZE = 32 };

// Returns the time, in milliseconds since whenever, by a clock that nobody
// sets.
static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); // fails only for an unknown clock
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

// Writes the request of round NUMBER: each is another one.
static void write_request(unsigned char request[REQUEST_SIZE], unsigned number)
{
    for (unsigned i = 0; i < REQUEST_SIZE; i++)
        request[i] = (unsigned char)(number * 7 + i);
}

// Says in which round it has failed, and why.
static int failed(unsigned round, const char *problem)
{
    fprintf(stderr, "rpc_client: round %u: %s\n", round, problem);
    return -1;
}

// Makes one round: sends a request, and receives its response, which has to be
// the same bytes. Returns 0; -1 after saying what was wrong.
static int make_round(int server, unsigned number)
{
    // TODO 9.9: make one round: send a request, and receive its response.
    //   Call: write_request(), rpc_send(), rpc_receive(), rpc_problem(); and
    //         failed(), whose result is yours then.
    //   Trap: a response is not right because it came: it is as long as the
    //         request, and has the same bytes.
    //   Proof, with the next step: make check LESSON=09 CASE=makes_its_rounds
    (void)server, (void)number, (void)write_request, (void)failed;
    errno = ENOSYS;
    perror("rpc_client: TODO 9.9, make_round");
    exit(EXIT_FAILURE);
}

// Makes the rounds over a connection, and prints how many milliseconds that
// took. Returns 0; -1 after saying what was wrong.
static int make_rounds(int server, unsigned rounds)
{
    // TODO 9.10: make the rounds, and print "ROUNDS rounds in MS ms".
    //   Call: make_round() and now_ms(); and what has little leave at once
    //         here, too.
    //   Trap: a request is two sends, as well as a response.
    //   Proof: make check LESSON=09 CASE=makes_its_rounds
    (void)server, (void)rounds, (void)make_round, (void)now_ms;
    errno = ENOSYS;
    perror("rpc_client: TODO 9.10, make_rounds");
    exit(EXIT_FAILURE);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "rpc_client: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: rpc_client HOST PORT ROUNDS\n");
    return EXIT_USAGE;
}

// Returns EXIT_SUCCESS if all arguments can be right, and EXIT_USAGE after
// saying which can't.
static int check_arguments(int argc, char *argv[], unsigned *rounds)
{
    static const char *const names[] = {"HOST", "PORT", "ROUNDS"};
    if (argc < 4)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("one argument too many:", argv[4]);
    // As with a port: digits and nothing else, and not too many of them.
    uint16_t number;
    if (net_parse_port(argv[3], &number) == -1 || number == 0)
        return usage("ROUNDS is not a number from 1 to 65535:", argv[3]);
    *rounds = number;
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    unsigned rounds = 0;
    int status = check_arguments(argc, argv, &rounds);
    if (status != EXIT_SUCCESS)
        return status;
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("rpc_client: stdout");
        return EXIT_FAILURE;
    }
    int server = client_connect("rpc_client", argv[1], argv[2]);
    if (server == -1)
        return EXIT_FAILURE;
    int result = make_rounds(server, rounds);
    close(server);
    if (result == -1)
        return EXIT_FAILURE;
    // An error on stdout stays set.
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_SUCCESS;
    perror("rpc_client: stdout");
    return EXIT_FAILURE;
}
