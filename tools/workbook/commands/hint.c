// hint: what leads on, about the check that failed last. Said again, it says
// more.

#include "workbook/commands.h"
#include "workbook/grader.h"
#include "workbook/progress.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What there is to say where nothing has failed.
static int say_what_was_left(void)
{
    char *text = progress_hint();
    fputs(text != NULL ? text
                       : "Nothing has been graded yet that a hint could be "
                         "about. Type make: it\ngrades the next lesson, "
                         "and says what to read and to write first.\n",
          stdout);
    free(text);
    return DONE;
}

int command_hint(const struct lessons *lessons, const struct options *options)
{
    (void)options;
    struct first_failure failure;
    // What is written down may be damaged, or of a workbook that had another
    // lesson or check: then nothing is known.
    const char *lesson = progress_failure(&failure)
                             ? lessons_named(lessons, failure.lesson)
                             : NULL;
    if (lesson == NULL || strcmp(lesson, failure.lesson) != 0)
        return say_what_was_left();
    if (grader_build(lesson) == -1)
        return CANNOT_GRADE;
    int step = progress_next_step(&failure);
    int result = grader_hint(&failure, step);
    if (result == BAD_USAGE)
        return say_what_was_left();
    if (result != DONE) {
        fprintf(stderr, "workbook: the grader of %s gives no hint\n", lesson);
        return CANNOT_GRADE;
    }
    progress_set_step(&failure, step);
    return DONE;
}
