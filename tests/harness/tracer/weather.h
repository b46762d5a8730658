// weather: rules that say which of the program's calls meet rare but lawful
// conditions: a short count, a signal (EINTR), an error, a delay. The tracer
// asks for each call on a socket what the weather is, and makes it.

#ifndef WEATHER_H
#define WEATHER_H

#include "trace/calls.h"
#include "base/random.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum weather_kind {
    // Moves at most BYTES (at least 1) of what the program asks for.
    WEATHER_CUT = 1,
    // Fails with errno ERROR; the kernel doesn't see the call. EINTR at
    // connect(2) is different, as it is on a real system: the attempt begins
    // and goes on.
    WEATHER_FAIL,
    // Keeps the call from starting: for DELAY_MS, or if that is 0 until
    // program_release().
    WEATHER_HOLD,
    // At connect(2): nobody listens at that address.
    WEATHER_REFUSE,
    // At select(2) and poll(2): the answer at once is that all that is to be
    // read is readable, though it may not be; select(2), BUGS. epoll(7) is
    // left in peace.
    WEATHER_FALSE_ALARM,
    // At select(2), poll(2), epoll_wait(2), and connect(2) with SO_SNDTIMEO:
    // nothing happens until the programs' clock is DELAY_MS ahead. Who waits
    // with a shorter limit is told that it is over; who waits without
    // one is not told how long it took.
    WEATHER_SLOW,
    // At what sends a datagram: it is lost, and the call succeeds as ever; it
    // leaves twice; it leaves only at tracer_deliver(), and so behind others.
    // No weather for one that the kernel would refuse.
    WEATHER_LOSE,
    WEATHER_DOUBLE,
    WEATHER_HOLD_BACK,
};

struct weather {
    enum weather_kind kind;
    unsigned calls; // enum call_group, or several of them
    long only;      // of these only the one with that number; 0: each
    size_t bytes;   // WEATHER_CUT: how many; random, up to that, if VARIES
    bool varies;
    int error;        // WEATHER_FAIL; EAGAIN only where a call doesn't wait
    uint16_t port;    // WEATHER_REFUSE: where nobody listens, in network order
    int delay_ms;     // WEATHER_HOLD, WEATHER_SLOW
    unsigned first;   // begins at the first-th such call; 0 means 1
    unsigned every;   // then at each every-th; 0 means only once
    unsigned percent; // or instead of EVERY: this often, when by the seed; but
                      // of calls of one kind, never none of 100 / PERCENT
    bool stays;       // WEATHER_FAIL: also when the call is repeated at once
    bool to_stdout;   // of CALLS_SEND, none but those that write there
    const char *line; // WEATHER_HOLD: none but the write(2) of a line to stdout
                      // that begins like that
};

enum { WEATHER_RULES = 16, CALL_GROUPS = 9, COUNTED_DESCRIPTORS = 64 };

struct weather_rules {
    struct random random;
    size_t count;
    // A descriptor was missing, when the process had so many; and one of them
    // was closed since.
    bool was_full, has_room;
    int had;
    struct weather_rule {
        struct weather weather;
        unsigned seen; // calls that the rule might have applied to
        // The same for each descriptor (modulo that many), where WEATHER_FAIL
        // has EVERY: else it might always meet the same of several clients.
        unsigned seen_on[COUNTED_DESCRIPTORS];
        // Of each kind of call. With PERCENT, SUM grows by it with each call,
        // and when it gets over NEXT, somewhere in each hundred, the rule is
        // due.
        struct weather_share {
            bool last_was_hit; // for WEATHER_FAIL: never twice in a row
            unsigned sum, next;
        } share[CALL_GROUPS];
    } rule[WEATHER_RULES];
};

// Adds a rule. The first that applies to a call wins. Ends the process if
// there are more than WEATHER_RULES.
void weather_add(struct weather_rules *rules, const struct weather *weather);

// Forgets the calls that there were: from here on, it is all as at first.
void weather_begin_again(struct weather_rules *rules);

// A process of the program closes a descriptor: so there is one for the next
// call that would fail for want of it, unless it is one that came after that.
// (Some keep one in reserve; and perror() makes a copy of its own.)
void weather_make_room(struct weather_rules *rules, pid_t pid);

// The last rule that holds calls does so once more.
void weather_hold_again(struct weather_rules *rules);

// Returns the weather that *call, which is about to start, meets; NULL if it
// is calm. For WEATHER_CUT, *bytes says how many may be moved.
const struct weather *weather_for(struct weather_rules *rules,
                                  const struct call *call, size_t *bytes);

#endif
