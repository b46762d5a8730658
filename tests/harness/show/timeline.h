// timeline: shows both ends of the wire, row by row: what the grader did on
// the left, what the program called on the right, with its source lines.

#ifndef TIMELINE_H
#define TIMELINE_H

#include "stage/stage.h"

#include <stdbool.h>
#include <stdio.h>

struct view {
    const char *waits_for; // what the grader waits for at the end; or NULL
    int focus;             // the peer that it is about; 0: none
    bool turns;            // each wait of the program begins a new paragraph
};

// Writes the stage's trace: at most about 25 rows, with repeated rounds folded
// into one, unless the style is verbose. Up to three peers have a column each;
// of more, the one in focus has, and the others share one.
void timeline_print(FILE *out, struct stage *stage, const struct view *view);

#endif
