// lessons: the finder of lessons. A lesson is a folder of lessons/ that has
// checks: tests/NN-name/grade.c.

#ifndef LESSONS_H
#define LESSONS_H

#include <glob.h>
#include <stdbool.h>
#include <stddef.h>

enum { LESSONS_MAX = 64, NAME_SIZE = 64 }; // bytes of a name, with its zero

struct lessons {
    size_t count;
    char name[LESSONS_MAX][NAME_SIZE]; // "01-echo-server", in order
};

// Finds them. Returns 0; -1 with errno.
int lessons_find(struct lessons *lessons);

// Returns the lesson that TEXT names by its number or name; NULL if none does.
const char *lessons_named(const struct lessons *lessons, const char *text);

// Finds the files that a lesson has its reader write: the paths of those of the
// solution. Returns true, and the caller calls globfree(); false if there are
// none.
bool lesson_files(const char *lesson, glob_t *files);

#endif
