// grader: a lesson's grader, build/graders/NN-name, and how it is called.

#ifndef GRADER_H
#define GRADER_H

#include "workbook/options.h"
#include "workbook/programs.h"
#include "workbook/progress.h"
#include "workbook/submission.h"

#include <stdbool.h>

// Builds it, or finds that it is as it was built. Returns 0; -1 after make has
// said why not.
int grader_build(const char *lesson);

// Runs it on a submission's programs; TURNS: it shows the turns of the loop,
// and grades nothing. Returns its exit status; -1, after saying so on stderr,
// if it was killed. Ends the runner with CANNOT_GRADE if it can't be started.
int grader_run(const struct submission *submission,
               const struct programs *programs, const struct options *options,
               bool turns);

// Has it write a hint on a failure, the one that STEP says. Returns its exit
// status, BAD_USAGE if it has no such check; -1 if it can't be had.
int grader_hint(const struct first_failure *failure, int step);

#endif
