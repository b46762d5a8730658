// What is different: read() and write() alone, to stdout, too; it does not
// finish sending, but looks once whether more has come, and closes.

#include "blob.h"
#include "client.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
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

static int write_all(int fd, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n == -1 && errno != EINTR)
            return -1;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

static int failed(const char *what)
{
    fprintf(stderr, "blob_client: %s: %s\n", what, strerror(errno));
    return 1;
}

static ssize_t read_some(int server, unsigned char *bytes, size_t size)
{
    ssize_t got;
    while ((got = read(server, bytes, size)) == -1 && errno == EINTR)
        ;
    return got;
}

static int tell_end(const char *what, uint64_t got, uint64_t count)
{
    fprintf(stderr,
            "blob_client: %s: %" PRIu64 " of %" PRIu64 " bytes, then the end\n",
            what, got, count);
    return 1;
}

static int read_header(int server, uint64_t count)
{
    unsigned char header[BLOB_COUNT_SIZE];
    for (size_t held = 0; held < sizeof header;) {
        ssize_t got = read_some(server, header + held, sizeof header - held);
        if (got == -1)
            return failed("read");
        if (got == 0)
            return tell_end("header", held, sizeof header);
        held += (size_t)got;
    }
    if (blob_get_count(header) == count)
        return 0;
    fprintf(stderr, "blob_client: header: %" PRIu64 "\n",
            blob_get_count(header));
    return 1;
}

static int look_for_more(int server)
{
    unsigned char byte;
    ssize_t got;
    while ((got = recv(server, &byte, 1, MSG_DONTWAIT)) == -1 && errno == EINTR)
        ;
    if (got == 1) {
        fprintf(stderr, "blob_client: there is more\n");
        return 1;
    }
    return got == 0 || errno == EAGAIN ? 0 : failed("recv");
}

static int fetch(int server, uint64_t count)
{
    unsigned char bytes[10000];
    signal(SIGPIPE, SIG_IGN);
    blob_put_count(bytes, count);
    if (write_all(server, bytes, BLOB_COUNT_SIZE) == -1)
        return failed("write");
    if (read_header(server, count) != 0)
        return 1;
    for (uint64_t done = 0; done < count;) {
        size_t want =
            count - done < sizeof bytes ? (size_t)(count - done) : sizeof bytes;
        ssize_t got = read_some(server, bytes, want);
        if (got == -1)
            return failed("read");
        if (got == 0)
            return tell_end("content", done, count);
        size_t right = 0;
        while (right < (size_t)got && bytes[right] == blob_byte(done + right))
            right++;
        if (write_all(STDOUT_FILENO, bytes, right) == -1)
            return failed("stdout");
        done += right;
        if (right < (size_t)got) {
            fprintf(stderr, "blob_client: wrong at %" PRIu64 "\n", done);
            return 1;
        }
    }
    return look_for_more(server);
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
