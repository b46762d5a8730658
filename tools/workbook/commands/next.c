// Without a command: grades the next unfinished lesson, and says what to do
// next.

#include "workbook/advice.h"
#include "workbook/choice.h"
#include "workbook/commands.h"
#include "workbook/grading.h"

#include "base/status.h"

#include <stdio.h>

int command_next(const struct lessons *lessons, const struct options *options)
{
    const char *lesson = next_lesson(lessons);
    if (lesson == NULL) {
        printf("All lessons are done. To grade one again: make check "
               "LESSON=%.2s\n",
               lessons->name[0]);
        return DONE;
    }
    int result = grade(lesson, options);
    advice_print(lessons, lesson, result);
    return result;
}
