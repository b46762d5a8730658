// calls: the system calls that the tracer stops at, and what it must know of
// each: its name, which argument is the descriptor, where its length is.

#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a call does; a rule for weather names one or several of them.
enum call_group {
    CALLS_SETUP = 1 << 0,   // socket, bind, listen, setsockopt, ...
    CALLS_ACCEPT = 1 << 1,  // accept, accept4
    CALLS_CONNECT = 1 << 2, // connect
    CALLS_RECEIVE = 1 << 3, // recv and its kin, read on a socket
    CALLS_SEND = 1 << 4,    // send and its kin, write on a socket
    CALLS_WAIT = 1 << 5,    // poll, select, epoll_wait and their kin
    CALLS_CLOSE = 1 << 6,   // close, shutdown
    CALLS_OTHER = 1 << 7,   // dup, fcntl, splice before it is known better
    CALLS_REST = 1 << 8,    // sleep and its kin, alarm
    // These are never in the trace:
    CALLS_CLOCK = 1 << 9,  // what time is it?
    CALLS_FILES = 1 << 10, // open and its kin
};

// Where a call says how many bytes it wants to move.
enum call_length {
    LENGTH_NONE,
    LENGTH_ARGUMENT, // in argument length_argument
    LENGTH_VECTOR,   // argument 1 is an iovec[], argument 2 their number
    LENGTH_MESSAGE,  // argument 1 is a struct msghdr *
};

struct call_info {
    long number;
    const char *name;
    enum call_group group;
    enum call_length length;
    int length_argument;
    bool any_file; // works on sockets and other files: ask which it is
};

// Returns what is known of system call NUMBER; NULL if it is not of interest.
const struct call_info *call_find(long number);

// All of them, for building the filter; *count says how many.
const struct call_info *call_table(size_t *count);

#endif
