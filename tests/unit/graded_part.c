// The second part of the lesson in graded.c. By its line alone, its check would
// be among the first.

#include "grader/grade.h"

PART(2)

GRADED(stands_in_the_second_part, 1, "stands in the second part", "?")
{
}
