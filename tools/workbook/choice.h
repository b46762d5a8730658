// choice: which lesson is meant.

#ifndef CHOICE_H
#define CHOICE_H

#include "workbook/lessons.h"

// Returns the first lesson that is not done; NULL if all are.
const char *next_lesson(const struct lessons *lessons);

// Returns the lesson that TEXT names; with NULL, the next one, or the last if
// all are done. Ends the runner with BAD_USAGE, and says which there are, if
// none has that name.
const char *choose_lesson(const struct lessons *lessons, const char *text);

#endif
