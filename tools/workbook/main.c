// workbook: the student's runner. It finds the lesson, has it built, starts
// its grader, and says what to do next. `make` targets are aliases for it.

#include "workbook/commands.h"
#include "workbook/grading.h"
#include "workbook/lessons.h"
#include "workbook/options.h"
#include "workbook/programs.h"
#include "workbook/progress.h"

#include "base/status.h"
#include "kernel/rlimits.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// Goes to the folder that holds the workbook: above the one that this program
// is in, where there are lessons. --from stays relative to where the user is.
static void enter_workbook(struct options *options)
{
    static char from[PATH_MAX];
    if (options->from != NULL && realpath(options->from, from) != NULL)
        options->from = from;
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length == -1)
        err(CANNOT_GRADE, "/proc/self/exe");
    path[length] = '\0';
    for (char *slash; (slash = strrchr(path, '/')) != NULL && slash != path;) {
        *slash = '\0';
        if (chdir(path) == 0 && access("lessons", F_OK) == 0 &&
            access("tests/harness", F_OK) == 0)
            return;
    }
    errx(CANNOT_GRADE, "cannot find the workbook's lessons folder");
}

// Removes what compilers and graders have left that were killed.
static void tidy_temporary_files(const char *folder)
{
    static const char *const patterns[] = {"cc*", "check_*", "names.*"};
    const time_t old = time(NULL) - 3600;
    for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
        char pattern[PATH_MAX + 32];
        struct stat facts;
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s/%s", folder, patterns[k]);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (lstat(found.gl_pathv[i], &facts) == 0 &&
                S_ISREG(facts.st_mode) && facts.st_mtime < old)
                unlink(found.gl_pathv[i]);
        globfree(&found);
    }
}

// Makes what compilers and graders need of this machine: room for their
// temporary files, wherever TMPDIR points to, and limits. If they can't have
// that, there is nothing to be graded here.
static void prepare_machine(bool json)
{
    char root[PATH_MAX], folder[PATH_MAX + 16];
    if (getcwd(root, sizeof root) == NULL)
        err(CANNOT_GRADE, "the workbook's folder");
    snprintf(folder, sizeof folder, "%s/build/tmp", root);
    if (mkdir(folder, 0777) == -1 && errno != EEXIST)
        err(CANNOT_GRADE, "%s", folder);
    tidy_temporary_files("build/tmp"); // a plain pattern, unlike the root's
    setenv("TMPDIR", folder, 1);       // a compiler's
    setenv("TEMP", folder, 1);         // Check's
    const char *lacking = rlimits_lacking();
    if (lacking == NULL)
        return;
    fprintf(stderr, "This machine can't grade: %s.\n", lacking);
    if (json)
        grade_print_error(NULL, lacking, NULL);
    exit(CANNOT_GRADE);
}

// A parent may have left this process with states that nobody reckons with.
static void begin_in_order(void)
{
    // Whatever is opened first would be taken for a standard descriptor.
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
        ;
    close(fd);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL); // ignored, a child's end could not be waited for
    signal(SIGXFSZ, SIG_IGN); // limits are complained of, not died of
    unsetenv("POSIXLY_CORRECT"); // options may follow the command
}

int main(int argc, char *argv[])
{
    begin_in_order();
    prctl(PR_SET_DUMPABLE, 0); // as in the graders' main()
    struct options options = options_parse(argc, argv);
    enter_workbook(&options);
    progress_begin();
    prepare_machine(options.json);
    build_folder_hold();
    struct lessons lessons;
    if (lessons_find(&lessons) == -1 || lessons.count == 0)
        errx(CANNOT_GRADE, "there are no lessons with tests");
    int result = commands_run(&lessons, &options);
    // What more than that is told apart is nobody else's business.
    return result == DONE_IN_PART ? CANNOT_GRADE
           : result == NO_PROGRAM ? NOT_DONE
                                  : result;
}
