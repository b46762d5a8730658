// meddle: changes a call of the program at its entry, so that it meets the
// weather a rule asks for, and puts everything back at its exit. What the
// program sees is what a kernel may lawfully do to it.

#ifndef MEDDLE_H
#define MEDDLE_H

#include "tracer/thread.h"

#include <stdint.h>

// At a call's entry. Sets the thread's phase, and the call's effect if the
// weather had one.
void meddle_at_entry(struct tracer *tracer, struct thread *thread,
                     struct call *call);

// At a call's entry: TEXT takes the place of what argument INDEX points to, for
// the length of this call. Returns false if the program has no room for it.
bool meddle_replace_text(struct thread *thread, const struct call *call,
                         int index, const char *text);

// At its exit with RESULT. Returns the result that the program sees.
int64_t meddle_at_exit(struct thread *thread, int64_t result);

#endif
