// The last few builds of a lesson's programs, which are found again by what
// they were built of. No time of any file is looked at.
//
//   build/programs/PLACE/LESSON/       the pool; below that, for each build,
//     NUMBER/
//       what       all that decided about it: the files, flags, helpers
//       lock       held by those who use it
//       warnings   the compiler's, if there were any
//       made       what the programs held when they were made
//       common     a link, so that "../../common/net.h" is found
//       lessons/LESSON/    the files
//       out/LESSON/        what was made of them
//
// A build has its number once it is complete; until then it is called
// new.PROCESS. Nobody removes one that somebody else has locked.

#include "workbook/kept.h"

#include "workbook/files.h"
#include "workbook/hash.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { KEPT = 3, MADE_SIZE = 32 };

// What the programs of a build hold, as a line to be kept beside them: one that
// was run may have put another in its place.
static void what_was_made(const char *folder, const char *lesson,
                          char line[MADE_SIZE])
{
    char pattern[2 * PATH_MAX];
    snprintf(pattern, sizeof pattern, "%s/out/%s/[!.]*", folder, lesson);
    glob_t files;
    uint64_t hash = HASH_OF_NOTHING;
    if (glob(pattern, 0, NULL, &files) == 0) {
        for (size_t i = 0; i < files.gl_pathc; i++) {
            const char *name = strrchr(files.gl_pathv[i], '/') + 1;
            size_t size;
            char *bytes =
                strchr(name, '.') != NULL
                    ? NULL // no program
                    : file_read(files.gl_pathv[i], KEPT_FILE_LIMIT, &size);
            if (bytes != NULL)
                hash = hash_bytes(hash_text(hash, name), bytes, size);
            free(bytes);
        }
        globfree(&files);
    }
    snprintf(line, MADE_SIZE, "%016" PRIx64 "\n", hash);
}

static bool is_as_made(const char *folder, const char *lesson)
{
    char path[PATH_MAX + 8], line[MADE_SIZE];
    snprintf(path, sizeof path, "%s/made", folder);
    what_was_made(folder, lesson, line);
    return file_holds(path, line, strlen(line));
}

// True if the build in FOLDER is of WHAT; then programs->lock holds it.
static bool take_if_same(struct programs *programs, const char *folder,
                         const char *lesson, const char *what, size_t size)
{
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s/what", folder);
    int lock = folder_lock(folder, LOCK_SH);
    if (lock == -1)
        return false;
    if (!file_holds(path, what, size) || !is_as_made(folder, lesson)) {
        close(lock);
        return false;
    }
    programs->lock = lock;
    programs->kept = true;
    snprintf(programs->base, sizeof programs->base, "%s", folder);
    return true;
}

static int by_number(const void *left, const void *right)
{
    const char *a = strrchr(*(char *const *)left, '/') + 1;
    const char *b = strrchr(*(char *const *)right, '/') + 1;
    long long difference = strtoll(b, NULL, 10) - strtoll(a, NULL, 10);
    return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

// The builds of POOL, those that were made last in front.
static bool find_builds(const char *pool, const char *which, glob_t *builds)
{
    char pattern[PATH_MAX + 8];
    snprintf(pattern, sizeof pattern, "%s/%s", pool, which);
    if (glob(pattern, 0, NULL, builds) != 0)
        return false;
    qsort(builds->gl_pathv, builds->gl_pathc, sizeof *builds->gl_pathv,
          by_number);
    return true;
}

bool kept_find(struct programs *programs, const char *pool, const char *lesson,
               const char *what, size_t size)
{
    glob_t builds;
    if (!find_builds(pool, "[0-9]*", &builds))
        return false;
    bool found = false;
    for (size_t i = 0; i < builds.gl_pathc && !found; i++)
        found = take_if_same(programs, builds.gl_pathv[i], lesson, what, size);
    globfree(&builds);
    return found;
}

// Removes what nobody uses, but for the first SPARED.
static void remove_unused(const char *pool, const char *which, size_t spared)
{
    glob_t builds;
    if (!find_builds(pool, which, &builds))
        return;
    for (size_t i = spared; i < builds.gl_pathc; i++) {
        int lock = folder_lock(builds.gl_pathv[i], LOCK_EX | LOCK_NB);
        if (lock == -1)
            continue;
        folder_remove(builds.gl_pathv[i]);
        close(lock);
    }
    globfree(&builds);
}

// The number after the highest.
static long long next_number(const char *pool)
{
    glob_t builds;
    if (!find_builds(pool, "[0-9]*", &builds))
        return 1;
    long long last = strtoll(strrchr(builds.gl_pathv[0], '/') + 1, NULL, 10);
    globfree(&builds);
    return last + 1;
}

void kept_add(struct programs *programs, const char *pool, const char *lesson)
{
    char made[MADE_SIZE], path[PATH_MAX + 8];
    what_was_made(programs->base, lesson, made);
    snprintf(path, sizeof path, "%s/made", programs->base);
    if (file_write(path, made, strlen(made)) == -1)
        return; // then it is used once

    for (int attempt = 0; attempt < 100 && !programs->kept; attempt++) {
        char name[PATH_MAX + 24];
        snprintf(name, sizeof name, "%s/%lld", pool, next_number(pool));
        if (rename(programs->base, name) == 0) {
            programs->kept = true;
            snprintf(programs->base, sizeof programs->base, "%.4000s", name);
        } else if (errno != EEXIST && errno != ENOTEMPTY) {
            return; // then it is used once
        }
    }
}

void kept_tidy(const char *pool)
{
    remove_unused(pool, "new.*", 0);
    remove_unused(pool, "[0-9]*", KEPT);
}
