// make: has make build something.

#ifndef MAKE_H
#define MAKE_H

#include "workbook/remarks.h"

#include <stdbool.h>
#include <stdio.h>

struct making {
    const char *target;
    const char *const *more; // targets or variables ("NAME=value"), up to
                             // NULL; NULL: none
    FILE *out;               // for what is said
    const char *from, *to;   // a path (NULL: none), and what is said instead
    bool limited; // with limits of time and memory, for what a stranger wrote
    struct remarks *remarks; // takes what compilers find wrong; NULL: nobody
};

// Runs make, in an environment that changes nothing in what comes of it. What
// its children say, or if they say nothing what make says itself, goes to OUT.
// Returns 0; -1 if it fails; 1 if it took too long, or was killed. Ends the
// runner with CANNOT_GRADE if make can't be started.
int make(const struct making *making);

#endif
