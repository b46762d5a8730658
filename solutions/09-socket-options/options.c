#include "options.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int options_set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value);
}

int options_get(int fd, int level, int name, int *value)
{
    socklen_t size = sizeof *value;
    return getsockopt(fd, level, name, value, &size);
}

int options_for_listener(int fd, const struct options_wishes *wishes)
{
    if (options_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) == -1)
        return -1;
    if (wishes->share && options_set(fd, SOL_SOCKET, SO_REUSEPORT, 1) == -1)
        return -1;
    if (wishes->buffer == 0)
        return 0;
    // Its connections have them from it. It is too late for that once they are
    // made: in its first packet each side says by which power of two it counts
    // the room that it has, and that follows from the buffer (RFC 7323, 2).
    if (options_set(fd, SOL_SOCKET, SO_RCVBUF, wishes->buffer) == -1)
        return -1;
    return options_set(fd, SOL_SOCKET, SO_SNDBUF, wishes->buffer);
}

int options_send_at_once(int fd)
{
    return options_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int options_find_dead(int fd)
{
    // The times in seconds.
    if (options_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, OPTIONS_IDLE_S) == -1 ||
        options_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, OPTIONS_BETWEEN_S) == -1 ||
        options_set(fd, IPPROTO_TCP, TCP_KEEPCNT, OPTIONS_PROBES) == -1 ||
        options_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) == -1)
        return -1;
    // Nothing is asked while something waits to be confirmed: that has a limit
    // of its own, of some 15 minutes, or of these milliseconds.
    return options_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                       OPTIONS_UNHEARD_S * 1000);
}
