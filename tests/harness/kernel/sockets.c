#include "kernel/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438 // glibc 2.31 does not know it
#endif

enum { LOOK_AT = 64 }; // what is looked for is among the first descriptors

int sockets_borrow(pid_t pid, int fd)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process == -1)
        return -1;
    int borrowed = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    close(process);
    return borrowed;
}

bool sockets_can_be_borrowed(void)
{
    int fd = sockets_borrow(getpid(), STDERR_FILENO);
    if (fd != -1)
        close(fd);
    return fd != -1 || errno == EBADF; // which it may well be
}

static uint16_t port_of(pid_t pid, int fd,
                        int (*get)(int, struct sockaddr *, socklen_t *))
{
    int borrowed = sockets_borrow(pid, fd);
    struct sockaddr_in address = {.sin_port = 0};
    socklen_t size = sizeof address;
    if (borrowed == -1)
        return 0;
    bool known = get(borrowed, (struct sockaddr *)&address, &size) == 0 &&
                 (address.sin_family == AF_INET ||
                  address.sin_family == AF_INET6); // the port is at one place
    close(borrowed);
    return known ? address.sin_port : 0;
}

uint16_t sockets_peer_port(pid_t pid, int fd)
{
    return port_of(pid, fd, getpeername);
}

uint16_t sockets_own_port(pid_t pid, int fd)
{
    return port_of(pid, fd, getsockname);
}

void sockets_set_ipv6_only(pid_t pid, int fd)
{
    const int on = 1;
    int borrowed = sockets_borrow(pid, fd);
    if (borrowed == -1)
        return;
    setsockopt(borrowed, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    close(borrowed);
}

bool sockets_is_nonblocking(pid_t pid, int fd)
{
    int borrowed = sockets_borrow(pid, fd);
    if (borrowed == -1)
        return true;
    int flags = fcntl(borrowed, F_GETFL);
    close(borrowed);
    return flags == -1 || (flags & O_NONBLOCK) != 0;
}

bool sockets_sends_signals(pid_t pid, int fd)
{
    int borrowed = sockets_borrow(pid, fd);
    if (borrowed == -1)
        return false;
    int flags = fcntl(borrowed, F_GETFL);
    close(borrowed);
    return flags != -1 && (flags & O_ASYNC) != 0;
}

static bool is_on(int fd, int level, int option)
{
    int on = 0;
    socklen_t size = sizeof on;
    return getsockopt(fd, level, option, &on, &size) == 0 && on != 0;
}

bool sockets_hears_of_errors(pid_t pid, int fd)
{
    int borrowed = sockets_borrow(pid, fd);
    if (borrowed == -1)
        return false;
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    bool hears =
        getpeername(borrowed, (struct sockaddr *)&address, &size) == 0 ||
        is_on(borrowed, IPPROTO_IP, IP_RECVERR) ||
        is_on(borrowed, IPPROTO_IPV6, IPV6_RECVERR);
    close(borrowed);
    return hears;
}

int sockets_borrow_connection(pid_t pid, uint16_t peer_port)
{
    for (int fd = 0; fd < LOOK_AT; fd++)
        if (peer_port != 0 && sockets_peer_port(pid, fd) == peer_port)
            return sockets_borrow(pid, fd);
    return -1;
}

static bool is_listening(int fd)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
           listening;
}

int sockets_borrow_listener(pid_t pid, uint16_t port)
{
    for (int fd = 0; fd < LOOK_AT; fd++) {
        int borrowed =
            sockets_own_port(pid, fd) == port ? sockets_borrow(pid, fd) : -1;
        if (borrowed != -1 && is_listening(borrowed))
            return borrowed;
        if (borrowed != -1)
            close(borrowed);
    }
    return -1;
}

int sockets_shrink_buffers(pid_t pid, int bytes)
{
    // The kernel doubles the number, and counts its own overhead in it.
    int result = -1;
    for (int fd = 0; fd < LOOK_AT; fd++) {
        int borrowed = sockets_borrow(pid, fd);
        if (borrowed == -1)
            continue;
        if (is_listening(borrowed)) {
            setsockopt(borrowed, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
            setsockopt(borrowed, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
            result = 0;
        }
        close(borrowed);
    }
    return result;
}
