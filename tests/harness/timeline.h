// timeline: shows both ends of the wire, row by row: what the grader did on
// the left, what the program called on the right, with its source lines.

#ifndef TIMELINE_H
#define TIMELINE_H

#include "stage.h"

#include <stdio.h>

// Writes the stage's trace: at most about 25 rows, with repeated rounds folded
// into one, unless the style is verbose. WAITS_FOR, if not NULL, is what the
// grader waits for at the end.
void timeline_print(FILE *out, struct stage *stage, const char *waits_for);

#endif
