// options: what the user has typed.

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

struct options {
    const char *command; // NULL: none
    const char *lesson;  // as the user wrote it; NULL: the next unfinished one
    const char *only, *seed, *from; // NULL: not given
    bool json, names, verbose, untraced;
};

// Reads main()'s arguments, to which the result points. Ends the runner if
// they ask for --help, or can't be right.
struct options options_parse(int argc, char *argv[]);

#endif
