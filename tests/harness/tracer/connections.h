// connections: which connection a descriptor of a program stands for, so that
// each of its calls can be shown beside the peer at the other end. A
// connection is known by its client's port, in network byte order.

#ifndef CONNECTIONS_H
#define CONNECTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct connection_of_fd {
    pid_t pid;
    int fd;
    uint16_t port;
};

struct connections {
    struct connection_of_fd *entry;
    size_t count, room;
};

// Returns the client's port of that descriptor's connection; 0 if unknown.
uint16_t connections_port(const struct connections *connections, pid_t pid,
                          int fd);

void connections_set(struct connections *connections, pid_t pid, int fd,
                     uint16_t port);
void connections_drop(struct connections *connections, pid_t pid, int fd);

// A new process, CHILD, has the descriptors of its parent.
void connections_copy(struct connections *connections, pid_t parent,
                      pid_t child);

void connections_free(struct connections *connections);

#endif
