#include "workbook/commands.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

// In the order of the usage text.
static const struct {
    const char *name;  // NULL: what is done without one
    const char *takes; // its arguments
    const char *does;  // in a few words; what check and build do, they say
    command_run *run;
} commands[] = {
    {NULL, "", "grade the next unfinished lesson", command_next},
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

void usage_print(FILE *out)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *begin = i == 0 ? "usage:" : "";
        const char *name = commands[i].name == NULL ? "" : commands[i].name;
        char call[200];
        snprintf(call, sizeof call, "%-6s workbook %s %s", begin, name,
                 commands[i].takes);
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

static bool is_called(const char *name, const char *typed)
{
    return name == NULL || typed == NULL ? name == typed
                                         : strcmp(name, typed) == 0;
}

int commands_run(const struct lessons *lessons, const struct options *options)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (is_called(commands[i].name, options->command))
            return commands[i].run(lessons, options);
    usage_complain("there is no command", options->command);
}
