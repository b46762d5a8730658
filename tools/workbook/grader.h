// grader: a lesson's grader, build/graders/NN-name, and how it is called.

#ifndef GRADER_H
#define GRADER_H

#include "workbook/options.h"
#include "workbook/programs.h"
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

// Becomes it, for the hint of one check.
_Noreturn void grader_become_hint(const char *lesson, const char *check);

#endif
