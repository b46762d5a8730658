// Attempts at all addresses at once, on sockets that don't wait; the first that
// answers is taken, the others are closed; RFC 8305 without its pauses.

#define _GNU_SOURCE

#include "names.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

enum { MOST = 64 };

static int begin(const struct addrinfo *one)
{
    int fd = socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1)
        return -1;
    if (connect(fd, one->ai_addr, one->ai_addrlen) == 0 ||
        errno == EINPROGRESS || errno == EINTR)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

// Waits until one is connected, which it returns; -1 with the last errno.
static int take_first(struct pollfd *attempts, nfds_t count)
{
    int winner = -1, reason = errno;
    nfds_t open = 0;
    for (nfds_t i = 0; i < count; i++)
        open += attempts[i].fd != -1;
    while (open > 0 && winner == -1) {
        if (poll(attempts, count, -1) == -1)
            continue;
        for (nfds_t i = 0; i < count && winner == -1; i++) {
            if (attempts[i].fd == -1 || attempts[i].revents == 0)
                continue;
            if (net_connect_result(attempts[i].fd) == 0) {
                winner = attempts[i].fd;
                continue;
            }
            reason = errno;
            close(attempts[i].fd);
            attempts[i].fd = -1;
            open--;
        }
    }
    for (nfds_t i = 0; i < count; i++)
        if (attempts[i].fd != -1 && attempts[i].fd != winner)
            close(attempts[i].fd);
    errno = reason;
    return winner;
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
    struct pollfd attempts[MOST];
    nfds_t count = 0;
    for (struct addrinfo *one = list; one != NULL && count < MOST;
         one = one->ai_next)
        attempts[count++] =
            (struct pollfd){.fd = begin(one), .events = POLLOUT};
    int fd = take_first(attempts, count);
    if (fd == -1)
        fprintf(stderr, "dual_client: %u tried, the last: %s\n",
                (unsigned)count, strerror(errno));
    else
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    freeaddrinfo(list);
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
