#include "unit.h"
#include "stage/stage.h"
#include "tracer/tracer.h"
#include "stage/peer.h"

#include <err.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool may_trace;

int traced_end(void)
{
    return may_trace ? 2 : 1;
}

// No search for leaks: a test's process ends with all that it has, and the
// search takes a ptrace(2) of its own, which may be refused.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

// Makes a directory beside this binary that has it under the children's names.
static void make_directory(char directory[PATH_MAX])
{
    char self[PATH_MAX], name[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length == -1)
        err(EXIT_FAILURE, "/proc/self/exe");
    self[length] = '\0';
    snprintf(name, sizeof name, "%s", self);
    snprintf(directory, PATH_MAX, "%.*s/children.XXXXXX", PATH_MAX - 32,
             dirname(name));
    if (mkdtemp(directory) == NULL)
        err(EXIT_FAILURE, "%s", directory);
    for (const char *const *child = child_names(); *child != NULL; child++) {
        snprintf(name, sizeof name, "%s/%s", directory, *child);
        if (symlink(self, name) == -1)
            err(EXIT_FAILURE, "%s", name);
    }
}

static void remove_directory(const char *directory)
{
    char name[PATH_MAX + 64];
    for (const char *const *child = child_names(); *child != NULL; child++) {
        snprintf(name, sizeof name, "%s/%s", directory, *child);
        unlink(name);
    }
    rmdir(directory);
}

static int run_all(void)
{
    SRunner *runner = srunner_create(NULL);
#define SUITE(name) srunner_add_suite(runner, name##_suite());
#include "suites.h"
#undef SUITE
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_NORMAL);
    // A run of no test at all would count as 100 %.
    bool passed =
        srunner_ntests_run(runner) > 0 && srunner_ntests_failed(runner) == 0;
    srunner_free(runner);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    static char directory[PATH_MAX];
    child_main(basename(argv[0]), argc, argv);
    signal(SIGCHLD, SIG_DFL);
    may_trace = tracer_is_allowed();
    if (!may_trace)
        puts("ptrace is refused here: only the untraced tests run.");
    make_directory(directory);
    program_set_directory(directory);
    // A test that Check ends at its time limit leaves programs behind.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int status = run_all();
    static struct stage nothing;
    program_end_all(&nothing);
    remove_directory(directory);
    return status;
}
