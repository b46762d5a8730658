// program_child: what becomes the program, in the child, between fork(2) and
// execve(2); for program.c.

#ifndef PROGRAM_CHILD_H
#define PROGRAM_CHILD_H

#include "stage/program_options.h"

#include <sys/types.h>

// A pipe for each standard descriptor, and a pair of sockets over which the
// child says that it can be traced, and learns that it may go on.
struct pipes {
    int go[2], in[2], out[2], err[2];
};

// In memory that it shares with the grader until execve(2): what failed, if
// anything did before that.
struct start {
    pid_t parent;       // the check's process
    const char *failed; // the name of a call; NULL: none
    int error;          // its errno
};

// Becomes the program at PATH, or ends after noting why in *start. It sends
// a byte to pipes->go[0] and waits for one from there: 't' if it is traced, 'p'
// if not.
_Noreturn void program_become(const char *path, char *const argv[],
                              struct pipes *pipes,
                              const struct program_options *options,
                              struct start *start);

#endif
