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

enum { RECORD_LIMIT = 64 * 1024 * 1024 }; // bytes

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

void progress_begin(void)
{
    mkdir("build", 0777);
    mkdir(STATE, 0777);
}

// A state that can't be written is only forgotten.
static void write_state(const char *name, const char *text, size_t size)
{
    char path[PATH_MAX], new[PATH_MAX];
    snprintf(path, sizeof path, STATE "/%s", name);
    snprintf(new, sizeof new, STATE "/%s.%d", name, getpid());
    FILE *file = fopen(new, "we");
    if (file == NULL)
        return;
    bool ok = fwrite(text, 1, size, file) == size;
    if (fclose(file) != 0 || !ok || rename(new, path) == -1)
        unlink(new);
}

// What is written down of a lesson that has passed: how, and all that it
// depended on. The caller frees it; NULL if there is no memory.
static char *record_of(const struct submission *submission,
                       enum progress progress, size_t *size)
{
    char *text, pattern[PATH_MAX];
    FILE *out = open_memstream(&text, size);
    if (out == NULL)
        return NULL;
    snprintf(pattern, sizeof pattern, "tests/%s/*.[ch]", submission->lesson);
    uint64_t hash = hash_files(HASH_OF_NOTHING, "common/*.[ch]");
    fprintf(out, "%s %016" PRIx64 "\n",
            progress == PASSED ? "passed" : "in part",
            hash_files(hash, pattern));
    submission_write(out, submission);
    return fclose(out) == 0 ? text : NULL;
}

static bool is_recorded(const struct submission *submission,
                        enum progress progress)
{
    char path[PATH_MAX];
    size_t size, size_there;
    snprintf(path, sizeof path, STATE "/%s", submission->lesson);
    char *there = read_file(path, RECORD_LIMIT, &size_there);
    char *record = record_of(submission, progress, &size);
    bool same = there != NULL && record != NULL && size == size_there &&
                memcmp(record, there, size) == 0;
    free(record);
    free(there);
    return same;
}

enum progress progress_of(const char *lesson)
{
    const struct place lessons = {.sources = "lessons"};
    struct submission submission;
    enum progress progress = NOT_YET;
    if (submission_read(lesson, &lessons, false, &submission) == DONE) {
        if (is_recorded(&submission, PASSED))
            progress = PASSED;
        else if (is_recorded(&submission, PASSED_IN_PART))
            progress = PASSED_IN_PART;
    }
    submission_free(&submission);
    return progress;
}

void progress_set(const struct submission *submission, enum progress progress)
{
    size_t size;
    char *record = record_of(submission, progress, &size);
    if (record != NULL)
        write_state(submission->lesson, record, size);
    free(record);
}

bool progress_failure(char lesson[NAME_SIZE], char check[NAME_SIZE])
{
    size_t size;
    char *text = read_file(FAILURE_FILE, RECORD_LIMIT, &size);
    bool known = text != NULL && sscanf(text, "%63s %63s", lesson, check) == 2;
    free(text);
    return known;
}

// Finds the TODO with the lowest number below *lowest, which becomes that.
static void find_todo(const struct submission *submission,
                      const struct submitted *file, int *lowest, char *text,
                      size_t size)
{
    int number = 1, step;
    for (const char *line = file->bytes; *line != '\0'; number++) {
        size_t length = strcspn(line, "\n");
        const char *todo = memmem(line, length, "// TODO ", 8);
        if (todo != NULL && sscanf(todo, "// TODO %*d.%d", &step) == 1 &&
            step < *lowest) {
            *lowest = step;
            snprintf(text, size,
                     "%s/%s:%d\n        %.*s\n        (its comment goes once "
                     "it is done)",
                     submission->folder, file->name, number,
                     (int)strcspn(todo + 3, "\n"), todo + 3);
        }
        line += length + (line[length] == '\n');
    }
}

bool lessons_first_todo(const char *lesson, char *text, size_t size)
{
    const struct place lessons = {.sources = "lessons"};
    struct submission submission;
    int lowest = INT_MAX;
    submission_read(lesson, &lessons, false, &submission);
    for (size_t i = 0; i < submission.count; i++)
        find_todo(&submission, &submission.file[i], &lowest, text, size);
    submission_free(&submission);
    return lowest != INT_MAX;
}
