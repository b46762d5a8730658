// polled: what a polling call (select, poll and their kin) was told to watch,
// and what it found ready, read from the program's memory. Of epoll only the
// count is known: its sets are in the kernel.

#ifndef POLLED_H
#define POLLED_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stdio.h>

// True if the call is one whose sets can be read.
bool polled_is_known(const struct call *call);

// At the call's entry, and at its exit with a result.
void polled_wants(struct call *call);
void polled_finds(struct call *call);

// Makes the call, which is about to start, answer at once that each network
// socket it wants to read is readable, though it may not be: what select(2),
// BUGS, and poll(2) warn of. Returns how many descriptors that is; 0 if it is
// none of these calls, or reads nothing.
int polled_make_false_alarm(const struct call *call);

// Writes a set as "r3,4 w5", or "nothing".
void polled_format(FILE *out, const struct polled *polled);

// True if the set has room for that descriptor, and it is in there.
bool polled_has(uint64_t set, int fd);

#endif
