#include "workbook/programs.h"

#include "workbook/files.h"
#include "workbook/hash.h"
#include "workbook/kept.h"
#include "workbook/make.h"
#include "workbook/outside.h"

#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { ROOM_NEEDED = 16 * 1024 * 1024, FILES_NEEDED = 64 }; // to build

// Only these characters are safe in what make is given.
static bool is_plain(const char *path)
{
    return path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-")] ==
           '\0';
}

static int cannot(const char *path)
{
    fprintf(stderr, "workbook: %s: %s\n", path, strerror(errno));
    return CANNOT_GRADE;
}

// Everything that decides what is built of the submission. The caller frees
// it; NULL with errno.
static char *what_decides(const struct submission *submission,
                          const struct programs *programs, size_t *size)
{
    char *text, pattern[PATH_MAX];
    FILE *out = open_memstream(&text, size);
    if (out == NULL)
        return NULL;
    snprintf(pattern, sizeof pattern, "solutions/%s/*.[ch]",
             submission->lesson);
    uint64_t hash = hash_files(HASH_OF_NOTHING, "common/*.[ch]");
    hash = hash_files(hash_files(hash, "Makefile"), pattern);
    hash = hash_files(hash, "build/flags.tested");
    fprintf(out, "%s %016" PRIx64 "\n", programs->shown, hash);
    submission_write(out, submission);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

// Copies the submission's files to the folder that it is built in.
static int copy_files(const struct submission *submission, const char *folder)
{
    if (folder_make(folder) == -1)
        return -1;
    for (size_t i = 0; i < submission->count; i++) {
        const struct submitted *file = &submission->file[i];
        char path[3 * PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, file->name);
        if (file_write(path, file->bytes, file->size) == -1)
            return -1;
    }
    return 0;
}

// Makes the folder that it is built in, with a copy of the files.
static int lay_out(const struct submission *submission,
                   struct programs *programs, const char *what, size_t size)
{
    char path[2 * PATH_MAX], common[PATH_MAX];
    // Somebody who tidies up may take it away before it is locked.
    for (int attempt = 0; programs->lock == -1 && attempt < 100; attempt++) {
        if (folder_make(programs->base) == -1)
            return -1;
        programs->lock = folder_lock(programs->base, LOCK_SH);
    }
    snprintf(path, sizeof path, "%s/common", programs->base);
    if (programs->lock == -1 || realpath("common", common) == NULL ||
        symlink(common, path) == -1)
        return -1;
    snprintf(path, sizeof path, "%s/lessons/%s", programs->base,
             submission->lesson);
    if (copy_files(submission, path) == -1)
        return -1;
    snprintf(path, sizeof path, "%s/what", programs->base);
    return file_write(path, what, size);
}

static int compile(const struct submission *submission,
                   const struct programs *programs, FILE *out,
                   struct remarks *remarks)
{
    char name[PATH_MAX], sources[PATH_MAX + 16], results[PATH_MAX + 16];
    char shown[2 * PATH_MAX + 8], copy[2 * PATH_MAX];
    snprintf(name, sizeof name, "NAME=%s", submission->lesson);
    snprintf(sources, sizeof sources, "SRC=%s/lessons", programs->base);
    snprintf(results, sizeof results, "OUT=%s/out", programs->base);
    snprintf(shown, sizeof shown, "SHOWN=%s", programs->shown);
    snprintf(copy, sizeof copy, "%s/lessons/%s", programs->base,
             submission->lesson);
    bool colour = out == stderr && isatty(STDERR_FILENO);
    const char *const variables[] = {
        name,
        sources,
        results,
        shown,
        colour ? "DIAGNOSTICS=-fdiagnostics-color=always" : NULL,
        NULL};
    const struct making making = {"programs",         variables, out,    copy,
                                  submission->folder, true,      remarks};
    int result = make(&making);
    if (result == 1)
        fprintf(stderr,
                "workbook: %s: the compiler got nowhere for minutes, "
                "or was killed\n",
                submission->folder);
    return result == 0 ? DONE : result == 1 ? CANNOT_GRADE : NOT_DONE;
}

// True if what is known to be right compiles: so what was submitted is at
// fault, and not the machine.
static bool compiler_works(void)
{
    return make(&(struct making){"compiles", .out = stderr, .limited = true}) ==
           0;
}

// Copies a program. Not a link: whoever writes over the one must not change
// the other.
static int copy_program(const char *from, const char *to)
{
    size_t size;
    char *bytes = file_read(from, KEPT_FILE_LIMIT, &size);
    if (bytes == NULL)
        return -1;
    int result = file_replace(to, bytes, size, 0777);
    free(bytes);
    return result;
}

// Puts the programs where a person looks for them. What can't be put there is
// only not found there.
static void publish(const struct programs *programs, const char *lesson,
                    const struct place *place)
{
    char folder[PATH_MAX + NAME_SIZE + 1], from[2 * PATH_MAX];
    snprintf(folder, sizeof folder, "%s/%s", place->programs, lesson);
    snprintf(from, sizeof from, "%s/%s", programs->folder, lesson);
    DIR *results = folder_make(folder) == 0 ? opendir(from) : NULL;
    if (results == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(results)) != NULL;) {
        char old[3 * PATH_MAX], new[3 * PATH_MAX];
        if (strchr(entry->d_name, '.') != NULL)
            continue; // no program
        snprintf(old, sizeof old, "%s/%s", from, entry->d_name);
        snprintf(new, sizeof new, "%s/%s", folder, entry->d_name);
        if (copy_program(old, new) == -1)
            cannot(new);
    }
    closedir(results);
}

