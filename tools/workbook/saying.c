#include "workbook/saying.h"

#include "base/safe.h"
#include "base/status.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_SHOWN = 500 }; // of what they say

// Writes text of a compiler, who shows what it was given as it is: of escape
// sequences only those are left that a compiler itself uses for colours.
static void write_safely(FILE *out, const char *text)
{
    for (const char *at; (at = strchr(text, '\033')) != NULL;) {
        size_t size = 1;
        if (at[1] == '[')
            size = 2 + strspn(at + 2, "0123456789;");
        bool is_colour = size > 1 && (at[size] == 'm' || at[size] == 'K');
        size = is_colour ? size + 1 : 0;
        char *before = strndup(text, (size_t)(at - text));
        char *safe = safe_text(before == NULL ? "" : before);
        fprintf(out, "%s%.*s%s", safe == NULL ? "" : safe, (int)size, at,
                is_colour ? "" : "\\x1b");
        free(safe);
        free(before);
        text = at + (is_colour ? size : 1);
    }
    char *safe = safe_text(text);
    fputs(safe == NULL ? "" : safe, out);
    free(safe);
}

// Writes a line with the path that is ours written as the one that is theirs.
static void write_line(const struct making *making, const char *line)
{
    char *whole = NULL;
    size_t length, size = making->from == NULL ? 0 : strlen(making->from);
    FILE *out = open_memstream(&whole, &length);
    if (out == NULL)
        err(CANNOT_GRADE, "make");
    for (const char *at; size > 0 && (at = strstr(line, making->from)) != NULL;
         line = at + size) {
        fprintf(out, "%.*s", (int)(at - line), line);
        fputs(making->to, out);
    }
    fprintf(out, "%s\n", line);
    if (fclose(out) == 0) {
        write_safely(making->out, whole);
        if (making->remarks != NULL)
            remarks_take(making->remarks, whole);
    }
    free(whole);
}

void saying_begin(struct saying *saying, const struct making *making)
{
    *saying = (struct saying){.making = making};
    saying->to_remarks =
        open_memstream(&saying->remarks, &saying->remarks_size);
    if (saying->to_remarks == NULL)
        err(CANNOT_GRADE, "make");
}

static void pass_on_line(struct saying *saying)
{
    saying->line[saying->size] = '\0';
    saying->size = 0;
    // A compiler that is killed, and not by a limit of ours, lacks memory.
    saying->was_killed = saying->was_killed ||
                         strstr(saying->line, "Killed signal") != NULL ||
                         strstr(saying->line, "command: Killed") != NULL;
    if (strncmp(saying->line, "make: ", 6) == 0 ||
        strncmp(saying->line, "Makefile:", 9) == 0 ||
        strncmp(saying->line, "make[", 5) == 0)
        fprintf(saying->to_remarks, "%s\n", saying->line);
    else if (saying->lines++ < LINES_SHOWN)
        write_line(saying->making, saying->line);
}

void saying_take(struct saying *saying, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            pass_on_line(saying);
        else if (saying->size < LINE_SHOWN)
            saying->line[saying->size++] = bytes[i] == '\t' ? ' ' : bytes[i];
    }
}

// Make's own remarks say nothing new behind a compiler's.
void saying_end(struct saying *saying, bool failed)
{
    if (saying->size > 0)
        saying_take(saying, "\n", 1);
    fclose(saying->to_remarks);
    if (saying->lines > LINES_SHOWN)
        fprintf(saying->making->out, "... and %d lines more\n",
                saying->lines - LINES_SHOWN);
    if (failed && saying->lines == 0)
        fputs(saying->remarks, saying->making->out);
    free(saying->remarks);
}
