// kept: the last few builds of a lesson's programs; for programs.c.

#ifndef KEPT_H
#define KEPT_H

#include "workbook/programs.h"

#include <stdbool.h>
#include <stddef.h>

enum { KEPT_FILE_LIMIT = 64 * 1024 * 1024 }; // bytes

// Finds the build in POOL that was made of WHAT, SIZE bytes, and whose programs
// are as they were made. Returns true with it in *programs, locked.
bool kept_find(struct programs *programs, const char *pool, const char *lesson,
               const char *what, size_t size);

// Adds a complete build, which is in programs->base, to the pool. One that
// can't be added is used once.
void kept_add(struct programs *programs, const char *pool, const char *lesson);

// Removes from the pool what nobody uses, but for the newest.
void kept_tidy(const char *pool);

#endif
