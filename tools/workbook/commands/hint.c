// hint: a question that leads on, for the check that failed last.

#include "workbook/commands.h"
#include "workbook/grader.h"
#include "workbook/progress.h"

#include "base/status.h"

#include <stdio.h>

int command_hint(const struct lessons *lessons, const struct options *options)
{
    (void)lessons, (void)options;
    char lesson[NAME_SIZE], check[NAME_SIZE];
    if (!progress_failure(lesson, check)) {
        printf(
            "No check failed when your program was graded last: type make.\n");
        return DONE;
    }
    if (grader_build(lesson) == -1)
        return CANNOT_GRADE;
    grader_become_hint(lesson, check);
}
