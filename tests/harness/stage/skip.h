// skip: moves the programs' time ahead to where something happens.

#ifndef SKIP_H
#define SKIP_H

#include <stdbool.h>
#include <stdint.h>

struct stage;

// Moves the time of the programs, which have to be quiet, to the next limit of
// what they wait for: that ends. If there is none within LIMIT_NS, so far.
// Returns how many nanoseconds that is. The stage has to be served then.
int64_t skip_to_next(struct stage *stage, int64_t limit_ns);

// Moves it by that much at once, whatever there is between.
void skip_all(struct stage *stage, int64_t ns);

// A signal interrupts each call of the programs, which have to be quiet, that
// waits for sockets. The stage has to be served then.
void skip_interrupt(struct stage *stage);

// Returns how far the next limit is; -1 if there is none.
int64_t skip_left_ns(struct stage *stage);

#endif
