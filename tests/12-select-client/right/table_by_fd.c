// select() with a table whose index is the descriptor; the highest one is
// looked for anew in each turn.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] = "Message 1 from client.Message 2 from client.";
enum { SIZE = sizeof text - 1 };

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "multiconn_client: %s: '%s'\n"
            "usage: multiconn_client HOST PORT NUM_CONNECTIONS\n",
            problem, argument);
    return 2;
}

static int arguments(int argc, char *argv[], struct sockaddr_in *address,
                     int *number)
{
    static const char *const names[] = {"HOST", "PORT", "NUM_CONNECTIONS"};
    uint16_t port;
    if (argc < 4)
        return usage("missing argument", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("unexpected argument", argv[4]);
    if (net_parse_port(argv[2], &port) == -1)
        return usage("invalid PORT", argv[2]);
    if (net_parse_address(argv[1], argv[2], address) == -1)
        return usage("invalid HOST", argv[1]);
    size_t digits = strspn(argv[3], "0123456789");
    long value = strtol(argv[3], NULL, 10);
    if (digits == 0 || argv[3][digits] != '\0' || value < 1 || value > 1000000)
        return usage("invalid NUM_CONNECTIONS", argv[3]);
    *number = (int)value;
    return 0;
}

static struct {
    int number; // 0: no connection has this descriptor
    bool connected;
    size_t to_send, to_receive;
} table[FD_SETSIZE];

static bool all_well = true;

static void give_up(int fd, const char *what, const char *why)
{
    fprintf(stderr, "connection %d: %s: %s\n", table[fd].number, what, why);
    all_well = false;
    table[fd].number = 0;
    close(fd);
}

static void begin(int number, const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1 || fd >= FD_SETSIZE) {
        fprintf(stderr, "connection %d: %s\n", number,
                fd == -1 ? strerror(errno) : "too many for select()");
        all_well = false;
        if (fd != -1)
            close(fd);
        return;
    }
    table[fd].number = number;
    table[fd].connected = false;
    table[fd].to_send = table[fd].to_receive = SIZE;
    int flags = fcntl(fd, F_GETFL);
    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        give_up(fd, "fcntl", strerror(errno));
    else if (connect(fd, (const struct sockaddr *)address, sizeof *address) ==
             0)
        table[fd].connected = true;
    else if (errno != EINPROGRESS && errno != EINTR)
        give_up(fd, "connect", strerror(errno));
}

static void can_write(int fd)
{
    if (!table[fd].connected) {
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
            error = errno;
        if (error != 0)
            give_up(fd, "connect", strerror(error));
        else
            table[fd].connected = true;
        return;
    }
    ssize_t n = send(fd, text + (SIZE - table[fd].to_send), table[fd].to_send,
                     MSG_NOSIGNAL);
    if (n >= 0)
        table[fd].to_send -= (size_t)n;
    else if (errno != EAGAIN && errno != EINTR)
        give_up(fd, "send", strerror(errno));
}

static void can_read(int fd)
{
    char reply[SIZE];
    ssize_t n = recv(fd, reply, table[fd].to_receive, 0);
    if (n == -1) {
        if (errno != EAGAIN && errno != EINTR)
            give_up(fd, "recv", strerror(errno));
        return;
    }
    const char *expected = text + (SIZE - table[fd].to_receive);
    if (n == 0)
        give_up(fd, "recv", "the other side has finished too early");
    else if (memcmp(reply, expected, (size_t)n) != 0)
        give_up(fd, "recv", "something else came back");
    else
        table[fd].to_receive -= (size_t)n;
    if (table[fd].number != 0 && table[fd].to_receive == 0) {
        table[fd].number = 0;
        close(fd);
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    for (int number = 1; number <= count; number++)
        begin(number, &address);
    for (;;) {
        fd_set in, out;
        FD_ZERO(&in);
        FD_ZERO(&out);
        int limit = 0;
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            if (table[fd].number == 0)
                continue;
            limit = fd + 1;
            if (table[fd].connected)
                FD_SET(fd, &in);
            if (!table[fd].connected || table[fd].to_send > 0)
                FD_SET(fd, &out);
        }
        if (limit == 0)
            return all_well ? 0 : 1;
        if (select(limit, &in, &out, NULL, NULL) == -1) {
            if (errno == EINTR)
                continue;
            perror("multiconn_client: select");
            return 1;
        }
        for (int fd = 0; fd < limit; fd++) {
            if (FD_ISSET(fd, &in))
                can_read(fd);
            if (FD_ISSET(fd, &out) && table[fd].number != 0)
                can_write(fd);
        }
    }
}
