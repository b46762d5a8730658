// program_child: what becomes the program, in the child, between fork(2) and
// execve(2); for program.c.

#ifndef PROGRAM_CHILD_H
#define PROGRAM_CHILD_H

#include "program.h"

// A pipe for each standard descriptor, and one over which the child learns
// that it may go on.
struct pipes {
    int go[2], in[2], out[2], err[2];
};

// Becomes the program at PATH, or ends with status 127. It waits for a byte
// from pipes->go first: 't' if it is traced, 'p' if not.
_Noreturn void program_become(const char *path, char *const argv[],
                              struct pipes *pipes,
                              const struct program_options *options);

#endif
