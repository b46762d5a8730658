// Only regular files of the expected names and of sane sizes are read, and
// nothing depends on how the others are called.

#include "workbook/submission.h"

#include "workbook/files.h"

#include "base/status.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_LIMIT = 1024 * 1024, // bytes of a submitted file
    OTHERS_NAMED = 8,         // of the files that are ignored
};

static void say(const struct submission *submission, const char *name,
                const char *problem)
{
    fprintf(stderr, "workbook: %s/%s: %s\n", submission->folder, name, problem);
}

static const char *problem_of(int error)
{
    if (error == EINVAL)
        return "is not a regular file";
    if (error == EFBIG)
        return "is larger than 1 MiB";
    return strerror(error);
}

// Takes the file that the solution has as SOLUTION. A header may be missing:
// whether it is needed, the compiler says.
static bool take(struct submission *submission, const char *folder,
                 const char *solution, bool says)
{
    const char *name = strrchr(solution, '/') + 1;
    struct submitted *file = &submission->file[submission->count];
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s/%s", folder, submission->lesson, name);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = file_read(path, FILE_LIMIT, &file->size);
    if (file->bytes != NULL) {
        submission->count++;
        return true;
    }
    if (errno == ENOENT && name[strlen(name) - 1] == 'h')
        return true;
    if (says)
        say(submission, name, problem_of(errno));
    return false;
}

static bool is_expected(const struct submission *submission, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "solutions/%s/%s", submission->lesson, name);
    return access(path, F_OK) == 0;
}

// What somebody may believe to be compiled: source and object files, makefiles.
static bool seems_to_count(const char *name)
{
    static const char *const ends[] = {".c",   ".h",   ".C", ".cc", ".cpp",
                                       ".cxx", ".hpp", ".s", ".S",  ".o",
                                       ".a",   ".so",  ".i", ".mk"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t size = strlen(name), end = strlen(ends[i]);
        if (name[0] != '.' && size > end &&
            strcmp(name + size - end, ends[i]) == 0)
            return true;
    }
    return strcasecmp(name, "makefile") == 0 ||
           strcmp(name, "GNUmakefile") == 0;
}

// A name as it can be printed, whatever is in it.
static void print_name(FILE *out, const char *name)
{
    fputs("\n    \"", out);
    for (; *name != '\0'; name++) {
        unsigned char byte = (unsigned char)*name;
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < 0x80 && isprint(byte))
            fputc(byte, out);
        else
            fprintf(out, "\\x%02x", byte);
    }
    fputc('"', out);
}

static void name_others(const struct submission *submission, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort), others = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (seems_to_count(name) && !is_expected(submission, name)) {
            if (others == 0)
                fprintf(stderr,
                        "workbook: %s: not files of this lesson, "
                        "and ignored:",
                        submission->folder);
            if (++others <= OTHERS_NAMED)
                print_name(stderr, name);
        }
        free(entries[i]);
    }
    if (count != -1)
        free(entries);
    if (others > OTHERS_NAMED)
        fprintf(stderr, "\n    and %d more", others - OTHERS_NAMED);
    if (others > 0)
        fputc('\n', stderr);
}

static bool take_all(struct submission *submission, const char *folder,
                     bool says)
{
    glob_t files;
    if (!lesson_files(submission->lesson, &files))
        return true;
    bool all = true;
    for (size_t i = 0; i < files.gl_pathc && i < FILES_MAX; i++)
        all = take(submission, folder, files.gl_pathv[i], says) && all;
    globfree(&files);
    return all;
}

static int read_from(const char *folder, const char *lesson, bool says,
                     struct submission *submission)
{
    *submission = (struct submission){.count = 0};
    snprintf(submission->lesson, sizeof submission->lesson, "%s", lesson);
    snprintf(submission->folder, sizeof submission->folder, "%s/%s", folder,
             lesson);
    if (access(submission->folder, F_OK) == -1) {
        if (says)
            fprintf(stderr, "workbook: there is no folder %s\n",
                    submission->folder);
        return BAD_USAGE;
    }
    bool all = take_all(submission, folder, says);
    if (says)
        name_others(submission, submission->folder);
    return all ? DONE : NOT_DONE;
}

int submission_read(const char *lesson, const struct place *place,
                    struct submission *submission)
{
    return read_from(place->folder, lesson, true, submission);
}

int submission_read_quietly(const char *lesson, struct submission *submission)
{
    return read_from("lessons", lesson, false, submission);
}

void submission_free(struct submission *submission)
{
    for (size_t i = 0; i < submission->count; i++)
        free(submission->file[i].bytes);
    submission->count = 0;
}

void submission_write(FILE *out, const struct submission *submission)
{
    for (size_t i = 0; i < submission->count; i++) {
        const struct submitted *file = &submission->file[i];
        fprintf(out, "%s %zu\n", file->name, file->size);
        fwrite(file->bytes, 1, file->size, out);
    }
}