static struct stat build_folder; // as it was when it was taken hold of

void build_folder_hold(void)
{
    if (folder_lock("build", LOCK_SH) == -1 ||
        stat("build", &build_folder) == -1)
        exit(cannot("build/lock"));
}

// What may have kept a compiler from its work, other than what it was given;
// NULL if nothing is known.
static const char *fault_of_build_folder(const char *base)
{
    struct stat now;
    struct statvfs room;
    // Somebody has removed it, or is about to, without asking.
    if (stat("build", &now) == -1 || now.st_ino != build_folder.st_ino ||
        now.st_nlink < build_folder.st_nlink)
        return "build/ was removed meanwhile";
    if (statvfs(base, &room) == 0 &&
        (room.f_bavail * room.f_frsize < ROOM_NEEDED ||
         (room.f_files > 0 && room.f_favail < FILES_NEEDED)))
        return "there is no room left on the disk for build/";
    return NULL;
}

// Puts them beside the programs: they are said whenever those are graded, also
// when nothing is compiled any more.
static void keep_warnings(const struct programs *programs,
                          const struct remarks *remarks)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/" WARNINGS, programs->base);
    if (remarks->warnings != NULL)
        file_write(path, remarks->warnings, remarks->size);
}

static int build_anew(const struct submission *submission, const char *pool,
                      const char *what, size_t size, FILE *out,
                      struct programs *programs, struct remarks *remarks)
{
    snprintf(programs->base, sizeof programs->base, "%.3900s/new.%d", pool,
             getpid());
    kept_tidy(pool);
    int result = lay_out(submission, programs, what, size) == -1
                     ? cannot(programs->base)
                     : compile(submission, programs, out, remarks);
    const char *fault =
        result == NOT_DONE ? fault_of_build_folder(programs->base) : NULL;
    if (fault == NULL && result == NOT_DONE && !compiler_works())
        fault = "what is right does not compile, either";
    if (fault != NULL) {
        fprintf(stderr, "This machine can't grade: %s.\n", fault);
        result = CANNOT_GRADE;
    }
    if (result != DONE) {
        programs_close(programs);
        return result;
    }
    keep_warnings(programs, remarks);
    // Helpers that were changed while they were compiled: next time, anew.
    size_t size_now;
    char *now = what_decides(submission, programs, &size_now);
    bool same = now != NULL && size_now == size && memcmp(now, what, size) == 0;
    free(now);
    if (same && !outside_is_used(submission, programs))
        kept_add(programs, pool, submission->lesson);
    kept_tidy(pool);
    return DONE;
}

int programs_open(const struct submission *submission,
                  const struct place *place, FILE *out,
                  struct programs *programs, struct remarks *remarks)
{
    char pool[PATH_MAX];
    *remarks = (struct remarks){.error = NULL};
    *programs = (struct programs){.lock = -1};
    snprintf(pool, sizeof pool, "build/programs/%016" PRIx64 "/%s",
             hash_text(HASH_OF_NOTHING, place->folder), submission->lesson);
    snprintf(programs->shown, sizeof programs->shown, "%s",
             is_plain(submission->folder) ? submission->folder
                                          : submission->lesson);
    size_t size;
    char *what = what_decides(submission, programs, &size);
    if (what == NULL)
        return cannot(submission->folder);
    int result = DONE;
    if (!kept_find(programs, pool, submission->lesson, what, size))
        result =
            build_anew(submission, pool, what, size, out, programs, remarks);
    free(what);
    if (result != DONE)
        return result;
    snprintf(programs->folder, sizeof programs->folder, "%.4000s/out",
             programs->base);
    publish(programs, submission->lesson, place);
    return DONE;
}

void programs_close(struct programs *programs)
{
    if (!programs->kept)
        folder_remove(programs->base);
    if (programs->lock != -1)
        close(programs->lock);
}
