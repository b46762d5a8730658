// place: where submissions are, and where their programs are put for a person
// to try.

#ifndef PLACE_H
#define PLACE_H

#include <limits.h>

struct place {
    char folder[PATH_MAX];   // "lessons", "solutions" or an absolute path
    char programs[PATH_MAX]; // below build/
};

// Finds the place for --from FROM (NULL: lessons/). Returns 0; -1 after saying
// on stderr what is wrong with it.
int place_find(const char *from, struct place *place);

#endif
