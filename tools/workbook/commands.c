#include "workbook/commands.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

// In the order of the usage text.
static const struct {
    const char *name;  // "": no command
    const char *takes; // its arguments
    const char *does;  // in a few words; what check and build do, they say
    command_run *run;
} commands[] = {
    {"", "", "grade the next unfinished lesson", command_next},
    {"check",
     "[LESSON] [--case TEXT] [--seed N] [--from DIR]\n"
     "                      [--json] [--verbose] [--untraced]",
     "", command_check},
    {"build", "[LESSON] [--from DIR]", "", command_build},
    {"hint", "", "about the check that failed last", command_hint},
    {"turns", "[LESSON] [--from DIR]", "the turns of its loop", command_turns},
    {"list", "[--json | --names]", "the lessons, and which are done",
     command_list},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

command_run *commands_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name == NULL ? "" : name) == 0)
            return commands[i].run;
    return NULL;
}

void usage_print(FILE *out)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *begin = i == 0 ? "usage:" : "";
        char call[200];
        snprintf(call, sizeof call, "%-6s workbook %s %s", begin,
                 commands[i].name, commands[i].takes);
        if (*commands[i].does == '\0')
            fprintf(out, "%s\n", call);
        else
            fprintf(out, "%-33s    %s\n", call, commands[i].does);
    }
    fputs("LESSON is a number or a name, such as 01 or 01-echo-server.\n"
          "Exit status: 0 all passed, 1 not, 2 bad usage, 3 could not grade.\n",
          out);
}

_Noreturn void usage_complain(const char *problem, const char *argument)
{
    fprintf(stderr, "workbook: %s '%s'\n", problem, argument);
    usage_print(stderr);
    exit(BAD_USAGE);
}
