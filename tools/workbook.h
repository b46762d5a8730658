// workbook: what the parts of the student's runner share.

#ifndef WORKBOOK_H
#define WORKBOOK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

// The runner's exit statuses; the graders use the same (tests/harness/grade.h).
enum { DONE = 0, NOT_DONE = 1, BAD_USAGE = 2, CANNOT_GRADE = 3 };

enum { LESSONS_MAX = 64, NAME_SIZE = 64 };

struct options {
    const char *command; // check, hint, build, list; NULL: the next lesson
    const char *lesson;  // as the user wrote it; NULL: the next unfinished one
    const char *only, *seed, *from; // NULL: not given
    bool json, verbose, untraced, watch;
};

struct lessons {
    size_t count;
    char name[LESSONS_MAX][NAME_SIZE]; // "01-echo-server", in order
};

// Finds the lessons that have grading tests. Returns 0; -1 with errno.
int lessons_find(struct lessons *lessons);

// Returns the lesson that TEXT names by its number or name; NULL if none does.
const char *lessons_named(const struct lessons *lessons, const char *text);

// Makes the folder that the user's progress is kept in.
void progress_begin(void);

// True if the lesson passed as it is now: no file of it has changed since.
bool progress_is_done(const char *lesson);
void progress_set_done(const char *lesson);

// Where a grader writes which check failed first, for `hint`: the lesson's and
// the check's name. Returns true if there is one.
#define STATE "build/state"
#define FAILURE_FILE STATE "/failure"
bool progress_failure(char lesson[NAME_SIZE], char check[NAME_SIZE]);

// True if the folder SOURCES has each C file of the lesson that the solution
// has; if not, says on stderr which is missing.
bool lessons_has_sources(const char *lesson, const char *sources);

// Finds the first TODO in a lesson's files. Returns true with "FILE:LINE", and
// the TODO itself on a second line, in *text.
bool lessons_first_todo(const char *lesson, char *text, size_t size);

// Where a lesson's sources are, and where its programs go; both relative to
// the workbook or absolute, and fit for make.
struct place {
    char sources[PATH_MAX], programs[PATH_MAX];
};

// Finds the place for --from FROM (NULL: lessons/). Returns 0; -1 after saying
// on stderr what is wrong with it.
int build_place(const char *from, struct place *place);

// Builds a lesson's grader. Returns 0; -1 after make has said why.
int build_grader(const char *lesson);

// Builds a lesson's programs. What the compiler says goes to stderr, or with
// OUTPUT not NULL into a string there, which the caller frees.
// Returns 0; -1 if they don't compile.
int build_programs(const char *lesson, const struct place *place,
                   char **output);

#endif
