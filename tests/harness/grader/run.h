// run: runs a lesson's checks, a few more at a time than there are processors,
// each in a process of its own under Check.

#ifndef RUN_H
#define RUN_H

#include "grader/grade.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run_options {
    uint64_t seed;
    bool traced;
    int workers; // processes that run checks; 0: as many as is best
};

// Told of one check that is finished.
typedef void run_done(size_t which, const struct verdict *verdict,
                      void *context);

// Runs the COUNT checks, which are in the order of grade_checks(). Those at
// scale run only if none of the others has failed.
// Calls done() for each of them in that order, as soon as it and those before
// it are finished. Returns the verdicts, in that order, which stay until the
// process ends. Ends the process if memory or processes can't be had.
const struct verdict *run_checks(const struct check *const checks[],
                                 size_t count,
                                 const struct run_options *options,
                                 run_done *done, void *context);

// Runs one check. Returns its verdict, which stays likewise.
const struct verdict *run_alone(const struct check *check,
                                const struct run_options *options);

#endif
