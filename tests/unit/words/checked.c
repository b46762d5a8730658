#include "words/checked.h"

#include "grader/run.h"
#include "unit.h"

const struct verdict *checked(void (*check)(void), bool traced)
{
    const struct check alone = {.id = "alone", .run = check};
    const struct run_options options = {
        .seed = 1, .traced = traced, .workers = 1};
    return run_alone(&alone, &options);
}

void expect_pass(void (*check)(void))
{
    const struct verdict *verdict = checked(check, false);
    ck_assert_msg(verdict->outcome == PASSED, "outcome %d: expected %s, got %s",
                  (int)verdict->outcome, verdict->expected, verdict->got);
}

const struct verdict *expect_failed(void (*check)(void), const char *expected,
                                    const char *got)
{
    const struct verdict *verdict = checked(check, false);
    ck_assert_msg(verdict->outcome == FAILED, "outcome %d: %s",
                  (int)verdict->outcome, verdict->got);
    ck_assert_str_eq(verdict->expected, expected);
    ck_assert_str_eq(verdict->got, got);
    return verdict;
}

void expect_outcome(const struct outcome_of *outcome)
{
    if (outcome->expected == NULL)
        expect_pass(outcome->check);
    else
        expect_failed(outcome->check, outcome->expected, outcome->got);
}
