// expect_fail: what the expectations say when they do not hold; for expect*.c.

#ifndef EXPECT_FAIL_H
#define EXPECT_FAIL_H

#include "words/verdict.h"

// Ends the check: EXPECTED is one line; GOT is formatted into one, to which is
// added what the program is doing.
__attribute__((format(printf, 3, 4))) _Noreturn void
expect_fail(const struct failure *failure, const char *expected,
            const char *got, ...);

// Ends the check: what is on the program's stderr is not EXPECTED. MEANS says
// what that means; NULL if the calls may tell.
_Noreturn void expect_fail_stderr(struct program *program, const char *expected,
                                  const char *means);

#endif
