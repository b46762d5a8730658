// advice: what a student does next.

#ifndef ADVICE_H
#define ADVICE_H

#include "workbook/lessons.h"

// Prints it, after LESSON was graded with RESULT, what grade() returned.
void advice_print(const struct lessons *lessons, const char *lesson,
                  int result);

#endif
