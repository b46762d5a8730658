// frame_client HOST PORT FRAMING MESSAGE...
//
// Sends messages to a frame_server, and prints its answers, each on a line of
// its own. FRAMING is length, line or fixed.
//
// What it knowingly leaves out: a limit on how long it waits (lesson 07).

#include "client.h"
#include "frame.h"
#include "reader.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static int failed(const char *call)
{
    fprintf(stderr, "frame_client: %s: %s\n", call, strerror(errno));
    return -1;
}

// Receives the answer to message NUMBER of COUNT, counted from 1, and prints it
// on a line of its own. Returns 0; -1 after saying what there was instead.
static int print_answer(struct reader *reader, int number, int count)
{
    struct frame frame;
    enum reader_result result = reader_next(reader, &frame);
    if (result == READER_MESSAGE) {
        fwrite(frame.message, 1, frame.size, stdout);
        putchar('\n'); // errors are asked for once, at the end
        return 0;
    }
    char text[READER_TEXT_SIZE];
    fprintf(stderr, "frame_client: instead of answer %d of %d: %s\n", number,
            count, reader_problem(reader, &frame, result, text));
    return -1;
}

// Expects that the server has no more to say. Returns 0; -1 after saying what
// it has said.
static int expect_end(struct reader *reader)
{
    struct frame frame;
    enum reader_result result = reader_next(reader, &frame);
    if (result == READER_END)
        return 0;
    char text[READER_TEXT_SIZE];
    fprintf(stderr, "frame_client: behind the last answer: %s\n",
            result == READER_MESSAGE
                ? "another one"
                : reader_problem(reader, &frame, result, text));
    return -1;
}

// Sends each message, and waits for its answer before the next. So neither side
// can be waiting for the other to receive: only one of them has something to
// send. Returns 0; -1 after saying what failed.
static int exchange(int server, enum framing framing, char *messages[],
                    int count)
{
    static struct reader reader;
    static unsigned char frame[FRAME_MAX];
    reader_begin(&reader, server, framing);
    for (int i = 0; i < count; i++) {
        size_t size =
            frame_encode(framing, messages[i], strlen(messages[i]), frame);
        if (send_all(server, frame, size) == -1)
            return failed("send");
        if (print_answer(&reader, i + 1, count) == -1)
            return -1;
    }
    if (shutdown(server, SHUT_WR) == -1)
        return failed("shutdown");
    return expect_end(&reader);
}

static const char usage_line[] =
    "usage: frame_client HOST PORT length|line|fixed MESSAGE...\n";

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "frame_client: %s '%s'\n%s", problem, argument, usage_line);
    return EXIT_USAGE;
}

// The same of a message that can't be carried. It may hold anything, and is
// named by its number.
static int usage_of_message(int number, const char *framing,
                            const char *obstacle)
{
    fprintf(stderr, "frame_client: MESSAGE %d: %s can't carry %s\n%s", number,
            framing, obstacle, usage_line);
    return EXIT_USAGE;
}

// Returns EXIT_SUCCESS if all arguments can be right, and EXIT_USAGE after
// saying which can't.
static int check_arguments(int argc, char *argv[], enum framing *framing)
{
    static const char *const names[] = {"HOST", "PORT", "FRAMING", "MESSAGE"};
    if (argc < 5)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (frame_find_framing(argv[3], framing) == -1)
        return usage("FRAMING is none of the three:", argv[3]);
    for (int i = 4; i < argc; i++) {
        const char *obstacle =
            frame_obstacle(*framing, argv[i], strlen(argv[i]));
        if (obstacle != NULL)
            return usage_of_message(i - 3, argv[3], obstacle);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    enum framing framing;
    int status = check_arguments(argc, argv, &framing);
    if (status != EXIT_SUCCESS)
        return status;
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("frame_client: stdout");
        return EXIT_FAILURE;
    }
    int server = client_connect("frame_client", argv[1], argv[2]);
    if (server == -1)
        return EXIT_FAILURE;
    int result = exchange(server, framing, argv + 4, argc - 4);
    close(server);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("frame_client: stdout");
        return EXIT_FAILURE;
    }
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
