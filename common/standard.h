// standard: descriptors 0, 1 and 2: standard input, output and error.

#ifndef STANDARD_H
#define STANDARD_H

// Opens /dev/null in the place of each of the three that is closed. A socket
// would get its number else, the lowest that is free, and what is meant for
// standard output or error would go into the connection. Call it before any
// descriptor is opened.
// Returns 0; -1 with errno, EBADF if standard output was closed: whatever the
// program prints would be lost; open(2), null(4).
int standard_open(void);

#endif
