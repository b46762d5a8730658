// procfs: what the kernel tells about other processes and about TCP, read
// from /proc; see proc(5). Nothing here disturbs the process that is read.

#ifndef PROCFS_H
#define PROCFS_H

#include "base/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/times.h>
#include <sys/types.h>

struct thread_state {
    char state;        // as in /proc/TID/stat: R, S, D, T, t, Z, X
    pid_t parent;      // the parent process
    uint64_t cpu_us;   // user and system time of this thread
    uint64_t delay_us; // how long it was ready to run, and others ran
    uint64_t switches; // differs when it has run in between
    long call;         // system call it waits in; -1: none, or not allowed
    uint64_t args[6];  // that call's arguments
};

// Reads the state of a thread. Returns 0; -1 if it is gone. Where the kernel
// does not tell how long it had to wait, delay_us is 0.
int procfs_thread(pid_t tid, struct thread_state *state);

// What times(2) tells process PID of its processor time. Returns 0; -1 if it is
// gone.
int procfs_times(pid_t pid, struct tms *times);

// True if packets are in the machine's own queues: sent, and not yet seen by
// the socket that they go to. A busy machine may leave them there for a while.
bool procfs_has_packets(void);

// Finds the threads of process ROOT's descendants (not those of ROOT).
// Returns how many there are, and the first LIMIT of them in tids[].
size_t procfs_descendants(pid_t root, pid_t tids[], size_t limit);

// Counts the children of process PID that have ended, and that it has not
// waited for: zombies. 0 where the kernel does not tell of children.
size_t procfs_count_zombies(pid_t pid);

// True if descriptor FD of process PID is a socket.
bool procfs_is_socket(pid_t pid, int fd);

// False if it is known that no descriptor of process PID is that socket.
bool procfs_holds_socket(pid_t pid, unsigned long inode);

// False if it is known that the descriptor is not open.
bool procfs_is_open(pid_t pid, int fd);

// Counts the open descriptors of process PID; -1 if it is gone.
int procfs_count_descriptors(pid_t pid);

// Returns how many bytes of memory process PID has that are its own: stack,
// heap, not what is mapped from files, and wherever the machine, short of
// memory, has put them meanwhile; 0 if it is gone.
size_t procfs_memory(pid_t pid);

// Returns how many bytes of addresses it has that something may be kept at,
// whether there is memory behind them yet or not; 0 if it is gone.
size_t procfs_room(pid_t pid);

// Counts the threads of process PID; 0 if it is gone.
int procfs_count_threads(pid_t pid);

// A TCP socket as the kernel's tables show it (proc(5), /proc/net/tcp).
// sockdiag.h finds a connected one.
struct tcp_socket {
    union endpoint local, remote;
    int state;             // TCP_ESTABLISHED, TCP_LISTEN, ...
    size_t unacknowledged; // sent by it, not yet confirmed
    size_t unread;         // arrived, not yet read
    bool awaits_receipt;   // sent, and its receipt may come any moment; known
                           // by sockdiag.h alone
};

// Finds a listening socket among the descriptors of process PID.
// Returns true if there is one, with its address in *address.
bool procfs_find_listener(pid_t pid, union endpoint *address);

#endif
