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
    // TODO 6.4: say that nothing more is going to be sent.
    //   Call: shutdown(2) with SHUT_WR; has_finished.
    //   Trap: close(2) would end the other direction, too. And if the server
    //         has gone, what it has sent before is still to be received.
    //   Proof, with the next three: make check LESSON=06 CASE=half_closes
    (void)exchange;
    errno = ENOSYS;
    perror("digest_client: TODO 6.4, finish_sending");
    exit(EXIT_FAILURE);
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
    // TODO 6.5: receive what there is, behind what has come of the answer.
    //   Call: recv(2) with MSG_DONTWAIT, finish_sending().
    //   Trap: EAGAIN and EINTR are no end, and no answer. Whatever else it is
    //         ends the sending. An answer may come in pieces.
    //   Proof, with the next two: make check LESSON=06 CASE=half_closes
    (void)exchange, (void)finish_sending;
    errno = ENOSYS;
    perror("digest_client: TODO 6.5, receive_some");
    exit(EXIT_FAILURE);
}

// Sends as much of the piece as the kernel takes without waiting. If it never
// will, sending is over: what the server has sent before is still to be
// received.
static void send_some(struct exchange *exchange)
{
    // TODO 6.8: send as much of the piece as the kernel takes just now.
    //   Call: send(2) with MSG_DONTWAIT and MSG_NOSIGNAL.
    //   Trap: without MSG_DONTWAIT it waits until all is taken, and meanwhile
    //         nobody receives. If sending has failed, an answer may still have
    //         come: keep errno, and go on receiving.
    //   Proof: make check LESSON=06 CASE=client
    (void)exchange, (void)finish_sending;
    errno = ENOSYS;
    perror("digest_client: TODO 6.8, send_some");
    exit(EXIT_FAILURE);
}

// Waits until something can be done in either direction, and does it.
// Returns 0; -1 with errno, and *what has failed.
static int take_step(struct exchange *exchange, const char **what)
{
    // TODO 6.6: wait for what can be done next, and do it.
    //   Call: poll(2), receive_some(), send_some(), read_piece().
    //   Trap: there may be something to receive at any time, so it is waited
    //         for always. The socket can be written nearly always, so that is
    //         waited for only while there is a piece. What is not to be waited
    //         for at all has -1 in place of its descriptor.
    //   Proof, with the next step: make check LESSON=06 CASE=half_closes
    (void)exchange, (void)what, (void)receive_some, (void)send_some,
        (void)read_piece;
    errno = ENOSYS;
    perror("digest_client: TODO 6.6, take_step");
    exit(EXIT_FAILURE);
}

// Prints the answer, or says why there is none that is right.
// Returns the exit status.
static int print_answer(const struct exchange *exchange)
{
    // TODO 6.7: print the answer; or one line on stderr that says why there is
    //   none.
    //   Call: digest_is_answer(), fwrite(3), strerror(3).
    //   Trap: three things look alike: an end without a byte, a reset, and
    //         bytes that are no answer. Whether stdout took it, fflush(3) says.
    //   Proof: make check LESSON=06 CASE=half_closes
    (void)exchange;
    errno = ENOSYS;
    perror("digest_client: TODO 6.7, print_answer");
    exit(EXIT_FAILURE);
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
