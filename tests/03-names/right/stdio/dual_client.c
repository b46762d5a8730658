// Two streams of stdio over the socket, one for each direction; a signal ends
// no exchange.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *call)
{
    fprintf(stderr, "dual_client: %s: %s\n", call, strerror(errno));
    return EXIT_FAILURE;
}

// All of standard input.
static char *read_all(size_t *size)
{
    char *bytes = NULL;
    size_t room = 0;
    *size = 0;
    for (;;) {
        if (*size == room) {
            room = room == 0 ? 4096 : room * 2;
            bytes = realloc(bytes, room);
            if (bytes == NULL)
                exit(fail("realloc"));
        }
        ssize_t got = read(0, bytes + *size, room - *size);
        if (got == 0)
            return bytes;
        if (got == -1 && errno != EINTR)
            exit(fail("stdin"));
        *size += got == -1 ? 0 : (size_t)got;
    }
}

static void say_whom(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char text[NAMES_TEXT_SIZE];
    if (getpeername(fd, (struct sockaddr *)&address, &size) == 0)
        printf("connected to %s\n",
               names_text((struct sockaddr *)&address, size, text));
}

static int connect_by_name(char *argv[])
{
    struct addrinfo *list;
    int error = names_find(argv[1], argv[2], 0, &list);
    if (error != 0) {
        fprintf(stderr, "dual_client: %s %s: %s\n", argv[1], argv[2],
                names_reason(error));
        exit(EXIT_FAILURE);
    }
    int tried;
    int fd = names_connect(list, &tried);
    if (fd == -1)
        fprintf(stderr, "dual_client: %d tried, the last: %s\n", tried,
                strerror(errno));
    freeaddrinfo(list);
    return fd;
}

static size_t write_some(FILE *to, const char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        done += fwrite(bytes + done, 1, size - done, to);
        if (ferror(to) && errno != EINTR)
            break;
        clearerr(to);
    }
    return done;
}

static size_t read_some(FILE *from, char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size && !feof(from)) {
        done += fread(bytes + done, 1, size - done, from);
        if (!ferror(from))
            continue;
        if (errno != EINTR)
            break;
        clearerr(from);
    }
    return done;
}

static ssize_t exchange(int fd, const char *bytes, size_t size)
{
    char reply[2048];
    size_t done = 0;
    signal(SIGPIPE, SIG_IGN);
    FILE *in = fdopen(dup(fd), "r"), *out = fdopen(dup(fd), "w");
    if (in == NULL || out == NULL)
        exit(fail("fdopen"));
    setvbuf(in, NULL, _IONBF, 0);
    setvbuf(out, NULL, _IONBF, 0);
    bool failed = false;
    while (done < size && !failed) {
        size_t piece = size - done < sizeof reply ? size - done : sizeof reply;
        failed = write_some(out, bytes + done, piece) < piece;
        if (failed)
            break;
        errno = 0;
        size_t got = read_some(in, reply, piece);
        fwrite(reply, 1, got, stdout);
        done += got;
        failed = ferror(in);
        if (got < piece)
            break;
    }
    int reason = errno;
    fclose(in);
    fclose(out);
    errno = reason;
    return failed ? -1 : (ssize_t)done;
}

int main(int argc, char *argv[])
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: dual_client HOST PORT [MESSAGE]\n");
        return 2;
    }
    const char *bytes = argc == 4 ? argv[3] : "Hello, world";
    size_t size = strlen(bytes);
    char *input = NULL;
    if (strcmp(bytes, "-") == 0)
        bytes = input = read_all(&size);
    int status = EXIT_FAILURE;
    int fd = connect_by_name(argv);
    if (fd != -1) {
        say_whom(fd);
        printf("received: ");
        ssize_t came = exchange(fd, bytes, size);
        int reason = errno;
        printf("\n");
        fflush(stdout);
        errno = reason;
        if (came == -1)
            fail("exchange");
        else if ((size_t)came < size)
            fprintf(stderr, "dual_client: %zu of %zu bytes are missing\n",
                    size - (size_t)came, size);
        else
            status = ferror(stdout) ? fail("stdout") : EXIT_SUCCESS;
        close(fd);
    }
    free(input);
    return status;
}
