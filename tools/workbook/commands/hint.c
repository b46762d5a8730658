// hint: a question that leads on, for the check that failed last.

#include "workbook/commands.h"
#include "workbook/grader.h"
#include "workbook/progress.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>

int command_hint(const struct lessons *lessons, const struct options *options)
{
    (void)lessons, (void)options;
    char lesson[NAME_SIZE], check[NAME_SIZE];
    if (!progress_failure(lesson, check)) {
        char *text = progress_hint();
        fputs(text != NULL ? text
                           : "Nothing has been graded yet that a hint could be "
                             "about. Type make: it\ngrades the next lesson, "
                             "and says what to read and to write first.\n",
              stdout);
        free(text);
        return DONE;
    }
    if (grader_build(lesson) == -1)
        return CANNOT_GRADE;
    grader_become_hint(lesson, check);
}
