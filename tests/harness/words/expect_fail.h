// expect_fail: what the expectations have in common, and what they say when
// they do not hold; for the words' own files.

#ifndef EXPECT_FAIL_H
#define EXPECT_FAIL_H

#include "words/verdict.h"

// Waits until the program has ended, or never will.
enum wait_result await_end(struct program *program);

// The program ends by itself. EXPECTED says how, for who waits in vain, and
// MEANS what that means; NULL if the calls may tell.
void expect_to_end(struct program *program, const char *expected,
                   const char *means);

// True if nothing more comes from the program on that connection.
bool is_over(const struct peer *peer);

// Ends the check: EXPECTED is one line; GOT is formatted into one, to which is
// added what the program is doing.
__attribute__((format(printf, 3, 4))) _Noreturn void
expect_fail(const struct failure *failure, const char *expected,
            const char *got, ...);

// Writes into TEXT, and returns, BEFORE and then the bytes as text, LIMIT of
// them at most.
char *show_bytes(char text[SUMMARY_SIZE], const char *before, const void *bytes,
                 size_t size, size_t limit);

// Ends the check: what is on the program's stderr is not EXPECTED. MEANS says
// what that means; NULL if the calls may tell.
_Noreturn void expect_fail_stderr(struct program *program, const char *expected,
                                  const char *means);

// Fails as that LINE is missing on stdout, and says what is there instead. WHY
// is what is wrong with the line that is meant, if it is there; or NULL.
_Noreturn void expect_fail_line(struct program *program, const char *line,
                                const char *why);

#endif
