#ifndef _GNU_SOURCE
#define _GNU_SOURCE // for accept4()
#endif
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int net_parse_port(const char *text, uint16_t *port)
{
    // Not strtol(): it also takes " 80", "+80" and "-0", and no port is
    // written like that.
    unsigned value = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && value <= UINT16_MAX; digit++)
        value = value * 10 + (unsigned)(*digit - '0');
    if (digit == text || *digit != '\0' || value > UINT16_MAX) {
        errno = EINVAL;
        return -1;
    }
    *port = (uint16_t)value;
    return 0;
}

int net_parse_address(const char *host, const char *port,
                      struct sockaddr_in *address)
{
    uint16_t number;
    if (net_parse_port(port, &number) == -1)
        return -1;
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons(number),
                                    .sin_addr.s_addr = htonl(INADDR_ANY)};
    if (*host != '\0' && inet_pton(AF_INET, host, &address->sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

char *net_address_text(const struct sockaddr_in *address, char *text,
                       size_t size)
{
    char host[INET_ADDRSTRLEN];
    // It fails for an unknown family or too little room; here is neither.
    inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
    snprintf(text, size, "%s:%u", host, (unsigned)ntohs(address->sin_port));
    return text;
}

int net_local_address(int fd, struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    if (getsockname(fd, (struct sockaddr *)address, &length) == -1)
        return -1;
    if (address->sin_family != AF_INET) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return 0;
}

int net_send_all(int fd, const void *bytes, size_t size)
{
    const char *next = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, next, size, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        next += sent;
        size -= (size_t)sent;
    }
    return 0;
}

int net_listen(const struct sockaddr_in *address, int backlog)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1)
        return -1;
    const int on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(listener, (const struct sockaddr *)address, sizeof *address) ==
            0 &&
        listen(listener, backlog) == 0)
        return listener;
    int reason = errno;
    close(listener);
    errno = reason;
    return -1;
}

int net_accept(int listener, struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    // One call instead of three: Linux since 2.6.28, POSIX since 2024.
    return accept4(listener, (struct sockaddr *)address, &length,
                   SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int net_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags == -1)
        return -1;
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ? -1 : 0;
}

int net_connect_result(int fd)
{
    int error;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
        return -1;
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

int net_finish_connect(int fd)
{
    // A socket whose connection attempt has ended is writable, whether the
    // attempt succeeded or not.
    struct pollfd attempt = {.fd = fd, .events = POLLOUT};
    while (poll(&attempt, 1, -1) == -1)
        if (errno != EINTR)
            return -1;
    return net_connect_result(fd);
}
