// stage: where one check takes place. It owns the programs under test, the
// scripted peers and the trace, and serves them all from one thread and one
// epoll(7). wait.h is how a check begins, waits and ends.
//
// A check runs in a process of its own, so there is one stage a process.

#ifndef STAGE_H
#define STAGE_H

#include "stage/descriptor.h"
#include "stage/protocol.h"
#include "tracer/thread.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;
struct program;

enum { STAGE_FAULT_SIZE = 256 };

struct stage {
    struct trace *trace;
    struct tracer tracer;
    bool traced;         // false where ptrace is refused
    bool untraced_by_us; // or where a check does without
    uint64_t seed;
    int epoll;
    struct descriptor signals; // SIGCHLD
    struct program *programs;
    struct peer *peers;
    int peer_count;
    struct {
        uint64_t watched_us;    // since it began
        uint64_t moved;         // the counters when it last moved
        uint64_t without_print; // the same, but for the programs' output
        uint64_t printed_then;  // how much of that there was then
        size_t calls_then;      // and how many events in the trace
        uint64_t asleep_us;     // asleep, with a time limit, since then
        unsigned skips;         // so often time was skipped since then
        size_t calls;           // events in the trace then
        uint64_t cpu_us;        // the programs' processor time then
        uint64_t looked_us;     // when it was last looked at
        uint64_t delay_us;      // how long they had waited for a processor then
        uint64_t quiet_us;      // since when all have been blocked; 0: not
        uint64_t signature;     // what the quiet looked like
    } progress;
    char fault[STAGE_FAULT_SIZE]; // what is wrong with the machine; "": nothing
    enum protocol speaks;         // what the programs speak, and no other
    struct {
        uint64_t spin_untraced_us; // so much processor time makes a spin there
        uint64_t stall_us;         // so much sleep without progress, a stall
        unsigned haste;            // a spin is believed after this part of it
    } patience;
    uint64_t moved;   // bytes, connections, exits and output seen by this side
    uint64_t printed; // of these, pieces of the programs' own output
};

// Makes the stage of this process, which stage_current() returns; and frees it.
// Ends the process if it can't be made.
struct stage *stage_make(uint64_t seed, bool traced);
void stage_free(void);
struct stage *stage_current(void);

// Watches a descriptor for EVENTS (EPOLLIN...), or for others than before.
void stage_watch(struct descriptor *descriptor, uint32_t events);
void stage_unwatch(struct descriptor *descriptor);

// Serves what is ready, waiting for up to timeout_ms. Returns whether
// anything was.
bool stage_serve(struct stage *stage, int timeout_ms);

// How much has moved so far.
uint64_t stage_moved(const struct stage *stage);

// Something went wrong that is no program's fault: from then on nothing that
// is seen counts. WHY is a line, as for printf(3); the first one stays.
__attribute__((format(printf, 1, 2))) void stage_blame_machine(const char *why,
                                                               ...);

// Returns that line; NULL if nothing did.
const char *stage_fault(void);

#endif
