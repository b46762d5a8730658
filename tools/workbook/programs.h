// programs: what a submission is built to, of a copy of its files.

#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "workbook/place.h"
#include "workbook/remarks.h"
#include "workbook/submission.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

// A submission's programs. They stay as long as it is open.
struct programs {
    char folder[PATH_MAX];    // they are in folder/LESSON/
    char shown[2 * PATH_MAX]; // what their debugging information calls the
                              // folder of their sources
    char base[PATH_MAX];      // all that was built; only for programs.c
    int lock;                 // likewise
    bool kept;                // likewise
};

// Where a build has what the compiler warned of, a line each: base/WARNINGS.
// There is none if there was nothing.
#define WARNINGS "warnings"

// Builds a submission's programs, or finds them as they were built before of
// the same files, and puts a copy where PLACE has them. What the compiler says
// goes to OUT, and its remarks, which the caller frees, to *remarks. Returns
// DONE; NOT_DONE if they don't compile; CANNOT_GRADE after saying why on
// stderr. The caller calls programs_close() if it is DONE.
int programs_open(const struct submission *submission,
                  const struct place *place, FILE *out,
                  struct programs *programs, struct remarks *remarks);
void programs_close(struct programs *programs);

// Keeps `make clean` waiting until this process ends, which is at once, with
// CANNOT_GRADE, if build/ can't be held.
void build_folder_hold(void);

#endif
