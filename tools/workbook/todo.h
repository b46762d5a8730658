// todo: what is still to be written in a student's files.

#ifndef TODO_H
#define TODO_H

#include "workbook/submission.h"

#include <stdbool.h>

enum { TODO_TEXT_SIZE = 2048 };

struct todo {
    int step; // 3, of TODO 1.3
    const char *file;
    int line;
    char sentence[TODO_TEXT_SIZE]; // its first, whole: "TODO 1.3: wait for ..."
    char rest[TODO_TEXT_SIZE];     // the lines of its comment behind that
};

// Finds the one with the lowest number. Returns false if there is none.
bool todo_find_first(const struct submission *submission, struct todo *first);

#endif
