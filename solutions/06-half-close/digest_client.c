// digest_client HOST PORT < FILE
//
// Sends standard input to a digest_server, and prints its answer. An answer may
// come before all is sent: then the rest is not sent.
//
// What it knowingly leaves out: a limit on how long it waits (lesson 07).

#include "client.h"
#include "digest.h"
#include "standard.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, PIECE_SIZE = 16384 };

// Both directions of the connection, and what is under way in each.
struct exchange {
    int server;

    // To the server. Of the piece, bytes from FROM to TO have still to be sent.
    bool has_finished; // nothing more is going to be sent
    char piece[PIECE_SIZE];
    size_t from, to;
    int send_error; // the errno with which sending has failed; 0: it has not

    // From the server. One byte more than any answer has is one too many.
    bool has_ended; // nothing more can come
    char answer[DIGEST_LINE_SIZE];
    size_t size;
    int receive_error; // likewise
};

// From here on nothing more is sent, and the server learns of it.
static void finish_sending(struct exchange *exchange)
{
    exchange->has_finished = true;
    // It fails if the connection is gone, and receiving tells of that, too.
    shutdown(exchange->server, SHUT_WR);
}

// Reads the next piece of standard input; at its end, there is nothing more to
// send. Returns 0; -1 with errno.
static int read_piece(struct exchange *exchange)
{
    ssize_t got = read(STDIN_FILENO, exchange->piece, sizeof exchange->piece);
    if (got == -1)
        return errno == EINTR || errno == EAGAIN ? 0 : -1;
    exchange->from = 0;
    exchange->to = (size_t)got;
    if (got == 0)
        finish_sending(exchange);
    return 0;
}

// Receives what there is of the answer. Whatever comes first ends the sending:
// the server has made up its mind.
static void receive_some(struct exchange *exchange)
{
    ssize_t got = recv(exchange->server, exchange->answer + exchange->size,
                       sizeof exchange->answer - exchange->size, MSG_DONTWAIT);
    if (got == -1 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got == -1)
        exchange->receive_error = errno;
    if (got > 0)
        exchange->size += (size_t)got;
    exchange->has_ended = got <= 0 || exchange->size == sizeof exchange->answer;
    if (!exchange->has_finished)
        finish_sending(exchange);
}

// Sends as much of the piece as the kernel takes without waiting. If it never
// will, sending is over: what the server has sent before is still to be
// received.
static void send_some(struct exchange *exchange)
{
    ssize_t sent =
        send(exchange->server, exchange->piece + exchange->from,
             exchange->to - exchange->from, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
        exchange->from += (size_t)sent;
    } else if (errno != EINTR && errno != EAGAIN) {
        exchange->send_error = errno;
        finish_sending(exchange);
    }
}

// Waits until something can be done in either direction, and does it.
// Returns 0; -1 with errno, and *what has failed.
static int take_step(struct exchange *exchange, const char **what)
{
    const bool has_piece = exchange->from < exchange->to;
    struct pollfd wanted[] = {
        {exchange->server, POLLIN, 0},
        {STDIN_FILENO, POLLIN, 0},
    };
    if (!exchange->has_finished && has_piece)
        wanted[0].events |= POLLOUT;
    // Not to be asked about at all: its end would be reported unasked.
    if (exchange->has_finished || has_piece)
        wanted[1].fd = -1;
    *what = "poll";
    if (poll(wanted, 2, -1) == -1)
        return errno == EINTR ? 0 : -1;
    if ((wanted[0].revents & ~POLLOUT) != 0)
        receive_some(exchange);
    if ((wanted[0].revents & POLLOUT) != 0 && !exchange->has_finished)
        send_some(exchange);
    *what = "stdin";
    if (wanted[1].revents != 0 && !exchange->has_finished)
        return read_piece(exchange);
    return 0;
}

// Prints the answer, or says why there is none that is right.
// Returns the exit status.
static int print_answer(const struct exchange *exchange)
{
    const char *answer = exchange->answer;
    const size_t size = exchange->size;
    const bool is_digest = digest_is_answer(answer, size);
    const bool is_refusal = size == strlen(DIGEST_TOO_LARGE) &&
                            memcmp(answer, DIGEST_TOO_LARGE, size) == 0;
    int error = exchange->receive_error;
    if (error == 0)
        error = exchange->send_error; // which is told of only once
    if (is_digest || is_refusal)
        fwrite(answer, 1, size, stdout);
    else if (error != 0)
        fprintf(stderr, "digest_client: %s\n", strerror(error));
    else if (size == 0)
        fprintf(stderr, "digest_client: ended without an answer\n");
    else
        fprintf(stderr, "digest_client: what came is no answer\n");
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("digest_client: stdout");
        return EXIT_FAILURE;
    }
    return is_digest ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "digest_client: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: digest_client HOST PORT < FILE\n");
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
        perror("digest_client: stdout");
        return EXIT_FAILURE;
    }
    struct exchange exchange = {
        .server = client_connect("digest_client", argv[1], argv[2])};
    if (exchange.server == -1)
        return EXIT_FAILURE;
    const char *what;
    int result = 0;
    while (result == 0 && !exchange.has_ended)
        result = take_step(&exchange, &what);
    if (result == -1)
        fprintf(stderr, "digest_client: %s: %s\n", what, strerror(errno));
    int status = result == 0 ? print_answer(&exchange) : EXIT_FAILURE;
    close(exchange.server);
    return status;
}
