// wait: how a check begins, waits and ends. Whoever waits for something calls
// stage_wait(), and meanwhile every descriptor is served, every stop of a
// traced program is handled, and the watch for hangs is kept.

#ifndef WAIT_H
#define WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct weather;

// What stage_wait() came to.
enum wait_result {
    WAIT_MET,     // the condition holds
    WAIT_HANGS,   // it never will: all are blocked, without a time limit
    WAIT_SPINS,   // the program burns processor time and gets nowhere
    WAIT_STALLED, // it sleeps and wakes, but nothing moves: the last net
    WAIT_FLOODED, // it sends far more than it was ever given
    WAIT_BROKEN,  // something is wrong with the machine: stage_fault()
};

// Begins a check, on the only stage of this process.
void stage_begin(uint64_t seed, bool traced);

// Ends every program and whatever it has started, closes every peer.
void stage_end(void);

// Adds a weather rule for the programs of this check.
void stage_weather(const struct weather *weather);

// Serves whoever needs it until met(subject) is true or it is clear that it
// never will be.
enum wait_result stage_wait(bool (*met)(void *subject), void *subject);

// Serves whoever needs it until nothing moves any more: every thread of every
// program is blocked and no byte is on its way. Returns false if it never
// gets quiet.
bool stage_settle(void);

// The same, but for so many microseconds at most.
bool stage_settle_within(uint64_t us);

#endif
