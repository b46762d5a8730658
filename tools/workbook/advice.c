#include "workbook/advice.h"

#include "workbook/choice.h"
#include "workbook/grading.h"
#include "workbook/submission.h"
#include "workbook/todo.h"

#include "base/status.h"
#include "base/style.h"

#include <stdio.h>

static void print_todo(const char *lesson)
{
    struct submission submission;
    struct todo todo;
    submission_read_quietly(lesson, &submission);
    if (todo_find_first(&submission, &todo)) {
        printf("  next: %s/%s:%d\n\n", submission.folder, todo.file, todo.line);
        style_wrap(stdout, todo.sentence);
        printf("  (Its comment goes once it is done.)\n\n");
    }
    submission_free(&submission);
}

void advice_print(const struct lessons *lessons, const char *lesson, int result)
{
    if (result == CANNOT_GRADE || result == BAD_USAGE)
        return; // all is said
    if (result == NO_PROGRAM) {
        printf("\n  next: mend that, and type make\n");
        return;
    }
    if (result == NOT_DONE) {
        printf("\n  read: lessons/%s/README.md\n", lesson);
        print_todo(lesson);
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
