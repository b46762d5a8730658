#include "verdict.h"

#include "diagnosis.h"
#include "format.h"
#include "timeline.h"

#include <check.h>
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

_Noreturn void verdict_fail(const struct failure *failure, const char *expected,
                            const char *got)
{
    snprintf(the_verdict->expected, SUMMARY_SIZE, "%s", expected);
    snprintf(the_verdict->got, SUMMARY_SIZE, "%s", got);
    settle_seconds();
    // fmemopen() keeps the last byte for the terminating zero, and what does
    // not fit is left out.
    FILE *out = fmemopen(the_verdict->report, REPORT_SIZE, "w");
    if (out != NULL) {
        if (failure->program != NULL)
            fprintf(out, "  ran: %s\n\n", failure->program->command);
        if (failure->expected != NULL && failure->actual_size > 0) {
            format_difference(out, "  ", failure->expected,
                              failure->expected_size, failure->actual,
                              failure->actual_size);
            fputc('\n', out);
        }
        const struct view view = {
            .waits_for = failure->waits_for,
            .focus = failure->peer != NULL ? failure->peer->number : 0,
        };
        timeline_print(out, stage_current(), &view);
        fputc('\n', out);
        diagnosis_print(out, failure);
        fclose(out);
    }
    stage_end();
    the_verdict->outcome = FAILED;
    ck_abort_msg("expected %.100s, got %.100s", expected, got);
    exit(EXIT_FAILURE); // not reached: ck_abort_msg() ends the process
}

_Noreturn void verdict_not_run(void)
{
    stage_end();
    the_verdict->outcome = NOT_RUN;
    ck_abort_msg("needs the tracer");
    exit(EXIT_FAILURE); // not reached either
}

void verdict_show(void)
{
    FILE *out = fmemopen(the_verdict->report, REPORT_SIZE, "w");
    if (out == NULL)
        return;
    timeline_print(out, stage_current(), &(struct view){.turns = true});
    fclose(out);
}

void verdict_pass(void)
{
    settle_seconds();
    stage_end();
    the_verdict->outcome = PASSED;
}
