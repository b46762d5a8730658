// source: finds the line of the student's own files that a recorded place
// belongs to, with elfutils' libdw: it unwinds the copied stack and looks the
// frames up in the debugging information. Slow; only for reports.

#ifndef SOURCE_H
#define SOURCE_H

#include "tracer/sites.h"

#include <stdbool.h>

struct source_line {
    char file[64]; // its last part only
    int line;
    char function[64];
};

// Sets the directory, or the path's piece, that the student's files have in
// common. The string must stay.
void source_set_directory(const char *directory);

// Finds the innermost frame of site NUMBER in the student's own files.
// Returns true, with its place in *found; false if there is none.
bool source_of(const struct sites *sites, int number,
               struct source_line *found);

#endif
