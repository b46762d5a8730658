// report: tells a person, or as JSON a program, what the checks found.

#ifndef REPORT_H
#define REPORT_H

#include "grader/grade.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { KINDS_MAX = 64, TODO_SIZE = 8 };

struct report {
    FILE *out;
    uint64_t seed;
    bool traced;
    size_t failures, not_run, later, unknown;
    int points, max_points;
    const struct check *first_failure;   // NULL: none
    const struct verdict *first_verdict; // on that
    // The failures for a person: those that are alike are told once.
    struct alike {
        const struct check *check;
        const struct verdict *first;
        size_t more; // how many others there are
        int points;  // that these would have given
    } alike[KINDS_MAX];
    size_t kinds;
    // The checks that came to a TODO that is still open, by its number.
    struct waiting {
        char todo[TODO_SIZE]; // "1.3"
        size_t checks;
    } waiting[KINDS_MAX];
    size_t todos;         // how many of these there are
    size_t needy;         // checks that came to any
    const char *warnings; // the compiler's, a line each; NULL: none
    const char *from;     // the FROM= of what is graded; NULL: none
};

// Begins a report for a person.
void report_begin(struct report *report);

// Adds a check's verdict, in brief. The verdict has to stay.
void report_check(struct report *report, const struct check *check,
                  const struct verdict *verdict);

// Ends it: points, the first failure in full, and how to go on.
void report_end(struct report *report);

// Writes a hint for one check that has failed: of those for CAUSE, the name of
// the detector that explained it, the one that STEP says, from 1 to HINT_STEPS
// (0: the first), and which it is. If there are none for it, or if it is NULL,
// the check's own.
void report_hint(FILE *out, const struct check *check, const char *cause,
                 int step);

// True if the check failed for nothing but that its program came to code that
// is still to be written; then TODO is the number of that, "1.3".
bool report_needs(const struct verdict *verdict, char todo[TODO_SIZE]);

// Counts a verdict, which has to stay, without writing anything.
void report_count(struct report *report, const struct check *check,
                  const struct verdict *verdict);

// Writes everything as one JSON object: lesson, title, seed, traced, points,
// max_points and checks[], each with id, promise, outcome, points,
// max_points, seconds; for a failure expected, got, ran, difference, timeline,
// explanation, detector (the one that explained it), hint (the check's own) and
// hints[] (those for what was found, in steps; or that one); likewise for one
// that is later as its program came to an open TODO, and in needs its number;
// for what could not be found out the reason. Returns 0; -1 if it can't be
// written.
int report_json(const struct report *report, const struct check *const checks[],
                const struct verdict verdicts[], size_t count);

// Says that there is no verdict, as WHY is wrong with this machine: for a
// person, or as a JSON object with lesson, points and error.
void report_error(FILE *out, const char *why);
void report_json_error(FILE *out, const char *why);

#endif
