// blob_client HOST PORT COUNT
//
// Asks a blob_server for COUNT bytes, looks at each of them, and writes them to
// stdout.
//
// What it knowingly leaves out: a limit on how long it waits (lesson 07).

#include "blob.h"
#include "client.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, PIECE_SIZE = 16384 };

// Reads TEXT as a COUNT: decimal digits and nothing else, up to BLOB_COUNT_MAX.
// Returns 0; -1 if it is none.
static int parse_count(const char *text, uint64_t *count)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return -1;
    errno = 0;
    *count = strtoull(text, NULL, 10);
    return errno == 0 && *count <= BLOB_COUNT_MAX ? 0 : -1;
}

// Says what the server has done. Returns -1.
static int complain(enum transfer result, uint64_t received, uint64_t count,
                    const char *what)
{
    if (result == TRANSFER_FAILED)
        fprintf(stderr, "blob_client: %s: %s\n", what, strerror(errno));
    else
        fprintf(stderr,
                "blob_client: %s: %" PRIu64 " of %" PRIu64
                " bytes, then the end\n",
                what, received, count);
    return -1;
}

// Sends the request, and that there is no other.
// Returns 0; -1 after saying what failed.
static int send_request(int server, uint64_t count)
{
    unsigned char request[BLOB_COUNT_SIZE];
    blob_put_count(request, count);
    if (send_all(server, request, sizeof request) == 0 &&
        shutdown(server, SHUT_WR) == 0)
        return 0;
    return complain(TRANSFER_FAILED, 0, 0, "request");
}

// Receives COUNT again. Returns 0; -1 after saying what was wrong.
static int receive_header(int server, uint64_t count)
{
    unsigned char header[BLOB_COUNT_SIZE];
    size_t received;
    enum transfer result =
        recv_exactly(server, header, sizeof header, &received);
    if (result != TRANSFER_COMPLETE)
        return complain(result, received, sizeof header, "header");
    if (blob_get_count(header) == count)
        return 0;
    fprintf(stderr,
            "blob_client: header: COUNT is %" PRIu64 ", and not %" PRIu64 "\n",
            blob_get_count(header), count);
    return -1;
}

// Looks at SIZE bytes, the first of which is byte FROM of the blob, and writes
// them to stdout up to the first that is wrong.
// Returns 0; -1 after saying which that is.
static int check_and_write(const unsigned char *bytes, size_t size,
                           uint64_t from)
{
    size_t right = 0;
    while (right < size && bytes[right] == blob_byte(from + right))
        right++;
    fwrite(bytes, 1, right, stdout); // errors are asked for once, at the end
    if (right == size)
        return 0;
    fprintf(stderr, "blob_client: byte %" PRIu64 " is %d, and not %d\n",
            from + right, bytes[right], blob_byte(from + right));
    return -1;
}

// Receives the blob, and that nothing stands behind it.
// Returns 0; -1 after saying what was wrong.
static int receive_blob(int server, uint64_t count)
{
    unsigned char piece[PIECE_SIZE];
    size_t received;
    for (uint64_t done = 0; done < count; done += received) {
        size_t size = sizeof piece;
        if (size > count - done)
            size = (size_t)(count - done);
        enum transfer result = recv_exactly(server, piece, size, &received);
        if (check_and_write(piece, received, done) == -1)
            return -1;
        if (result != TRANSFER_COMPLETE)
            return complain(result, done + received, count, "content");
    }
    enum transfer result = recv_exactly(server, piece, 1, &received);
    if (result == TRANSFER_END)
        return 0;
    if (result == TRANSFER_FAILED)
        return complain(result, 0, 0, "end");
    fprintf(stderr, "blob_client: more than %" PRIu64 " bytes have come\n",
            count);
    return -1;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "blob_client: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: blob_client HOST PORT COUNT\n");
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    static const char *const names[] = {"HOST", "PORT", "COUNT"};
    if (argc < 4)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("one argument too many:", argv[4]);
    uint64_t count;
    if (parse_count(argv[3], &count) == -1)
        return usage("COUNT is not a number up to 2^40:", argv[3]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("blob_client: stdout");
        return EXIT_FAILURE;
    }
    int server = client_connect("blob_client", argv[1], argv[2]);
    if (server == -1)
        return EXIT_FAILURE;
    int result = send_request(server, count);
    if (result == 0)
        result = receive_header(server, count);
    if (result == 0)
        result = receive_blob(server, count);
    close(server);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("blob_client: stdout");
        return EXIT_FAILURE;
    }
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
