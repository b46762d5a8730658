// turns: shows the turns of a program's loop.

#include "workbook/choice.h"
#include "workbook/commands.h"
#include "workbook/grading.h"

int command_turns(const struct lessons *lessons, const struct options *options)
{
    return show_turns(choose_lesson(lessons, options->lesson), options);
}
