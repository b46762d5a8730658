// blob_server HOST PORT
//
// Answers requests. Each is a COUNT of 8 bytes, and is answered by COUNT again
// and as many bytes, of which byte i is blob_byte(i). Any number of requests
// may follow each other in a connection. One client after another, until SIGINT
// or SIGTERM.
//
// What it knowingly leaves out: a limit on how long a client may take (lesson
// 07), and several clients at a time (lesson 10).

#include "blob.h"
#include "server.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, PIECE_SIZE = 16384 };

// Sends the answer to a request: COUNT, and as many bytes, piece by piece. The
// first piece leaves together with COUNT.
// Returns 0; -1 with errno.
static int send_blob(int client, uint64_t count)
{
    // TODO 4.6: send COUNT and as many bytes, in pieces of PIECE_SIZE; the
    //   first of them together with COUNT.
    //   Call: blob_put_count(), blob_fill(), send_all_parts(), send_all().
    //   Trap: COUNT has up to 40 bits, so what counts them has to have 64. The
    //         next piece begins where the one before has ended.
    //   Proof: make check LESSON=04 CASE=answers
    (void)client, (void)count;
    errno = ENOSYS;
    perror("blob_server: TODO 4.6, send_blob");
    exit(EXIT_FAILURE);
}

// Answers a client's requests until it has finished, between two of them; or
// until something is wrong, and says so in one line.
static void serve_client(int client, const char *address)
{
    // TODO 4.2: answer one request after another, until the client finishes.
    //   Call: recv_exactly(), blob_get_count(), send_blob().
    //   Trap: an end between two requests is none of your business; all other
    //         ends are one line on stderr, with address in it. So is a COUNT
    //         over BLOB_COUNT_MAX.
    //   Proof: make check LESSON=04 CASE=clean_end
    (void)client, (void)address, (void)send_blob;
    errno = ENOSYS;
    perror("blob_server: TODO 4.2, serve_client");
    exit(EXIT_FAILURE);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "blob_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: blob_server HOST PORT\n");
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
        perror("blob_server: stdout");
        return EXIT_FAILURE;
    }
    return server_run("blob_server", argv[1], argv[2], serve_client);
}
