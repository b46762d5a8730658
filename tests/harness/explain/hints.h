// hints: what leads on from the cause that was found, in three steps.

#ifndef HINTS_H
#define HINTS_H

enum { HINT_STEPS = 3 };

// For one detector: a question that leads on; a pointer, to what to look at;
// nearly the answer. Each is true of every program on which that detector
// speaks, and adds to what it says.
struct ladder {
    const char *detector;
    const char *steps[HINT_STEPS];
};

// All of them, as the bands of detectors.c; each ends with one that has no
// name. A detector that names no cause has none.
extern const struct ladder hints_certain[], hints_calls[], hints_bytes[],
    hints_loop[], hints_datagrams[];

// Returns the ladder for that detector; NULL if there is none.
const struct ladder *hints_for(const char *detector);

#endif
