// idle: the watch for programs that never rest.

#ifndef IDLE_H
#define IDLE_H

#include <stdbool.h>

// Watches the programs while nobody wants anything of them, for about a third
// of a second of their own time: longer on a busy machine, which may keep them
// from what they would do. Returns true if they take no processor time worth
// the name: they are blocked, or wake now and then. Slow peers don't act
// meanwhile.
bool stage_is_idle(void);

#endif
