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
    static unsigned char response[RPC_MAX];
    unsigned char request[REQUEST_SIZE];
    write_request(request, number);
    if (rpc_send(server, request, sizeof request) == -1)
        return failed(number, strerror(errno));
    size_t size;
    enum rpc_result result = rpc_receive(server, response, &size);
    char text[RPC_TEXT_SIZE];
    if (result != RPC_DONE)
        return failed(number, rpc_problem(result, text));
    if (size != sizeof request || memcmp(response, request, size) != 0)
        return failed(number, "the response is not what was sent");
    return 0;
}

// Makes the rounds over a connection, and prints how many milliseconds that
// took. Returns 0; -1 after saying what was wrong.
static int make_rounds(int server, unsigned rounds)
{
    if (options_send_at_once(server) == -1) {
        perror("rpc_client: setsockopt");
        return -1;
    }
    const double begin_ms = now_ms();
    for (unsigned i = 1; i <= rounds; i++)
        if (make_round(server, i) == -1)
            return -1;
    printf("%u rounds in %.1f ms\n", rounds, now_ms() - begin_ms);
    return 0;
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
