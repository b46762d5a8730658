// rlimits: the limits of setrlimit(2) within which a program can be built and
// graded.

#ifndef RLIMITS_H
#define RLIMITS_H

#include <stdbool.h>
#include <sys/resource.h>

// Makes the most of each limit that is too low for the least check. Returns
// what is still wrong, in a few words that stay; NULL if nothing is.
const char *rlimits_lacking(void);

// Raises one limit, if it is lower than NEEDED. True if it is that high now.
bool rlimits_allow(__rlimit_resource_t resource, rlim_t needed);

#endif
