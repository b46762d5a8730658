#include "workbook/todo.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

// The text of a line of a comment, without the slashes; NULL if it is none.
static const char *in_comment(const char *line)
{
    line += strspn(line, " \t");
    return strncmp(line, "//", 2) == 0 ? line + 2 : NULL;
}

// Adds SIZE bytes of TEXT, as far as there is room.
static void add(char to[TODO_TEXT_SIZE], const char *text, size_t size)
{
    size_t length = strlen(to);
    snprintf(to + length, TODO_TEXT_SIZE - length, "%.*s", (int)size, text);
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\n' ? line + 1 : line;
}

// How much of LENGTH bytes belongs to the first sentence, up to its full stop.
static size_t up_to_stop(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '.' && (i + 1 == length || text[i + 1] == ' '))
            return i + 1;
    return length;
}

// Reads the comment that begins at LINE with "TODO", which is at TEXT.
static void read_comment(const char *line, const char *text, struct todo *todo)
{
    bool ended = false;
    todo->sentence[0] = todo->rest[0] = '\0';
    while (text != NULL) {
        size_t length = strcspn(text, "\n");
        size_t blanks = strspn(text, " ");
        if (!ended) {
            size_t size = up_to_stop(text + blanks, length - blanks);
            ended = size > 0 && text[blanks + size - 1] == '.';
            add(todo->sentence, " ", todo->sentence[0] == '\0' ? 0 : 1);
            add(todo->sentence, text + blanks, size);
        } else {
            add(todo->rest, text, length);
            add(todo->rest, "\n", 1);
        }
        line = next_line(line);
        text = in_comment(line);
    }
}

static void look_through(const struct submitted *file, struct todo *first)
{
    int number = 1, step;
    for (const char *line = file->bytes; *line != '\0';
         line = next_line(line), number++) {
        const char *text = in_comment(line);
        if (text == NULL || sscanf(text, " TODO %*d.%d", &step) != 1 ||
            step >= first->step)
            continue;
        first->step = step;
        first->file = file->name;
        first->line = number;
        read_comment(line, text, first);
    }
}

bool todo_find_first(const struct submission *submission, struct todo *first)
{
    first->step = INT_MAX;
    for (size_t i = 0; i < submission->count; i++)
        look_through(&submission->file[i], first);
    return first->step != INT_MAX;
}
