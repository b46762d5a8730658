// poll_sets: the sets of descriptors that a polling call (select, poll and
// their kin) was told to watch, or found ready, as the trace keeps them. Of
// epoll only the count is known: its sets are in the kernel.

#ifndef POLL_SETS_H
#define POLL_SETS_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// True if the call is select(2) or poll(2), by whatever name the kernel has.
bool poll_sets_is_select(const struct call *call);
bool poll_sets_is_poll(const struct call *call);

// True if the call is one whose sets can be read.
bool poll_sets_are_known(const struct call *call);

// The bit that stands for descriptor FD; 0 if the sets have no room for it.
uint64_t poll_sets_bit(int fd);

// True if descriptor FD is in the set.
bool poll_sets_has(uint64_t set, int fd);

// Writes the sets as "r3,4 w5 not open: 6", or "nothing".
void poll_sets_format(FILE *out, const struct polled *polled);

#endif
