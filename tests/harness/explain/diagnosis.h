// diagnosis: turns a failure into a sentence that names the cause, with its
// source line, and says what to read. Small detectors look at the trace, in the
// order of detectors.c.

#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include "explain/failure.h"

enum { EXPLANATION_SIZE = 16 * 1024, DETECTOR_NAME_SIZE = 32 };

struct explanation {
    char detector[DETECTOR_NAME_SIZE]; // the one that spoke
    // One paragraph, not broken into lines; after its first newline what a tool
    // has printed, as it is. Nothing in it that a terminal would act on.
    char text[EXPLANATION_SIZE];
};

// Says what the failure means.
void diagnosis_make(const struct failure *failure,
                    struct explanation *explanation);

#endif
