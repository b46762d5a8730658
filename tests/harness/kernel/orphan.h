// orphan: nothing that the grader starts outlives it, however it ends.

#ifndef ORPHAN_H
#define ORPHAN_H

#include <sys/types.h>

// In a child, first of all: it ends when its parent does. PARENT is what
// getpid(2) was there before fork(2): if that has ended already, the kernel
// has told nobody.
void orphan_ends_with(pid_t parent);

#endif
