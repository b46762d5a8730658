// epolled: how a process watches a descriptor by epoll(7), as the kernel tells
// in /proc/PID/fdinfo; proc(5).

#ifndef EPOLLED_H
#define EPOLLED_H

#include <stdbool.h>
#include <sys/types.h>

// True if any of the process's epoll descriptors watches FD edge-triggered
// (EPOLLET): then it is told of what is there only once, and an EAGAIN that is
// not true would make it wait for ever. Also true if that can't be found out.
bool epolled_is_edge_triggered(pid_t pid, int fd);

#endif
