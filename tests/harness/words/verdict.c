#include "words/verdict.h"

#include "trace/format.h"
#include "base/safe.h"
#include "show/timeline.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <check.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct verdict *the_verdict;

void verdict_set(struct verdict *verdict)
{
    the_verdict = verdict;
}

static void settle_seconds(void)
{
    if (stage_current() != NULL)
        the_verdict->seconds =
            (double)trace_now_us(stage_current()->trace) / 1e6;
}

static void summarize(char summary[SUMMARY_SIZE], const char *text)
{
    char *safe = safe_text(text);
    snprintf(summary, SUMMARY_SIZE, "%s", safe == NULL ? "" : safe);
    free(safe);
}

// fmemopen() keeps the last byte of SIZE for the terminating zero, and what
// does not fit is left out.
static FILE *open_text(char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL)
        err(EXIT_FAILURE, "verdict");
    return out;
}

static void keep_difference(const struct failure *failure)
{
    if (failure->expected == NULL || failure->actual_size == 0)
        return;
    FILE *out = open_text(the_verdict->difference, DIFFERENCE_SIZE);
    format_difference(out, "  ", failure->expected, failure->expected_size,
                      failure->actual, failure->actual_size);
    fclose(out);
}

static void keep_timeline(const struct view *view)
{
    FILE *out = open_text(the_verdict->timeline, TIMELINE_SIZE);
    timeline_print(out, stage_current(), view);
    fclose(out);
}

_Noreturn void verdict_fail(const struct failure *failure, const char *expected,
                            const char *got)
{
    const char *shortage = program_shortage();
    if (stage_fault() != NULL || shortage != NULL)
        verdict_unknown("%s", stage_fault() != NULL ? stage_fault() : shortage);
    if (stage_current()->tracer.uses_uring)
        verdict_not_run("your program uses io_uring, and what that does for it "
                        "the grader does not see");
    summarize(the_verdict->expected, expected);
    summarize(the_verdict->got, got);
    settle_seconds();
    the_verdict->spun = failure->wait == WAIT_SPINS;
    if (failure->program != NULL)
        snprintf(the_verdict->ran, COMMAND_SIZE, "%s",
                 failure->program->command);
    keep_difference(failure);
    char awaited[AWAITED_SIZE];
    keep_timeline(&(struct view){
        .waits_for = failure_awaits(failure, awaited),
        .focus = failure->peer != NULL ? failure->peer->number : 0,
    });
    diagnosis_make(failure, &the_verdict->explanation);
    stage_end();
    the_verdict->outcome = FAILED;
    ck_abort_msg("expected %.100s, got %.100s", expected, got);
    exit(EXIT_FAILURE); // not reached: ck_abort_msg() ends the process
}

// Ends the check without a word on the program.
static _Noreturn void give_up(enum outcome outcome, const char *why)
{
    stage_end();
    summarize(the_verdict->got, why);
    the_verdict->outcome = outcome;
    ck_abort_msg("%.200s", why);
    exit(EXIT_FAILURE); // not reached either
}

_Noreturn void verdict_not_run(const char *why)
{
    give_up(NOT_RUN, why);
}

_Noreturn void verdict_unknown(const char *why, ...)
{
    char text[SUMMARY_SIZE];
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(text, sizeof text, why, arguments);
    va_end(arguments);
    give_up(UNFINISHED, text);
}

void verdict_show(void)
{
    keep_timeline(&(struct view){.turns = true});
}

void verdict_pass(void)
{
    if (stage_fault() != NULL)
        verdict_unknown("%s", stage_fault());
    settle_seconds();
    stage_end();
    the_verdict->outcome = PASSED;
}
