// The lessons as they are on disk, and what is known of the user's progress.
// All of that is kept below build/state, so `make clean` forgets it.

#include "workbook.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static uint64_t mix(uint64_t hash, int64_t value)
{
    return (hash ^ (uint64_t)value) * UINT64_C(1099511628211);
}

// Mixes size and time of the files that match PATTERN into HASH.
static uint64_t mix_files(uint64_t hash, const char *pattern)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return hash;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat facts;
        if (stat(found.gl_pathv[i], &facts) == -1)
            continue;
        hash = mix(hash, facts.st_size);
        hash = mix(hash, facts.st_mtim.tv_sec);
        hash = mix(hash, facts.st_mtim.tv_nsec);
    }
    globfree(&found);
    return hash;
}

// A number that changes when any file that matters to the lesson does.
static uint64_t fingerprint(const char *lesson)
{
    char pattern[PATH_MAX];
    snprintf(pattern, sizeof pattern, "lessons/%s/*.[ch]", lesson);
    uint64_t hash = mix_files(UINT64_C(14695981039346656037), pattern);
    snprintf(pattern, sizeof pattern, "tests/%s/*.c", lesson);
    return mix_files(hash, pattern);
}

void progress_begin(void)
{
    mkdir("build", 0777);
    mkdir(STATE, 0777);
}

static bool read_state(const char *name, char *text, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, STATE "/%s", name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool ok = fgets(text, (int)size, file) != NULL;
    fclose(file);
    return ok;
}

// A state that can't be written is only forgotten.
static void write_state(const char *name, const char *text)
{
    char path[PATH_MAX], new[PATH_MAX];
    snprintf(path, sizeof path, STATE "/%s", name);
    snprintf(new, sizeof new, STATE "/%s.%d", name, getpid());
    FILE *file = fopen(new, "we");
    if (file == NULL)
        return;
    fputs(text, file);
    if (fclose(file) != 0 || rename(new, path) == -1)
        unlink(new);
}

bool progress_is_done(const char *lesson)
{
    char text[NAME_SIZE];
    return read_state(lesson, text, sizeof text) &&
           strtoull(text, NULL, 16) == fingerprint(lesson);
}

void progress_set_done(const char *lesson)
{
    char text[NAME_SIZE];
    snprintf(text, sizeof text, "%" PRIx64 "\n", fingerprint(lesson));
    write_state(lesson, text);
}

bool progress_failure(char lesson[NAME_SIZE], char check[NAME_SIZE])
{
    char text[2 * NAME_SIZE];
    return read_state("failure", text, sizeof text) &&
           sscanf(text, "%63s %63s", lesson, check) == 2;
}

// Finds the TODO with the lowest number below *lowest, which becomes that.
static void find_todo(const char *path, int *lowest, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    char line[512];
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        const char *todo = strstr(line, "// TODO ");
        int step;
        if (todo == NULL || sscanf(todo, "// TODO %*d.%d", &step) != 1 ||
            step >= *lowest)
            continue;
        *lowest = step;
        snprintf(text, size,
                 "%s:%d\n        %.*s\n        (its comment goes once it "
                 "is done)",
                 path, number, (int)strcspn(todo + 3, "\n"), todo + 3);
    }
    fclose(file);
}

bool lessons_first_todo(const char *lesson, char *text, size_t size)
{
    char pattern[PATH_MAX];
    snprintf(pattern, sizeof pattern, "lessons/%s/*.[ch]", lesson);
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0)
        return false;
    int lowest = INT_MAX;
    for (size_t i = 0; i < files.gl_pathc; i++)
        find_todo(files.gl_pathv[i], &lowest, text, size);
    globfree(&files);
    return lowest != INT_MAX;
}

bool lessons_has_sources(const char *lesson, const char *sources)
{
    char pattern[PATH_MAX], path[2 * PATH_MAX];
    snprintf(pattern, sizeof pattern, "solutions/%s/*.c", lesson);
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0)
        return true;
    bool all = true;
    for (size_t i = 0; all && i < files.gl_pathc; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", sources, lesson,
                 strrchr(files.gl_pathv[i], '/') + 1);
        all = access(path, R_OK) == 0;
        if (!all)
            fprintf(stderr, "workbook: %s: %s\n", path, strerror(errno));
    }
    globfree(&files);
    return all;
}
