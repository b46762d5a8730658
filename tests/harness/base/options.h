// options: what the options of sockets are called in C: setsockopt(2).

#ifndef OPTIONS_H
#define OPTIONS_H

// Returns the name of an option, "SO_REUSEADDR"; NULL if none is known.
const char *name_of_option(int level, int option);

// Returns the name of a level, "SOL_SOCKET"; NULL if none is known.
const char *name_of_level(int level);

// Returns the page of the manual that tells of a level's options, "socket".
const char *page_of_level(int level);

#endif
