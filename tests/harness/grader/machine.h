// machine: whether this machine lets a right program be right. If it doesn't,
// there is no verdict: a program is never blamed for where it runs.

#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_WHY_SIZE = 640 };

// Looks at limits and at the loopback addresses, and runs PROBE, a program
// known to be right that is built as a student's is (NULL: not that).
// Returns true if nothing is at fault; if not, WHY has a line that says what.
bool machine_is_fit(const char *probe, bool traced, char why[MACHINE_WHY_SIZE]);

#endif
