// The children that exchange datagrams: what they see of the weather, and of
// the peer, is what they say.

#include "base/endpoint.h"
#include "base/names.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ROOM = 65536, TIMES = 3 };

static char bytes[2 * ROOM];

static ssize_t send_by(const char *way, int fd, const union endpoint *to,
                       size_t size)
{
    struct iovec halves[2] = {{bytes, size / 2},
                              {bytes + size / 2, size - size / 2}};
    struct msghdr message = {.msg_iov = halves, .msg_iovlen = 2};
    if (strcmp(way, "sendto") == 0)
        return sendto(fd, bytes, size, 0, &to->any, endpoint_size(to));
    if (strcmp(way, "sendmsg") == 0) {
        message.msg_name = (void *)(uintptr_t)to;
        message.msg_namelen = endpoint_size(to);
        return sendmsg(fd, &message, 0);
    }
    if (strcmp(way, "send") == 0)
        return send(fd, bytes, size, 0);
    return write(fd, bytes, size);
}

// The port that it has, in host byte order; 0 if it has none.
static unsigned port_of(int fd)
{
    union endpoint own;
    socklen_t size = sizeof own;
    return getsockname(fd, &own.any, &size) == -1 ? 0 : ntohs(own.v4.sin_port);
}

int child_posts(char *argv[])
{
    union endpoint to;
    const char *way = argv[1];
    const bool is_long = strcmp(way, "too long") == 0;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (endpoint_make("127.0.0.1", htons((uint16_t)atoi(argv[2])), &to) == -1)
        return 1;
    // These need a connected socket.
    if (strchr("sw", way[0]) != NULL && strcmp(way, "sendto") != 0 &&
        strcmp(way, "sendmsg") != 0 &&
        connect(fd, &to.any, endpoint_size(&to)) == -1)
        return 1;
    for (int i = 0; i < TIMES; i++) {
        memset(bytes, 'a' + i, ROOM);
        size_t size = is_long ? ROOM : (size_t)(2 * i);
        ssize_t sent = send_by(is_long ? "sendto" : way, fd, &to, size);
        if (sent == -1)
            printf("%s ", name_of_error(errno));
        else
            printf("%zd ", sent);
    }
    printf("%s\n", port_of(fd) == 0 ? "none" : "a port");
    return 0;
}

static ssize_t receive_by(const char *way, int fd, union endpoint *from)
{
    socklen_t size = sizeof *from;
    struct iovec whole = {bytes, ROOM};
    struct msghdr message = {.msg_name = from,
                             .msg_namelen = size,
                             .msg_iov = &whole,
                             .msg_iovlen = 1};
    if (strcmp(way, "recvmsg") == 0)
        return recvmsg(fd, &message, 0);
    return recvfrom(fd, bytes, ROOM, 0, &from->any, &size);
}

int child_returns(char *argv[])
{
    union endpoint from = {.any.sa_family = AF_UNSPEC};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    endpoint_make("127.0.0.1", 0, &from);
    if (bind(fd, &from.any, endpoint_size(&from)) == -1)
        return 1;
    fd = dup(fd); // a copy is as good
    printf("%u\n", port_of(fd));
    fflush(stdout);
    for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
        ssize_t size = receive_by(argv[1], fd, &from);
        if (size == -1 && errno == EINTR) {
            printf("EINTR ");
            continue;
        }
        if (size == -1 || sendto(fd, bytes, (size_t)size, 0, &from.any,
                                 endpoint_size(&from)) != size)
            return 1;
        printf("%zd ", size);
    }
    printf("\n");
    return 0;
}
