// Where it does, nobody knows when the build is out of date.

#include "workbook/outside.h"

#include "workbook/files.h"
#include "workbook/kept.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

// True if REAL is below FOLDER.
static bool is_below(const char *real, const char *folder)
{
    char path[PATH_MAX];
    size_t size = realpath(folder, path) == NULL ? 0 : strlen(path);
    return size > 0 && strncmp(real, path, size) == 0 && real[size] == '/';
}

// True if FILE, which was compiled, is none of the submission's or of common/.
static bool is_outside(const char *file, const char *base)
{
    char real[PATH_MAX];
    if (strncmp(file, "build/contents/", 15) == 0)
        return false;
    return realpath(file, real) == NULL ||
           (!is_below(real, base) && !is_below(real, "common"));
}

// True if one of the files that make's notes name is from elsewhere: then
// nobody knows when the build is out of date. (A name that make writes in
// another way, as blanks are in it, is from elsewhere, too.)
static bool notes_name_others(const char *path, const char *base)
{
    size_t size;
    char *text = file_read(path, KEPT_FILE_LIMIT, &size), *rest = text;
    bool others = text == NULL;
    for (char *word; !others && (word = strsep(&rest, " :\n")) != NULL;)
        others =
            *word != '\0' && strcmp(word, "\\") != 0 && is_outside(word, base);
    free(text);
    return others;
}

// What else a compiler may look for in other files leaves no note.
static bool mentions_others(const struct submission *submission)
{
    static const char *const words[] = {"__has_include", "__has_embed", "embed",
                                        "incbin"};
    for (size_t i = 0; i < submission->count; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (strstr(submission->file[i].bytes, words[k]) != NULL)
                return true;
    return false;
}

bool outside_is_used(const struct submission *submission,
                     const struct programs *programs)
{
    char pattern[2 * PATH_MAX];
    snprintf(pattern, sizeof pattern, "%s/out/%s/*.d", programs->base,
             submission->lesson);
    glob_t notes;
    if (mentions_others(submission) || glob(pattern, 0, NULL, &notes) != 0)
        return true;
    bool others = false;
    for (size_t i = 0; i < notes.gl_pathc && !others; i++)
        others = notes_name_others(notes.gl_pathv[i], programs->base);
    globfree(&notes);
    return others;
}
