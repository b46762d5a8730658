#include "workbook/progress.h"

#include "workbook/files.h"
#include "workbook/hash.h"

#include "base/status.h"
#include "explain/hints.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HINT_FILE STATE "/hint"
#define STEP_FILE STATE "/step" // of the hints, which was given last; on what

enum { STATE_FILE_LIMIT = 64 * 1024 * 1024 }; // bytes

void progress_begin(void)
{
    mkdir("build", 0777);
    mkdir(STATE, 0777);
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

static void find_path(const char *lesson, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, STATE "/%s", lesson);
}

static bool is_recorded(const struct submission *submission,
                        enum progress progress)
{
    char path[PATH_MAX];
    size_t size;
    find_path(submission->lesson, path);
    char *record = record_of(submission, progress, &size);
    bool same = record != NULL && file_holds(path, record, size);
    free(record);
    return same;
}

enum progress progress_of(const char *lesson)
{
    struct submission submission;
    enum progress progress = NOT_YET;
    if (submission_read_quietly(lesson, &submission) == DONE) {
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
    char path[PATH_MAX];
    size_t size;
    find_path(submission->lesson, path);
    char *record = record_of(submission, progress, &size);
    if (record != NULL)
        file_replace(path, record, size, 0666);
    free(record);
}

void progress_leave_hint(const char *text)
{
    file_replace(HINT_FILE, text, strlen(text), 0666);
}

void progress_forget_hint(void)
{
    unlink(FAILURE_FILE);
    unlink(HINT_FILE);
}

char *progress_hint(void)
{
    size_t size;
    return file_read(HINT_FILE, STATE_FILE_LIMIT, &size);
}

// Reads what such a file begins with. Returns how many names there are, and
// whether a digit follows, as sscanf(3) does.
static int read_failure(const char *path, struct first_failure *failure,
                        int *step)
{
    size_t size;
    *failure = (struct first_failure){.cause = ""};
    char *text = file_read(path, STATE_FILE_LIMIT, &size);
    int count = text == NULL
                    ? 0
                    : sscanf(text, "%63s %63s %63s %1d", failure->lesson,
                             failure->check, failure->cause, step);
    free(text);
    return count;
}

bool progress_failure(struct first_failure *failure)
{
    int step;
    // One that was written before causes were has only two names.
    return read_failure(FAILURE_FILE, failure, &step) >= 2;
}

int progress_next_step(const struct first_failure *failure)
{
    struct first_failure last;
    int step;
    if (read_failure(STEP_FILE, &last, &step) != 4 ||
        strcmp(last.lesson, failure->lesson) != 0 ||
        strcmp(last.check, failure->check) != 0 ||
        strcmp(last.cause, failure->cause) != 0 || step < 1)
        return 1;
    return step < HINT_STEPS ? step + 1 : HINT_STEPS;
}

void progress_set_step(const struct first_failure *failure, int step)
{
    char text[4 * NAME_SIZE];
    int size = snprintf(text, sizeof text, "%s %s %s %d\n", failure->lesson,
                        failure->check, failure->cause, step);
    file_replace(STEP_FILE, text, (size_t)size, 0666);
}
