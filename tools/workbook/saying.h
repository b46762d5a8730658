// saying: what compilers say by way of make, as it is shown to a person; for
// make.c.

#ifndef SAYING_H
#define SAYING_H

#include "workbook/make.h"

#include <stdbool.h>
#include <stddef.h>

enum { LINE_SHOWN = 2000 }; // bytes of each line

struct saying {
    const struct making *making;
    char line[LINE_SHOWN + 1]; // what has come of the next line
    size_t size;
    char *remarks; // what make itself said
    size_t remarks_size;
    FILE *to_remarks;
    int lines;
    bool was_killed; // a compiler, and not by a limit of ours
};

// Begins it. Ends the runner with CANNOT_GRADE if there is no memory.
void saying_begin(struct saying *saying, const struct making *making);

// Takes the next bytes, and writes to making->out what can be shown of them.
void saying_take(struct saying *saying, const char *bytes, size_t size);

// Ends it, and frees what it holds. FAILED: make has.
void saying_end(struct saying *saying, bool failed);

#endif
