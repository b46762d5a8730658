#include "workbook/advice.h"

#include "workbook/choice.h"
#include "workbook/grading.h"
#include "workbook/submission.h"

#include "base/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Finds the TODO with the lowest number below *lowest, which becomes that.
static void find_todo(const struct submission *submission,
                      const struct submitted *file, int *lowest, char *text,
                      size_t size)
{
    int number = 1, step;
    for (const char *line = file->bytes; *line != '\0'; number++) {
        size_t length = strcspn(line, "\n");
        const char *todo = memmem(line, length, "// TODO ", 8);
        if (todo != NULL && sscanf(todo, "// TODO %*d.%d", &step) == 1 &&
            step < *lowest) {
            *lowest = step;
            snprintf(text, size,
                     "%s/%s:%d\n        %.*s\n        (its comment goes once "
                     "it is done)",
                     submission->folder, file->name, number,
                     (int)strcspn(todo + 3, "\n"), todo + 3);
        }
        line += length + (line[length] == '\n');
    }
}

// Finds the first TODO in a lesson's files. Returns true with "FILE:LINE", and
// the TODO itself on a second line, in *text.
static bool find_first_todo(const char *lesson, char *text, size_t size)
{
    struct submission submission;
    int lowest = INT_MAX;
    submission_read_quietly(lesson, &submission);
    for (size_t i = 0; i < submission.count; i++)
        find_todo(&submission, &submission.file[i], &lowest, text, size);
    submission_free(&submission);
    return lowest != INT_MAX;
}

void advice_print(const struct lessons *lessons, const char *lesson, int result)
{
    char todo[2 * PATH_MAX];
    if (result == CANNOT_GRADE || result == BAD_USAGE)
        return; // all is said
    if (result == NO_PROGRAM) {
        printf("\n  next: mend that, and type make\n");
        return;
    }
    if (result == NOT_DONE) {
        printf("\n  read: lessons/%s/README.md\n", lesson);
        if (find_first_todo(lesson, todo, sizeof todo))
            printf("  next: %s\n", todo);
        printf("  then: make\n");
        return;
    }
    printf("\n  Lesson %s is done%s.\n  To compare: solutions/%s/\n", lesson,
           result == DONE ? "" : ", but for the checks that can't be run here",
           lesson);
    const char *next = next_lesson(lessons);
    if (next != NULL)
        printf("  next: read lessons/%s/README.md, then type make\n", next);
    else
        printf("  That was the last lesson there is.\n");
}
