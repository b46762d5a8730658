// remarks: what a compiler finds wrong, kept to be said once more where it is
// read: at the end.

#ifndef REMARKS_H
#define REMARKS_H

#include <stddef.h>
#include <stdio.h>

// Begins as {.error = NULL}. Each remark is a line without colours, fit to be
// shown: "FILE:LINE:COLUMN: error: ...".
struct remarks {
    char *error;       // the first one; NULL: none
    const char *means; // what kind of mistake that is; NULL: not known
    char *warnings;    // each of them once, a line each; NULL: none
    size_t size;       // bytes of them
};

// Takes one line of what a compiler or linker says.
void remarks_take(struct remarks *remarks, const char *line);

// Writes the first error and its kind, as two paragraphs.
void remarks_print_error(FILE *out, const struct remarks *remarks);

void remarks_free(struct remarks *remarks);

#endif
