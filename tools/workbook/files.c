#include "workbook/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// Reads up to SIZE bytes. Returns how many there were; -1 with errno.
static ssize_t read_all(int fd, char *bytes, size_t size)
{
    size_t total = 0;
    while (total < size) {
        ssize_t count = read(fd, bytes + total, size - total);
        if (count == -1 && errno == EINTR)
            continue;
        if (count == -1)
            return -1;
        if (count == 0)
            break;
        total += (size_t)count;
    }
    return (ssize_t)total;
}

static char *read_open_file(int fd, size_t limit, size_t *size)
{
    struct stat facts;
    if (fstat(fd, &facts) == -1)
        return NULL;
    if (!S_ISREG(facts.st_mode) || (uintmax_t)facts.st_size > limit) {
        errno = S_ISREG(facts.st_mode) ? EFBIG : EINVAL;
        return NULL;
    }
    char *bytes = malloc(limit + 1);
    if (bytes == NULL)
        return NULL;
    // It may be growing: what counts is what is read.
    ssize_t count = read_all(fd, bytes, limit + 1);
    if (count == -1 || (size_t)count > limit) {
        errno = count == -1 ? errno : EFBIG;
        free(bytes);
        return NULL;
    }
    bytes[count] = '\0';
    *size = (size_t)count;
    char *fitting = realloc(bytes, *size + 1);
    if (fitting == NULL)
        return bytes;
    return fitting;
}

char *file_read(const char *path, size_t limit, size_t *size)
{
    // Without O_NONBLOCK, a FIFO would be waited for.
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd == -1)
        return NULL;
    char *bytes = read_open_file(fd, limit, size);
    int error = errno;
    close(fd);
    errno = error;
    return bytes;
}

bool file_holds(const char *path, const char *bytes, size_t size)
{
    size_t there;
    char *text = file_read(path, size, &there);
    bool same = text != NULL && there == size && memcmp(text, bytes, size) == 0;
    free(text);
    return same;
}

int file_write(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -1;
    bool ok = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && ok ? 0 : -1;
}

static mode_t umask_of(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return mask;
}

int file_replace(const char *path, const char *bytes, size_t size, mode_t mode)
{
    char new[4 * PATH_MAX];
    snprintf(new, sizeof new, "%s.%d", path, getpid());
    if (file_write(new, bytes, size) == 0 &&
        chmod(new, mode & ~umask_of()) == 0 && rename(new, path) == 0)
        return 0;
    int error = errno;
    unlink(new);
    errno = error;
    return -1;
}

int folder_make(const char *path)
{
    char part[PATH_MAX];
    for (size_t i = 1; i < sizeof part; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0777) == -1 && errno != EEXIST)
            return -1;
        if (path[i] == '\0')
            return 0;
    }
    errno = ENAMETOOLONG;
    return -1;
}

int folder_lock(const char *folder, int how)
{
    char path[PATH_MAX + 8];
    struct stat locked, named;
    snprintf(path, sizeof path, "%s/lock", folder);
    // A file, not the folder: NFS wants it open for writing.
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1)
        return -1;
    bool taken = flock(fd, how) == 0;
    // Where there are no locks, nothing is removed either.
    if (!taken && how == LOCK_SH && errno != EINTR)
        taken = true;
    if (taken && fstat(fd, &locked) == 0 && stat(path, &named) == 0 &&
        locked.st_ino == named.st_ino)
        return fd;
    close(fd);
    return -1;
}

static int remove_one(const char *path, const struct stat *facts, int kind,
                      struct FTW *where)
{
    (void)facts, (void)kind, (void)where;
    return remove(path);
}

void folder_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
