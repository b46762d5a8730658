// progress: what is known of the user's progress. All of it is kept below
// build/state/, so `make clean` forgets it.

#ifndef PROGRESS_H
#define PROGRESS_H

#include "workbook/lessons.h"
#include "workbook/submission.h"

#include <stdbool.h>

// Where a grader writes which check failed first, and why, for `hint`: the
// names of the lesson, the check and the detector that explained it.
#define STATE "build/state"
#define FAILURE_FILE STATE "/failure"

// Makes the folder that it is kept in.
void progress_begin(void);

// What is known of a lesson, as it is now: a submission with the same files
// has passed, on the same checks.
enum progress { NOT_YET, PASSED_IN_PART, PASSED };
enum progress progress_of(const char *lesson);

// Notes it. What can't be noted is only forgotten.
void progress_set(const struct submission *submission, enum progress progress);

// What `hint` says where no check has failed. It is forgotten, as what failed
// is, when something is graded anew.
void progress_leave_hint(const char *text);
void progress_forget_hint(void);

// Reads it. The caller frees it; NULL if nothing was left.
char *progress_hint(void);

// What failed first.
struct first_failure {
    char lesson[NAME_SIZE], check[NAME_SIZE];
    char cause[NAME_SIZE]; // "": not known
};

// Reads the FAILURE_FILE. Returns true if it names a failure.
bool progress_failure(struct first_failure *failure);

// Which of the hints on a failure is due: the one behind that which was given
// last, if that was on the same check and the same cause, whatever was graded
// meanwhile; else 1. After the last one, that again.
int progress_next_step(const struct first_failure *failure);

// Notes that it was given.
void progress_set_step(const struct first_failure *failure, int step);

#endif
