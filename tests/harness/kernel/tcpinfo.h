// tcpinfo: what the kernel tells of a socket that was borrowed (sockets.h), or
// is the grader's own: the values of its options, and what has left by it.

#ifndef TCPINFO_H
#define TCPINFO_H

#include <stdbool.h>

// Asks for an option's value, an int; getsockopt(2). Returns false if there is
// none.
bool tcpinfo_option(int fd, int level, int option, int *value);

// Of a connection; tcp(7), TCP_INFO.
struct tcpinfo {
    unsigned sent;        // segments with bytes in them that have left, each
                          // counted once,
    unsigned unconfirmed; // segments that are not confirmed yet,
    unsigned kept;        // bytes that were to be sent, and have not left,
    unsigned scale;       // of the room that the other side tells of: 2 to it
};

// Returns false if the kernel does not tell.
bool tcpinfo_ask(int fd, struct tcpinfo *info);

// How many clients of a listener may wait to be accepted; -1 if it is none.
int tcpinfo_backlog(int fd);

#endif
