// workbook: what the parts of the student's runner share.

#ifndef WORKBOOK_H
#define WORKBOOK_H

#include "base/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { LESSONS_MAX = 64, NAME_SIZE = 64, FILES_MAX = 32 };

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

// Finds the first TODO in a lesson's files. Returns true with "FILE:LINE", and
// the TODO itself on a second line, in *text.
bool lessons_first_todo(const char *lesson, char *text, size_t size);

// Where submissions are, and where their programs are put for a person to try.
struct place {
    char sources[PATH_MAX];  // "lessons", "solutions" or an absolute path
    char programs[PATH_MAX]; // below build/
};

// Finds the place for --from FROM (NULL: lessons/). Returns 0; -1 after saying
// on stderr what is wrong with it.
int place_find(const char *from, struct place *place);

// A lesson's files as they were at one moment. What is built, graded and
// remembered is this, whatever becomes of the files meanwhile. Only those that
// the solution has are taken.
struct submission {
    char folder[PATH_MAX + NAME_SIZE]; // what they were read from, for messages
    char lesson[NAME_SIZE];
    size_t count;
    struct submitted {
        char name[NAME_SIZE];
        char *bytes; // SIZE of them
        size_t size;
    } file[FILES_MAX];
};

// Reads what PLACE has of LESSON; with SAYS, says on stderr what is wrong with
// it, and what else is there and left out. Returns DONE; NOT_DONE if a file is
// missing or can't be taken; BAD_USAGE if there is no such folder. The
// caller calls submission_free() in every case.
int submission_read(const char *lesson, const struct place *place, bool says,
                    struct submission *submission);
void submission_free(struct submission *submission);

// Writes all of it to OUT: two are equal if what is written is.
void submission_write(FILE *out, const struct submission *submission);

// A number that changes with the content of the workbook's files that match
// PATTERN (glob(7)); HASH is that of others before them, or HASH_OF_NOTHING.
#define HASH_OF_NOTHING UINT64_C(14695981039346656037)
uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size);
uint64_t hash_text(uint64_t hash, const char *text);
uint64_t hash_files(uint64_t hash, const char *pattern);

// Reads a whole file. Returns its bytes, which the caller frees, with a zero
// behind them; NULL with errno, EINVAL if it is no regular file and EFBIG if it
// is larger than LIMIT.
char *read_file(const char *path, size_t limit, size_t *size);

// Makes the folder that the user's progress is kept in.
void progress_begin(void);

// What is known of a lesson, as it is now: a submission with the same files
// has passed, on the same checks.
enum progress { NOT_YET, PASSED_IN_PART, PASSED };
enum progress progress_of(const char *lesson);
void progress_set(const struct submission *submission, enum progress progress);

// Where a grader writes which check failed first, for `hint`: the lesson's and
// the check's name. Returns true if there is one.
#define STATE "build/state"
#define FAILURE_FILE STATE "/failure"
bool progress_failure(char lesson[NAME_SIZE], char check[NAME_SIZE]);

// Has make build TARGET, and MORE targets or variables ("NAME=value"), up to
// NULL. What make's children say, or if they say nothing what make says itself,
// goes to OUT, with the path FROM in it (NULL: none) written as TO.
// LIMITED: with limits of time and memory, for what a stranger wrote.
// Returns 0; -1 if it fails; 1 if it took too long, or was killed.
struct making {
    const char *target;
    const char *const *more; // NULL: none
    FILE *out;
    const char *from, *to;
    bool limited;
};
int make(const struct making *making);

// Builds a lesson's grader, or finds that it is as it was built. Returns 0; -1
// after make has said why not.
int grader_build(const char *lesson);

// Keeps `make clean` waiting until this process ends.
void build_folder_hold(void);

// A submission's programs. They stay as long as it is open.
struct programs {
    char folder[PATH_MAX];    // they are in folder/LESSON/
    char shown[2 * PATH_MAX]; // what their debugging information calls the
                              // folder of their sources
    char base[PATH_MAX];      // all that was built; only for programs.c
    int lock;                 // likewise
    bool kept;                // likewise
};

// Builds a submission's programs, or finds them as they were built before of
// the same files. What the compiler says goes to OUT. Returns DONE; NOT_DONE if
// they don't compile; CANNOT_GRADE after saying why on stderr. The caller calls
// programs_close() if it is DONE.
int programs_open(const struct submission *submission,
                  const struct place *place, FILE *out,
                  struct programs *programs);
void programs_close(struct programs *programs);

// Prints, as JSON, why there is no grade: a lesson's (NULL: of any), with what
// the compiler said (NULL: nothing).
void grade_print_error(const char *lesson, const char *error,
                       const char *compiler);

// Grades a lesson, and notes it if all of it has passed. Returns DONE,
// DONE_IN_PART, or what else to exit with.
int grade(const char *lesson, const struct options *options);

#endif
