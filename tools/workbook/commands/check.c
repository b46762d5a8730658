// check: grades one lesson, or a part of it.

#include "workbook/advice.h"
#include "workbook/choice.h"
#include "workbook/commands.h"
#include "workbook/grading.h"

int command_check(const struct lessons *lessons, const struct options *options)
{
    const char *lesson = choose_lesson(lessons, options->lesson);
    int result = grade(lesson, options);
    bool own = options->from == NULL && !options->json;
    if (own && options->only == NULL)
        advice_print(lessons, lesson, result);
    return result;
}
