// files: the files and folders that the runner reads and writes. A path is
// taken from the workbook's folder, where the runner works.

#ifndef WORKBOOK_FILES_H
#define WORKBOOK_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Reads a whole file. Returns its bytes, which the caller frees, with a zero
// behind them; NULL with errno, EINVAL if it is no regular file and EFBIG if it
// is larger than LIMIT bytes.
char *file_read(const char *path, size_t limit, size_t *size);

// True if the file holds these SIZE bytes, and no others.
bool file_holds(const char *path, const char *bytes, size_t size);

// Writes a file. Returns 0; -1 with errno.
int file_write(const char *path, const char *bytes, size_t size);

// The same, with the permissions MODE but for the user's umask(2); it appears
// under its name when it is complete. Returns 0; -1 with errno, and the one
// that was there is as it was.
int file_replace(const char *path, const char *bytes, size_t size, mode_t mode);

// Makes all folders of PATH that are missing. Returns 0; -1 with errno.
int folder_make(const char *path);

// Takes a folder's lock, the file "lock" in it; HOW as for flock(2). Returns
// its descriptor, to be closed; -1 with errno if it can't be had, or the folder
// has been removed meanwhile.
int folder_lock(const char *folder, int how);

// Removes a folder with all that is in it.
void folder_remove(const char *path);

#endif
