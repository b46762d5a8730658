// checked: what the tests of a check's words need: a check of their own, run as
// a grader runs it, in a process that ends with its verdict.

#ifndef CHECKED_H
#define CHECKED_H

#include "words/verdict.h"

#include <stdbool.h>

// Runs a check that does that. Returns its verdict, which stays.
const struct verdict *checked(void (*check)(void), bool traced);

// It passes. Or it fails, with these two lines.
void expect_pass(void (*check)(void));
const struct verdict *expect_failed(void (*check)(void), const char *expected,
                                    const char *got);

// A check, and the two lines with which it fails; NULL: it passes.
struct outcome_of {
    void (*check)(void);
    const char *expected, *got;
};

// It comes to that.
void expect_outcome(const struct outcome_of *outcome);

#endif
