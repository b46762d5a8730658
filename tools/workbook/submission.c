// Reading what was submitted: only regular files of the expected names and of
// sane sizes, and nothing that depends on how the others are called.

#include "workbook.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_LIMIT = 1024 * 1024, // bytes of a submitted file
    OTHERS_NAMED = 8,         // of the files that are ignored
};

// Reads up to SIZE bytes. Returns how many there were; -1 with errno.
static ssize_t read_all(int fd, char *bytes, size_t size)
{
    size_t total = 0;
    while (total < size) {
        ssize_t count = read(fd, bytes + total, size - total);
        if (count == -1 && errno == EINTR)
            continue;
        if (count == -1)
            return -1;
        if (count == 0)
            break;
        total += (size_t)count;
    }
    return (ssize_t)total;
}

static char *read_open_file(int fd, size_t limit, size_t *size)
{
    struct stat facts;
    if (fstat(fd, &facts) == -1)
        return NULL;
    if (!S_ISREG(facts.st_mode) || (uintmax_t)facts.st_size > limit) {
        errno = S_ISREG(facts.st_mode) ? EFBIG : EINVAL;
        return NULL;
    }
    char *bytes = malloc(limit + 1);
    if (bytes == NULL)
        return NULL;
    // It may be growing: what counts is what is read.
    ssize_t count = read_all(fd, bytes, limit + 1);
    if (count == -1 || (size_t)count > limit) {
        errno = count == -1 ? errno : EFBIG;
        free(bytes);
        return NULL;
    }
    bytes[count] = '\0';
    *size = (size_t)count;
    char *fitting = realloc(bytes, *size + 1);
    if (fitting == NULL)
        return bytes;
    return fitting;
}

char *read_file(const char *path, size_t limit, size_t *size)
{
    // Without O_NONBLOCK, a FIFO would be waited for.
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd == -1)
        return NULL;
    char *bytes = read_open_file(fd, limit, size);
    int error = errno;
    close(fd);
    errno = error;
    return bytes;
}

uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return (hash ^ size) * UINT64_C(1099511628211);
}

uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text));
}

uint64_t hash_files(uint64_t hash, const char *pattern)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return hash;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t size;
        char *bytes = read_file(found.gl_pathv[i], 64 * FILE_LIMIT, &size);
        if (bytes == NULL)
            continue;
        hash = hash_bytes(hash_text(hash, found.gl_pathv[i]), bytes, size);
        free(bytes);
    }
    globfree(&found);
    return hash;
}

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
static bool take(struct submission *submission, const char *sources,
                 const char *solution, bool says)
{
    const char *name = strrchr(solution, '/') + 1;
    struct submitted *file = &submission->file[submission->count];
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s/%s", sources, submission->lesson, name);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = read_file(path, FILE_LIMIT, &file->size);
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

static bool take_all(struct submission *submission, const char *sources,
                     bool says)
{
    char pattern[PATH_MAX];
    snprintf(pattern, sizeof pattern, "solutions/%s/*.[ch]",
             submission->lesson);
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0)
        return true;
    bool all = true;
    for (size_t i = 0; i < files.gl_pathc && i < FILES_MAX; i++)
        all = take(submission, sources, files.gl_pathv[i], says) && all;
    globfree(&files);
    return all;
}

int submission_read(const char *lesson, const struct place *place, bool says,
                    struct submission *submission)
{
    *submission = (struct submission){.count = 0};
    snprintf(submission->lesson, sizeof submission->lesson, "%s", lesson);
    snprintf(submission->folder, sizeof submission->folder, "%s/%s",
             place->sources, lesson);
    if (access(submission->folder, F_OK) == -1) {
        if (says)
            fprintf(stderr, "workbook: there is no folder %s\n",
                    submission->folder);
        return BAD_USAGE;
    }
    bool all = take_all(submission, place->sources, says);
    if (says)
        name_others(submission, submission->folder);
    return all ? DONE : NOT_DONE;
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
