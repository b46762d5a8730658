// shield: keeps a program that is graded from those who grade it. It runs as
// the same user, so this is no sandbox: it stops accidents and what is tried
// first.

#ifndef SHIELD_H
#define SHIELD_H

#include <sys/types.h>

// From now on, this process and those that it forks can't be traced, nor their
// memory be read or written: ptrace(2), "Ptrace access mode checking".
void shield_memory(void);

// What is started from now on can't send signals to process PID, nor to its
// group.
void shield_process(pid_t pid);

// In the child that becomes the program: it may be traced again, has none of
// root's powers over others, and can't send signals to those who are shielded,
// or to all at once.
void shield_from_this(void);

#endif
