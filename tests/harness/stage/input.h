// input: what a program is given on its standard input, and how. The
// bytes are the caller's, and must stay until they are written.

#ifndef INPUT_H
#define INPUT_H

#include "stage/descriptor.h"
#include "stage/program_options.h"

#include <stdbool.h>
#include <stddef.h>

struct input {
    struct descriptor pipe; // its fd is -1 once it has ended
    const char *next;       // what is still to be written
    size_t left;
    bool stays_open; // also when nothing is left
};

// Begins with what OPTIONS have for it; FD is the pipe's end, and goes over to
// the program. For program_start() only.
void input_begin(struct input *input, int fd,
                 const struct program_options *options);

// From now on, so little fits into the pipe that a program which reads in small
// pieces is seen to go on.
void input_shrink_pipe(struct input *input);

// From now on, each read(2) gets a single byte (pipe(2), O_DIRECT).
void input_byte_by_byte(struct input *input);

// From now on it does not end when all has been written.
void input_stay_open(struct input *input);

// Gives it more, where it has stayed open, and nothing is left.
void input_more(struct input *input, const void *bytes, size_t size);

// True if all that it was to get has been written.
bool input_is_written(const struct input *input);

void input_end(struct input *input);

#endif
