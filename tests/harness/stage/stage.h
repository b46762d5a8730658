// stage: where one check takes place. It owns the programs under test, the
// scripted peers and the trace, and runs them all in one thread: whoever
// waits for something calls stage_wait(), and meanwhile every descriptor is
// served, every stop of a traced program is handled, and the watch for hangs
// is kept.
//
// A check runs in a process of its own, so there is one stage a process.

#ifndef STAGE_H
#define STAGE_H

#include "tracer/tracer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct peer;
struct program;

// What stage_wait() came to.
enum wait_result {
    WAIT_MET,     // the condition holds
    WAIT_HANGS,   // it never will: all are blocked, without a time limit
    WAIT_SPINS,   // the program burns processor time and gets nowhere
    WAIT_STALLED, // it sleeps and wakes, but nothing moves: the last net
    WAIT_FLOODED, // it sends far more than it was ever given
};

// A descriptor that is watched, and what to do when epoll(7) reports it.
struct source {
    int fd;
    void (*ready)(struct source *source, uint32_t events);
    void *owner;
    uint32_t watched; // the events that it is watched for; 0: not at all
};

struct stage {
    struct trace *trace;
    struct tracer tracer;
    bool traced; // false where ptrace is refused
    uint64_t seed;
    int epoll;
    struct source signals; // SIGCHLD
    struct program *programs;
    struct peer *peers;
    int peer_count;
    struct {
        uint64_t watched_us;    // since it began
        uint64_t moved;         // the counters when it last moved
        uint64_t without_print; // the same, but for the programs' output
        uint64_t asleep_us;     // asleep, with a time limit, since then
        size_t calls;           // events in the trace then
        uint64_t cpu_us;        // the programs' processor time then
        uint64_t looked_us;     // when it was last looked at
        uint64_t delay_us;      // how long they had waited for a processor then
        uint64_t quiet_us;      // since when all have been blocked; 0: not
        uint64_t signature;     // what the quiet looked like
    } watch;
    bool messages;    // the programs exchange messages, and echo nothing
    uint64_t moved;   // bytes, connections, exits and output seen by this side
    uint64_t printed; // of these, pieces of the programs' own output
};

// Begins a check. The only stage of this process; stage_current() returns it.
void stage_begin(uint64_t seed, bool traced);
struct stage *stage_current(void);

// Ends every program and whatever it has started, closes every peer.
void stage_end(void);

// Adds a weather rule for the programs of this check.
void stage_weather(const struct weather *weather);

// Watches source->fd for EVENTS (EPOLLIN...), or for others than before.
void stage_watch(struct source *source, uint32_t events);
void stage_unwatch(struct source *source);

// Serves whoever needs it until met(subject) is true or it is clear that it
// never will be.
enum wait_result stage_wait(bool (*met)(void *subject), void *subject);

// Watches the programs while nobody wants anything of them, for about a third
// of a second of their own time: longer on a busy machine, which may keep them
// from what they would do. Returns true if they take no processor time worth
// the name: they are blocked, or wake now and then. Slow peers don't act
// meanwhile. (It stands in idle.c.)
bool stage_is_idle(void);

// Serves whoever needs it until nothing moves any more: every thread of every
// program is blocked and no byte is on its way. Returns false if it never
// gets quiet.
bool stage_settle(void);

#endif
