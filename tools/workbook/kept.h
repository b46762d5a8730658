// kept: the last few builds of a lesson's programs; for programs.c.

#ifndef KEPT_H
#define KEPT_H

#include "workbook.h"

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

// Takes a folder's lock, the file "lock" in it; HOW as for flock(2). Returns
// its descriptor, to be closed; -1 with errno if it can't be had, or the folder
// has been removed meanwhile.
int kept_lock(const char *folder, int how);

// Writes a file FOLDER/NAME. Returns 0; -1 with errno.
int kept_write(const char *folder, const char *name, const char *bytes,
               size_t size);

// True if something that was compiled is from elsewhere, or may be: it is then
// built anew each time.
bool outside_is_used(const struct submission *submission,
                     const struct programs *programs);

// Removes a folder with all that is in it.
void kept_remove(const char *folder);

#endif
