// outside: whether a build depends on files that are neither the submission's
// nor the workbook's; for programs.c.

#ifndef OUTSIDE_H
#define OUTSIDE_H

#include "workbook/programs.h"

#include <stdbool.h>

// True if something that was compiled is from elsewhere, or may be: it is then
// built anew each time.
bool outside_is_used(const struct submission *submission,
                     const struct programs *programs);

#endif
