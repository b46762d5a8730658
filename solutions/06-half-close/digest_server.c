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
    char piece[PIECE_SIZE];
    while (digest->size <= DIGEST_CONTENT_MAX) {
        ssize_t got = recv(client, piece, sizeof piece, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return CONTENT_FAILED;
        if (got == 0)
            return CONTENT_COMPLETE;
        digest_add(digest, piece, (size_t)got);
    }
    return CONTENT_TOO_LARGE;
}

// Answers the client, so that the answer arrives: what it still sends is
// received before its socket is closed. Returns 0; -1 with errno.
static int answer_client(int client)
{
    char line[DIGEST_LINE_SIZE] = DIGEST_TOO_LARGE;
    struct digest digest = {.size = 0};
    enum content content = receive_content(client, &digest);
    if (content == CONTENT_FAILED)
        return -1;
    if (content == CONTENT_COMPLETE)
        digest_write(&digest, line);
    if (send_all(client, line, strlen(line)) == -1)
        return -1;
    // Of who has finished sending, nothing can be left unread.
    return content == CONTENT_COMPLETE ? 0 : drain(client);
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
