// submission: a lesson's files as they were at one moment. What is built,
// graded and remembered is this, whatever becomes of the files meanwhile. Only
// those that the solution has are taken.

#ifndef SUBMISSION_H
#define SUBMISSION_H

#include "workbook/lessons.h"
#include "workbook/place.h"

#include <stddef.h>
#include <stdio.h>

enum { FILES_MAX = 32 };

struct submission {
    char folder[PATH_MAX + NAME_SIZE]; // what they were read from, for messages
    char lesson[NAME_SIZE];
    size_t count;
    struct submitted {
        char name[NAME_SIZE];
        char *bytes; // SIZE of them, and a zero behind them
        size_t size;
    } file[FILES_MAX];
};

// Reads what PLACE has of LESSON, and says on stderr what is wrong with it, and
// what else is there and left out. Returns DONE; NOT_DONE if a file is missing
// or can't be taken; BAD_USAGE if there is no such folder. The caller calls
// submission_free() in every case.
int submission_read(const char *lesson, const struct place *place,
                    struct submission *submission);

// The same of what the user has in lessons/, and says nothing.
int submission_read_quietly(const char *lesson, struct submission *submission);

void submission_free(struct submission *submission);

// Writes all of it to OUT: two are equal if what is written is.
void submission_write(FILE *out, const struct submission *submission);

#endif
