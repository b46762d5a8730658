// quiet: tells whether anything can still happen by itself. It looks at what
// every thread of the programs is blocked in, and at what the kernel still
// has in transit; so a hang is known at once, and not after a time-out.

#ifndef QUIET_H
#define QUIET_H

#include "stage/stage.h"

#include <stdint.h>

enum quietness {
    QUIET_NOT,     // a thread runs, or bytes are on their way
    QUIET_TIMED,   // all are blocked, but one of them has a time limit
    QUIET_FOREVER, // all are blocked until somebody else acts
};

struct quiet {
    enum quietness quietness;
    bool asleep;        // no thread runs, whatever is on its way;
    bool restless;      // though one has run while this look was taken
    bool packets;       // some are in the machine's queues, maybe not for us
    uint64_t cpu_us;    // processor time of the programs so far
    uint64_t delay_us;  // how long their threads had to wait for a processor
    uint64_t signature; // differs when anybody has run in between
};

enum { QUIET_THREADS = 4096 };

// Finds the threads of the programs. Returns how many there are, at most
// QUIET_THREADS.
size_t quiet_threads(const struct stage *stage, pid_t tids[QUIET_THREADS]);

// What holds for all of them at one and the same moment: nobody can have run
// behind the back of a look that was itself kept waiting.
struct quiet quiet_look(const struct stage *stage);

#endif
