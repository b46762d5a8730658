// options: what the kernel says of the options of a program's sockets, however
// the program has set them: on a connection, or on the listener that has handed
// them on to it.

#ifndef WORDS_OPTIONS_H
#define WORDS_OPTIONS_H

#include "explain/failure.h"

#include <stdbool.h>

struct peer;
struct program;

// The program's socket of its connection with that peer, or the one that
// listens at its ->address: of whichever of its processes. To be closed. Where
// that is refused, the check ends as "not run".
int borrow_connection(const struct program *program, const struct peer *peer);
int borrow_listener(const struct program *program);

// The same of a connection; -1 if none of its processes has that.
int find_connection(const struct program *program, const struct peer *peer);

// The value that an option of such a socket has.
int option_of(int fd, int level, int option);

// An option of the program's connection with that peer, or of its listener
// (PEER is NULL), is as wanted. WHY is, in a sentence or more, what it is for.
void expect_option(struct program *program, struct peer *peer,
                   const struct wanted_option *wanted, const char *why);

#endif
