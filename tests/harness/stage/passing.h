// passing: time passes for the programs, in no time. Whatever they wait for
// with a limit, ends when it would: one after the other, and between them they
// do all that they then do.

#ifndef PASSING_H
#define PASSING_H

#include <stdbool.h>
#include <stdint.h>

#define SECONDS(n) ((uint64_t)(n)*1000)
#define MINUTES(n) SECONDS((n)*60)
#define HOURS(n) MINUTES((n)*60)

// So many milliseconds pass, beginning once nothing moves any more, and ending
// likewise. Who wakes up again and again is spared the most of it, as if the
// machine had been asleep. Returns false if the programs never get quiet.
// They have to be traced.
bool stage_pass_time(uint64_t ms);

// Once nothing moves any more, a signal interrupts what the programs wait in
// (EINTR); until nothing moves again. Returns false if they never get quiet.
bool stage_interrupt(void);

// Somebody sets the clock of the day (CLOCK_REALTIME) by so many milliseconds:
// no time passes, and all other clocks go on as before.
void stage_set_clock(int64_t ms);

#endif
