// build: only builds a lesson's programs, to try them by hand.

#include "workbook/choice.h"
#include "workbook/commands.h"
#include "workbook/make.h"
#include "workbook/place.h"
#include "workbook/programs.h"
#include "workbook/submission.h"

#include "base/status.h"

#include <stdio.h>

int command_build(const struct lessons *lessons, const struct options *options)
{
    const char *lesson = choose_lesson(lessons, options->lesson);
    struct place place;
    struct submission submission;
    struct programs programs;
    struct remarks remarks = {.error = NULL};
    if (place_find(options->from, &place) == -1)
        return BAD_USAGE;
    int result = submission_read(lesson, &place, &submission);
    if (result == DONE && make(&(struct making){"ready", .out = stderr}) != 0)
        result = CANNOT_GRADE;
    if (result == DONE)
        result =
            programs_open(&submission, &place, stderr, &programs, &remarks);
    if (result == NOT_DONE && remarks.error != NULL) {
        fputs("\nThe first error:\n\n", stderr);
        remarks_print_error(stderr, &remarks);
    }
    remarks_free(&remarks);
    if (result == DONE) {
        programs_close(&programs);
        printf("built in %s/%s/\n", place.programs, lesson);
    }
    submission_free(&submission);
    return result;
}
