// program_options: how a program is to be started.

#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PROGRAM_ARGUMENTS = 8,
    OUTPUT_LIMIT = 16 * 1024 * 1024, // more than this is read and dropped
    PROGRAM_DESCRIPTORS = 4096,      // the usual limit of open descriptors
    PROGRAM_OCCUPIED = 1100, // where only a few are free: how many there are
};

// Where the program's standard output goes.
enum program_stdout { STDOUT_KEPT, STDOUT_FULL, STDOUT_CLOSED };

struct program_options {
    const char *arguments[PROGRAM_ARGUMENTS]; // after the name; ends at NULL
    // Standard input's bytes, the caller's, and then its end. NULL: it stays
    // open, and silent.
    const void *input;
    size_t input_size;
    bool input_fails;  // it is open to be written to: reading it fails (EBADF)
    bool input_closed; // there is none: descriptor 0 is free
    bool input_is_reset; // it is a socket, which is reset behind these bytes
    enum program_stdout standard_output;
    const char *reached_at; // a server: the numeric address that it is reached
                            // at. NULL: HOST, or 127.0.0.1 if that is none
    int descriptors;        // it can open those below this number; 0: the usual
    int inherited;          // so many are open already, above the standard ones
    bool reuses_memory;     // freed memory is used again at once, so that its
                            // size shows what leaks; ASan then sees less
    bool finds_leaks;   // LeakSanitizer looks at its end; it can't be traced
    bool forgets_stack; // and what only the stack still points to is lost
};

#endif
