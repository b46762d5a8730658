// commands: what the runner can be told to do. To add one, write a file
// commands/NAME.c with a function command_NAME(), name it here, and give it a
// row in the table in commands.c: the usage text and the dispatch come from
// there.

#ifndef COMMANDS_H
#define COMMANDS_H

#include "workbook/lessons.h"
#include "workbook/options.h"

#include <stdio.h>

// Does what the user has asked for. Returns what to exit with: DONE and so on.
typedef int command_run(const struct lessons *lessons,
                        const struct options *options);

command_run command_next, command_check, command_build, command_hint,
    command_turns, command_list;

// Does what options->command names. Returns what to exit with; ends the runner
// with BAD_USAGE if there is no such command.
int commands_run(const struct lessons *lessons, const struct options *options);

// Writes how the runner is called.
void usage_print(FILE *out);

// Says what is wrong with what was typed, and ends the runner with BAD_USAGE.
_Noreturn void usage_complain(const char *problem, const char *argument);

#endif
