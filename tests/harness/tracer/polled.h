// polled: reads from the program's memory what a polling call (select, poll and
// their kin) was told to watch, and what it found ready, and changes what it
// finds. poll_sets.h is about the sets themselves.

#ifndef POLLED_H
#define POLLED_H

#include "trace/trace.h"

// At the call's entry, and at its exit with a result.
void polled_wants(struct call *call);
void polled_finds(struct call *call);

// Makes the call, which is about to start, answer at once that each network
// socket it wants to read is readable, though it may not be: what select(2),
// BUGS, and poll(2) warn of. Returns how many descriptors that is; 0 if it is
// none of these calls, or reads nothing.
int polled_make_false_alarm(const struct call *call);

// Has poll(2), which is not to be made, find nothing. Returns false if what it
// was given can't be read or written.
bool polled_find_nothing(const struct call *call);

#endif
