#include "workbook/choice.h"

#include "workbook/progress.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>

const char *next_lesson(const struct lessons *lessons)
{
    for (size_t i = 0; i < lessons->count; i++)
        if (progress_of(lessons->name[i]) == NOT_YET)
            return lessons->name[i];
    return NULL;
}

const char *choose_lesson(const struct lessons *lessons, const char *text)
{
    if (text == NULL) {
        const char *next = next_lesson(lessons);
        return next != NULL ? next : lessons->name[lessons->count - 1];
    }
    const char *lesson = lessons_named(lessons, text);
    if (lesson == NULL) {
        if (*text == '\0')
            fputs("workbook: LESSON is empty. Say which one, such as "
                  "LESSON=01, or leave it out\nfor the next that is not "
                  "done; there are:\n",
                  stderr);
        else
            fprintf(stderr, "workbook: there is no lesson '%s'; there are:\n",
                    text);
        for (size_t i = 0; i < lessons->count; i++)
            fprintf(stderr, "  %s\n", lessons->name[i]);
        exit(BAD_USAGE);
    }
    return lesson;
}
