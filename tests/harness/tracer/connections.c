#include "tracer/connections.h"

#include <err.h>
#include <stdlib.h>

static size_t find(const struct connections *connections, pid_t pid, int fd)
{
    for (size_t i = 0; i < connections->count; i++)
        if (connections->entry[i].fd == fd && connections->entry[i].pid == pid)
            return i;
    return connections->count;
}

uint16_t connections_port(const struct connections *connections, pid_t pid,
                          int fd)
{
    size_t at = find(connections, pid, fd);
    return at < connections->count ? connections->entry[at].port : 0;
}

void connections_set(struct connections *connections, pid_t pid, int fd,
                     uint16_t port)
{
    size_t at = find(connections, pid, fd);
    if (at == connections->room) {
        connections->room = connections->room * 2 + 16;
        connections->entry = reallocarray(connections->entry, connections->room,
                                          sizeof *connections->entry);
        if (connections->entry == NULL)
            err(EXIT_FAILURE, "connections");
    }
    if (at == connections->count)
        connections->count++;
    connections->entry[at].pid = pid;
    connections->entry[at].fd = fd;
    connections->entry[at].port = port;
}

void connections_drop(struct connections *connections, pid_t pid, int fd)
{
    size_t at = find(connections, pid, fd);
    if (at < connections->count)
        connections->entry[at] = connections->entry[--connections->count];
}

void connections_copy(struct connections *connections, pid_t parent,
                      pid_t child)
{
    size_t count = connections->count;
    for (size_t i = 0; i < count && parent != child; i++)
        if (connections->entry[i].pid == parent)
            connections_set(connections, child, connections->entry[i].fd,
                            connections->entry[i].port);
}

void connections_free(struct connections *connections)
{
    free(connections->entry);
}
