// getaddrinfo() is asked for one family, and then for the other.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <ctype.h>
#include <errno.h>
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

// Returns how many bytes have come back; -1 with errno.
static ssize_t exchange(int fd, const char *bytes, size_t size)
{
    char reply[4096];
    size_t done = 0;
    while (done < size) {
        size_t piece = size - done < sizeof reply ? size - done : sizeof reply;
        if (net_send_all(fd, bytes + done, piece) == -1)
            return -1;
        for (size_t had = 0; had < piece;) {
            ssize_t got = recv(fd, reply, piece - had, 0);
            if (got == -1 && errno == EINTR)
                continue;
            if (got == -1)
                return -1;
            if (got == 0)
                return (ssize_t)done;
            fwrite(reply, 1, (size_t)got, stdout);
            had += (size_t)got;
            done += (size_t)got;
        }
    }
    return (ssize_t)done;
}

static int connect_by_name(char *argv[])
{
    static const int families[] = {AF_INET6, AF_INET};
    uint16_t number;
    int tried = 0, fd = -1, error = 0, found = 0, reason = 0;
    if (strspn(argv[2], "0123456789") == strlen(argv[2]) &&
        net_parse_port(argv[2], &number) == -1) {
        fprintf(stderr, "dual_client: no port: '%s'\n", argv[2]);
        exit(2);
    }
    if (!isalnum((unsigned char)argv[2][0])) {
        fprintf(stderr, "dual_client: no service: '%s'\n", argv[2]);
        exit(2);
    }
    for (int i = 0; i < 2 && fd == -1; i++) {
        struct addrinfo hints = {.ai_family = families[i],
                                 .ai_socktype = SOCK_STREAM};
        struct addrinfo *list;
        int result = getaddrinfo(argv[1], argv[2], &hints, &list);
        if (result != 0) {
            error = error == 0 || error == EAI_ADDRFAMILY ? result : error;
            continue;
        }
        int count;
        found = 1;
        fd = names_connect(list, &count);
        reason = errno;
        tried += count;
        freeaddrinfo(list);
    }
    if (!found)
        fprintf(stderr, "dual_client: %s %s: %s\n", argv[1], argv[2],
                gai_strerror(error));
    else if (fd == -1)
        fprintf(stderr, "dual_client: %d tried, the last: %s\n", tried,
                strerror(reason));
    return fd;
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
