#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

int standard_open(void)
{
    bool had_output = is_open(STDOUT_FILENO);
    // From the lowest on: each gets the lowest number that is free, its own.
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (!is_open(fd) && open("/dev/null", O_RDWR) == -1)
            return -1;
    if (had_output)
        return 0;
    errno = EBADF;
    return -1;
}
