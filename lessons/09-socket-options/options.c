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
    // TODO 9.1: set one option, whose value is an int.
    //   Call: setsockopt(2).
    //   Trap: it wants to know where the value is, and how many bytes it has;
    //         and it may fail.
    //   Proof, with the next steps: make check LESSON=09 CASE=busy_port
    (void)fd, (void)level, (void)name, (void)value;
    errno = ENOSYS;
    perror("options: TODO 9.1, options_set");
    exit(EXIT_FAILURE);
}

int options_get(int fd, int level, int name, int *value)
{
    // TODO 9.4: ask for the value of an option, which is an int.
    //   Call: getsockopt(2).
    //   Trap: the size is yours to set before the call: how much room there is.
    //   Proof, with the next step: make check LESSON=09 CASE=says_what
    (void)fd, (void)level, (void)name, (void)value;
    errno = ENOSYS;
    perror("options: TODO 9.4, options_get");
    exit(EXIT_FAILURE);
}

int options_for_listener(int fd, const struct options_wishes *wishes)
{
    // TODO 9.2: set what a listener needs before it is bound.
    //   Call: options_set() with SO_REUSEADDR, in any case; with SO_REUSEPORT
    //         if it is to share; with SO_RCVBUF and SO_SNDBUF if there is a
    //         wish for the buffers; socket(7).
    //   Trap: an option is a number, not a bit: two of them in one call, with
    //         "|" between them, are a third one.
    //   Proof, with the next step: make check LESSON=09 CASE=busy_port
    (void)fd, (void)wishes;
    errno = ENOSYS;
    perror("options: TODO 9.2, options_for_listener");
    exit(EXIT_FAILURE);
}

int options_send_at_once(int fd)
{
    // TODO 9.6: have little leave at once, too.
    //   Call: options_set() with TCP_NODELAY; tcp(7).
    //   Trap: the level is that of the protocol whose option it is.
    //   Proof, with the next steps: make check LESSON=09 CASE=answers_requests
    (void)fd;
    errno = ENOSYS;
    perror("options: TODO 9.6, options_send_at_once");
    exit(EXIT_FAILURE);
}

int options_find_dead(int fd)
{
    // TODO 9.7: have the kernel find out a peer that has gone without a word.
    //   Call: options_set() with TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT and
    //         SO_KEEPALIVE; and with TCP_USER_TIMEOUT; tcp(7), socket(7).
    //   Trap: three numbers switch nothing on. And one of the times is in
    //         milliseconds.
    //   Proof, with the next step: make check LESSON=09 CASE=answers_requests
    (void)fd;
    errno = ENOSYS;
    perror("options: TODO 9.7, options_find_dead");
    exit(EXIT_FAILURE);
}
