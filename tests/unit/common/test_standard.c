#include "standard.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_null_device(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISCHR(file.st_mode) &&
           file.st_rdev == makedev(1, 3);
}

// What a process without those of the three says, each a bit of CLOSED.
static bool opens_those(unsigned closed)
{
    for (int fd = 0; fd <= 2; fd++)
        if ((closed >> fd & 1) != 0)
            close(fd);
    errno = 0;
    int result = standard_open();
    if (result != ((closed & 2) != 0 ? -1 : 0) ||
        (result == -1 && errno != EBADF))
        return false;
    for (int fd = 0; fd <= 2; fd++)
        if ((closed >> fd & 1) != 0 && !is_null_device(fd))
            return false;
    return open("/dev/zero", O_RDONLY) > 2;
}

// All eight: each of the three closed, or not.
START_TEST(opens_what_is_closed)
{
    pid_t child = fork();
    ck_assert_int_ne(child, -1);
    if (child == 0)
        _exit(opens_those((unsigned)_i) ? EXIT_SUCCESS : EXIT_FAILURE);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(leaves_what_is_open)
{
    struct stat before, after;
    ck_assert_int_eq(fstat(STDERR_FILENO, &before), 0);
    ck_assert_int_eq(standard_open(), 0);
    ck_assert_int_eq(fstat(STDERR_FILENO, &after), 0);
    ck_assert(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
}
END_TEST

Suite *standard_suite(void)
{
    Suite *suite = suite_create("standard");
    TCase *tests = tcase_create("standard");
    tcase_add_loop_test(tests, opens_what_is_closed, 0, 8);
    tcase_add_test(tests, leaves_what_is_open);
    suite_add_tcase(suite, tests);
    return suite;
}
