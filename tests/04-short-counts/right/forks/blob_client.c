// What is different: a child receives and checks, and writes what is right to a
// pipe, from which its parent writes it to stdout.

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
#include <sys/wait.h>
#include <unistd.h>

static int usage(const char *argument)
{
    fprintf(stderr,
            "blob_client: bad argument: %s\n"
            "usage: blob_client HOST PORT COUNT\n",
            argument);
    return 2;
}

static int parse(const char *text, uint64_t *count)
{
    errno = 0;
    *count = strtoull(text, NULL, 10);
    return errno == 0 && *text != '\0' &&
                   strspn(text, "0123456789") == strlen(text) &&
                   *count <= BLOB_COUNT_MAX
               ? 0
               : -1;
}

static int tell(enum transfer how, uint64_t got, uint64_t count)
{
    if (how == TRANSFER_FAILED)
        perror("blob_client: recv");
    else
        fprintf(stderr,
                "blob_client: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
                got, count);
    return 1;
}

static int receive(int server, uint64_t count, FILE *out)
{
    unsigned char bytes[7000];
    size_t got;
    enum transfer how = recv_exactly(server, bytes, BLOB_COUNT_SIZE, &got);
    if (how != TRANSFER_COMPLETE)
        return tell(how, got, BLOB_COUNT_SIZE);
    if (blob_get_count(bytes) != count) {
        fprintf(stderr, "blob_client: wrong header\n");
        return 1;
    }
    for (uint64_t done = 0; done < count;) {
        size_t want =
            count - done < sizeof bytes ? (size_t)(count - done) : sizeof bytes;
        how = recv_exactly(server, bytes, want, &got);
        for (size_t i = 0; i < got; i++, done++) {
            if (bytes[i] != blob_byte(done)) {
                fprintf(stderr, "blob_client: byte %" PRIu64 " is wrong\n",
                        done);
                return 1;
            }
            putc(bytes[i], out);
        }
        if (how != TRANSFER_COMPLETE)
            return tell(how, done, count);
    }
    how = recv_exactly(server, bytes, 1, &got);
    if (how == TRANSFER_COMPLETE)
        fprintf(stderr, "blob_client: more has come\n");
    if (how == TRANSFER_FAILED)
        tell(how, 0, 0);
    return how == TRANSFER_END ? 0 : 1;
}

// Writes to stdout what comes from the pipe, to its end.
static void copy(int from)
{
    char bytes[10000];
    for (;;) {
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got > 0)
            fwrite(bytes, 1, (size_t)got, stdout);
        else if (got == 0 || errno != EINTR)
            break;
    }
    close(from);
}

static int fetch(int server, uint64_t count)
{
    unsigned char request[BLOB_COUNT_SIZE];
    int ends[2];
    blob_put_count(request, count);
    if (send_all(server, request, sizeof request) == -1 ||
        shutdown(server, SHUT_WR) == -1 || pipe(ends) == -1) {
        perror("blob_client: request");
        return 1;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        FILE *out = fdopen(ends[1], "w");
        if (out == NULL)
            _exit(1);
        int status = receive(server, count, out);
        fflush(out);
        _exit(status);
    }
    close(ends[1]);
    copy(ends[0]);
    int status = 1;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        ;
    return status == 0 ? 0 : 1;
}

int main(int argc, char *argv[])
{
    uint64_t count;
    if (argc != 4)
        return usage(argc < 4 ? "missing" : argv[4]);
    if (parse(argv[3], &count) == -1)
        return usage(argv[3]);
    if (standard_open() == -1) {
        perror("blob_client: stdout");
        return 1;
    }
    int server = client_connect("blob_client", argv[1], argv[2]);
    if (server == -1)
        return 1;
    int status = fetch(server, count);
    close(server);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        perror("blob_client: stdout");
        return 1;
    }
    return status;
}
