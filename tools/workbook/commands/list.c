// list: the lessons, and which are done: for a person; as JSON; or only their
// names, a line each, for a shell.

#include "workbook/commands.h"
#include "workbook/progress.h"

#include "base/status.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

static void print_line(const char *lesson)
{
    enum progress progress = progress_of(lesson);
    printf("  %s  %s%s\n", progress == NOT_YET ? "    " : "done", lesson,
           progress == PASSED_IN_PART ? "  (without the checks that "
                                        "can't be run here)"
                                      : "");
}

static json_t *json_files(const char *lesson)
{
    json_t *list = json_array();
    glob_t files;
    if (!lesson_files(lesson, &files))
        return list;
    for (size_t i = 0; i < files.gl_pathc; i++)
        json_array_append_new(list,
                              json_string(strrchr(files.gl_pathv[i], '/') + 1));
    globfree(&files);
    return list;
}

// The first line of a lesson's text, which is its heading; NULL if it has none.
static json_t *json_heading(const char *lesson)
{
    char path[PATH_MAX], line[200] = "";
    snprintf(path, sizeof path, "lessons/%s/README.md", lesson);
    FILE *text = fopen(path, "re");
    if (text == NULL)
        return NULL;
    fgets(line, sizeof line, text);
    fclose(text);
    line[strcspn(line, "\n")] = '\0';
    return json_string(line + strspn(line, "# "));
}

static json_t *json_lesson(const char *lesson)
{
    static const char *const names[] = {
        [NOT_YET] = "not yet", [PASSED_IN_PART] = "in part", [PASSED] = "done"};
    return json_pack("{s:s#, s:s, s:o*, s:o, s:s}", "number", lesson,
                     (int)strcspn(lesson, "-"), "name", lesson, "heading",
                     json_heading(lesson), "files", json_files(lesson),
                     "progress", names[progress_of(lesson)]);
}

static int print_json(const struct lessons *lessons)
{
    json_t *list = json_array();
    for (size_t i = 0; i < lessons->count; i++)
        json_array_append_new(list, json_lesson(lessons->name[i]));
    json_t *object = json_pack("{s:o}", "lessons", list);
    int result = json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
    return result == 0 ? DONE : CANNOT_GRADE;
}

int command_list(const struct lessons *lessons, const struct options *options)
{
    if (options->json)
        return print_json(lessons);
    for (size_t i = 0; i < lessons->count; i++)
        if (options->names)
            puts(lessons->name[i]);
        else
            print_line(lessons->name[i]);
    return DONE;
}
