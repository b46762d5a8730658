// weathers: the weather that several lessons' checks have. As make_weather(),
// they are for the programs that are started after them.

#ifndef WEATHERS_H
#define WEATHERS_H

#include "tracer/weather.h"

#include <stddef.h>
#include <stdint.h>

enum { MOVING_CALLS = CALLS_RECEIVE | CALLS_SEND };

// Calls of these kinds don't start, until program_release().
void hold(unsigned calls);

// The first such call moves a single byte; the next is held up.
void hold_behind_a_short_one(unsigned calls);

// Each second such call of each kind fails with that errno; or of all of them
// as many in a hundred, when by the seed.
void fail_every_second(unsigned calls, int error);
void fail_some(unsigned calls, int error, unsigned percent);

// All of them fail with that errno, however often they are repeated.
void fail_always(unsigned calls, int error);

// All calls of that one kind (SYS_bind, ...), which is one of set-up.
void fail_only(long number, int error);

// Each of these calls moves up to so many bytes; or most of all that move any,
// when by the seed.
void cut_each(unsigned calls, size_t bytes);
void cut_most(size_t bytes);

// Stdout takes so many bytes, and is full then (ENOSPC), as a disk is.
void fill_stdout_after(size_t bytes);

// The first COUNT datagrams that a program sends are lost; the first is held
// back until deliver(), and so overtaken; each is doubled.
void lose_datagrams(unsigned count);
void hold_back_a_datagram(void);
void double_datagrams(void);
void deliver(void);

// For so many milliseconds of the programs' time nothing happens that they wait
// for with a limit: no connection comes about either.
void take_long(uint64_t ms);

// Signals, false alarms and short counts, for a server that waits in a loop
// for any of many clients; its calls then move up to so many bytes.
void bad_weather_for_a_loop(size_t bytes);

#endif
