// digest_server HOST PORT
//
// Receives what a client sends until that has finished sending, answers with
// one line, "SIZE CRC32", and closes. A content of more than 16 MiB is answered
// by "too large" at once. One client after another, until SIGINT or SIGTERM.
//
// What it knowingly leaves out: a limit on how long a client may take with its
// content (lesson 07), and several clients at a time (lesson 10).

#include "digest.h"
#include "drain.h"
#include "server.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { EXIT_USAGE = 2, PIECE_SIZE = 16384 };

enum content {
    CONTENT_COMPLETE,  // the client has finished sending
    CONTENT_TOO_LARGE, // more than DIGEST_CONTENT_MAX bytes have come
    CONTENT_FAILED,    // errno says why
};

// Receives a client's content, keeping none of it. Returns how that has ended,
// with what is to be known of it in *digest, which is zero before.
static enum content receive_content(int client, struct digest *digest)
{
    // TODO 6.1: receive until the client has finished, or has sent too much.
    //   Call: recv(2) with a piece of PIECE_SIZE, digest_add().
    //   Trap: 16 MiB are allowed, one byte more is not. 0 is the end that you
    //         wait for; -1 is none.
    //   Proof, with the next step: make check LESSON=06 CASE=digests
    (void)client, (void)digest;
    errno = ENOSYS;
    perror("digest_server: TODO 6.1, receive_content");
    exit(EXIT_FAILURE);
}

// Answers the client, so that the answer arrives: what it still sends is
// received before its socket is closed. Returns 0; -1 with errno.
static int answer_client(int client)
{
    // TODO 6.2: receive the content, and send one of the two answers.
    //   Call: receive_content(), digest_write(), send_all(), drain().
    //   Trap: who has sent too much may still be sending: drain() before the
    //         socket is closed. Who failed gets no answer.
    //   Proof: make check LESSON=06 CASE=digests
    (void)client, (void)receive_content;
    errno = ENOSYS;
    perror("digest_server: TODO 6.2, answer_client");
    exit(EXIT_FAILURE);
}

static void serve_client(int client, const char *address)
{
    if (answer_client(client) == -1)
        fprintf(stderr, "digest_server: %s: %s\n", address, strerror(errno));
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "digest_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: digest_server HOST PORT\n");
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
        perror("digest_server: stdout");
        return EXIT_FAILURE;
    }
    return server_run("digest_server", argv[1], argv[2], serve_client);
}
