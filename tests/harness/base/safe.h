// safe: text of strangers, made fit for terminals and for JSON.

#ifndef SAFE_H
#define SAFE_H

#include <stdio.h>

// A copy of TEXT that a terminal can do nothing with but show: control
// characters, except newlines, and what is not UTF-8 are escaped. The caller
// frees it; NULL if there is no memory.
char *safe_text(const char *text);

// Writes TEXT as a shell takes it for one word: in quotes, where it needs them.
void safe_write_word(FILE *out, const char *text);

#endif
