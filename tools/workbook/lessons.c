#include "workbook/lessons.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_lesson(const struct dirent *entry)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "tests/%s/grade.c", entry->d_name);
    return isdigit((unsigned char)entry->d_name[0]) &&
           strlen(entry->d_name) < NAME_SIZE && access(path, F_OK) == 0;
}

int lessons_find(struct lessons *lessons)
{
    struct dirent **entries;
    int count = scandir("lessons", &entries, is_lesson, alphasort);
    if (count == -1)
        return -1;
    lessons->count = 0;
    for (int i = 0; i < count; i++) {
        if (lessons->count < LESSONS_MAX)
            snprintf(lessons->name[lessons->count++], NAME_SIZE, "%.63s",
                     entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

const char *lessons_named(const struct lessons *lessons, const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    for (size_t i = 0; i < lessons->count; i++) {
        const char *name = lessons->name[i];
        bool same_number =
            *end == '\0' && end != text && strtol(name, NULL, 10) == number;
        if (same_number || strcmp(name, text) == 0)
            return name;
    }
    return NULL;
}

bool lesson_files(const char *lesson, glob_t *files)
{
    char pattern[PATH_MAX];
    snprintf(pattern, sizeof pattern, "solutions/%s/*.[ch]", lesson);
    return glob(pattern, 0, NULL, files) == 0;
}
