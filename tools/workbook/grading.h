// grading: what was submitted is read, built and handed to the lesson's grader.

#ifndef GRADING_H
#define GRADING_H

#include "workbook/options.h"

#include "base/status.h"

enum { NO_PROGRAM = DONE_IN_PART + 1 }; // it does not compile

// Grades a lesson, and notes it if all of it has passed. Returns DONE,
// DONE_IN_PART, NO_PROGRAM, or what else to exit with.
int grade(const char *lesson, const struct options *options);

// Shows the turns of the program's loop. Returns what to exit with.
int show_turns(const char *lesson, const struct options *options);

// Prints, as JSON, why there is no grade: a lesson's (NULL: of any), with what
// the compiler said (NULL: nothing).
void grade_print_error(const char *lesson, const char *error,
                       const char *compiler);

#endif
