// frame_server HOST PORT FRAMING
//
// Answers each message with the same message in ASCII capitals, framed in the
// same way: FRAMING is length, line or fixed. One client after another, until
// SIGINT or SIGTERM.
//
// What it knowingly leaves out: a limit on how long a client may take (lesson
// 07), and several clients at a time (lesson 10).

#include "frame.h"
#include "reader.h"
#include "server.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

static enum framing framing; // the same for all clients

// Writes a message in capitals: of the bytes, those that are ASCII's small
// letters are changed, whatever the locale says.
static void capitalise(unsigned char *capitals, const unsigned char *message,
                       size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = message[i];
        capitals[i] = byte >= 'a' && byte <= 'z'
                          ? (unsigned char)(byte - 'a' + 'A')
                          : byte;
    }
}

// Sends a message in capitals. Returns 0; -1 with errno.
static int answer(int client, const unsigned char *message, size_t size)
{
    static unsigned char capitals[FRAME_LENGTH_MAX], frame[FRAME_MAX];
    capitalise(capitals, message, size);
    return send_all(client, frame,
                    frame_encode(framing, capitals, size, frame));
}

// Answers a client's messages until it has finished, between two of them; or
// until something is wrong, and says so in one line.
static void serve_client(int client, const char *address)
{
    // TODO 5.5: answer one message after another, until the client finishes.
    //   Call: reader_begin(), reader_next(), answer(), reader_problem().
    //   Trap: an end between two messages is none of your business; whatever
    //         else ends it is one line on stderr, with address in it.
    //   Proof: make check LESSON=05 CASE=answers_length
    (void)client, (void)address, (void)answer;
    errno = ENOSYS;
    perror("frame_server: TODO 5.5, serve_client");
    exit(EXIT_FAILURE);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "frame_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: frame_server HOST PORT length|line|fixed\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    static const char *const names[] = {"HOST", "PORT", "FRAMING"};
    if (argc < 4)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("one argument too many:", argv[4]);
    if (frame_find_framing(argv[3], &framing) == -1)
        return usage("FRAMING is none of the three:", argv[3]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("frame_server: stdout");
        return EXIT_FAILURE;
    }
    return server_run("frame_server", argv[1], argv[2], serve_client);
}
