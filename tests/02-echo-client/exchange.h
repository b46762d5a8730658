// exchange: the words of lesson 02's checks.

#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "stage/peer.h"
#include "stage/program.h"
#include "words/exchanges.h"

#include <stdbool.h>
#include <stddef.h>

#define PROGRAM "echo_client"
#define HELLO "Hello, world"

// Of letters: of a program's, or of stdio's.
enum {
    MORE_THAN_A_BUFFER = 100000,
    LONGEST_ARGUMENT = 128 * 1024 - 1, // without its zero; execve(2)
};

// The grader's server, at an address that no other program uses.
struct peer *serve(void);

// Starts the client, for that message; or one whose message comes from standard
// input; or one whose output goes there.
struct program *start(struct peer *server, const char *message);
struct program *start_reading(struct peer *server, const void *input,
                              size_t size);
struct program *start_writing_to(enum program_stdout standard_output,
                                 struct peer *server, const char *message);

// The same, where nobody listens.
struct program *call_nobody(const char *message);

// A whole exchange: of that message, or of SIZE bytes from standard input.
void exchange(const char *message);
void exchange_input(size_t size);

// True if bytes were sent by one thread, or process, and received by another:
// of a reset the kernel tells only one of them, and the other one finds an end.
bool another_sends(void);

// A text of SIZE letters, for an argument.
char *letters(size_t size);

#endif
