// verdict: how a check ends, and what it leaves behind for the report.

#ifndef VERDICT_H
#define VERDICT_H

#include "explain/diagnosis.h"
#include "explain/failure.h"

#include <stdbool.h>
#include <stddef.h>

enum outcome {
    UNFINISHED, // nothing is known: the check did not get to its end
    PASSED,
    FAILED,
    NOT_RUN, // it needs something that this machine does not give: see got
    LATER,   // it is at scale, and not all of the others have passed yet
};

enum {
    SUMMARY_SIZE = 256,
    COMMAND_SIZE = 256,
    DIFFERENCE_SIZE = 1024,
    TIMELINE_SIZE = 64 * 1024,
};

// Lives in memory that the check's process shares with the grader.
struct verdict {
    enum outcome outcome;
    bool spun; // it has failed, as a program ran in circles
    double seconds;
    char expected[SUMMARY_SIZE];
    char got[SUMMARY_SIZE]; // or why it is UNFINISHED or NOT_RUN
    // What a failure leaves besides; "" what there is not.
    char ran[COMMAND_SIZE];           // the program, as a person would type it
    char difference[DIFFERENCE_SIZE]; // where the bytes differ first; lines
    char timeline[TIMELINE_SIZE];     // both ends of the wire; lines
    struct explanation explanation;
};

// Why most checks are NOT_RUN, where they are.
#define NEEDS_TRACER "it needs ptrace(2), which is refused here"

// Sets where this process's check leaves its verdict.
void verdict_set(struct verdict *verdict);

// The check has failed: keeps what there is to say of it, ends its programs and
// its process. EXPECTED and GOT are one line each.
_Noreturn void verdict_fail(const struct failure *failure, const char *expected,
                            const char *got);

// The check can't be run here, for that reason: ends its process.
_Noreturn void verdict_not_run(const char *why);

// It could not be found out whether the program is right, and not because of
// the program: ends the check's process. WHY is a line, as for printf(3).
__attribute__((format(printf, 1, 2))) _Noreturn void
verdict_unknown(const char *why, ...);

// The turns have been played to their end: keeps their timeline.
void verdict_show(void);

// The check has come to its end, and every expectation held.
void verdict_pass(void);

#endif
