// safe: text of strangers, made fit for terminals and for JSON.

#ifndef SAFE_H
#define SAFE_H

// A copy of TEXT that a terminal can do nothing with but show: control
// characters, except newlines, and what is not UTF-8 are escaped. The caller
// frees it; NULL if there is no memory.
char *safe_text(const char *text);

#endif
