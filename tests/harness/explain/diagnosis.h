// diagnosis: turns a failure into a sentence that names the cause, with its
// source line, and says what to read. Small detectors look at the trace, the
// most telling first; see detectors.c.

#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include "explain/failure.h"

#include <stdio.h>

// Writes what the failure means, as one paragraph.
void diagnosis_print(FILE *out, const struct failure *failure);

#endif
