#include "workbook/grader.h"

#include "workbook/make.h"
#include "workbook/progress.h"

#include "base/status.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void find_path(const char *lesson, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "build/graders/%s", lesson);
}

enum sameness { AS_BUILT, CHANGED, NOT_KNOWN };

// Whether a file has the content that was written down when it was built. A
// program that was graded may have put another in its place.
static enum sameness compare_with_sum(const char *path)
{
    char sum[PATH_MAX + 8];
    snprintf(sum, sizeof sum, "%s.sum", path);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, STDERR_FILENO);
        execlp("sha256sum", "sha256sum", "--check", "--status", sum,
               (char *)NULL);
        _exit(127);
    }
    if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
        WEXITSTATUS(status) == 127)
        return NOT_KNOWN;
    return WEXITSTATUS(status) == 0 ? AS_BUILT : CHANGED;
}

int grader_build(const char *lesson)
{
    char target[PATH_MAX];
    find_path(lesson, target);
    bool is_there = access(target, F_OK) == 0;
    if (is_there && compare_with_sum(target) == CHANGED) {
        fprintf(stderr, "%s is not as it was built: building it again.\n",
                target);
        unlink(target);
    } else if (!is_there) {
        fprintf(stderr,
                "Building the grader; this takes a few seconds, once.\n");
    }
    // This runner, too: what it is made of may have changed as well.
    const char *const more[] = {"build/probe", "build/workbook", NULL};
    if (make(&(struct making){target, more, .out = stderr}) != 0)
        return -1;
    enum sameness sameness = compare_with_sum(target);
    if (sameness == AS_BUILT)
        return 0;
    fprintf(stderr, "workbook: %s %s\n", target,
            sameness == CHANGED ? "is not as it was built"
                                : "can't be compared: sha256sum does not run");
    return -1;
}

// Starts a grader. Returns its process; -1 with errno.
static pid_t start(const char *grader, const char *programs,
                   const char *sources, const char *warnings,
                   const struct options *options, bool turns)
{
    const char *arguments[24] = {grader,       "--programs", programs,
                                 "--sources",  sources,      "--failure",
                                 FAILURE_FILE, "--probe",    "build/probe"};
    int n = 9;
    const struct {
        const char *name, *value;
    } values[] = {{"--case", options->only},
                  {"--seed", options->seed},
                  {"--from", options->from},
                  {"--warnings", warnings}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].value != NULL) {
            arguments[n++] = values[i].name;
            arguments[n++] = values[i].value;
        }
    const struct {
        const char *name;
        bool given;
    } flags[] = {{"--json", options->json},
                 {"--verbose", options->verbose},
                 {"--untraced", options->untraced},
                 {"--turns", turns}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].given)
            arguments[n++] = flags[i].name;
    fflush(NULL);
    pid_t runner = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != runner)
            _exit(CANNOT_GRADE);
        execv(grader, (char *const *)(uintptr_t)arguments);
        err(CANNOT_GRADE, "%s", grader);
    }
    return pid;
}

int grader_run(const struct submission *submission,
               const struct programs *programs, const struct options *options,
               bool turns)
{
    char grader[PATH_MAX], folder[2 * PATH_MAX], sources[2 * PATH_MAX + 2];
    char warnings[2 * PATH_MAX];
    find_path(submission->lesson, grader);
    snprintf(folder, sizeof folder, "%s/%s", programs->folder,
             submission->lesson);
    snprintf(sources, sizeof sources, "%s/", programs->shown);
    snprintf(warnings, sizeof warnings, "%s/" WARNINGS, programs->base);
    int status;
    pid_t pid = start(grader, folder, sources, warnings, options, turns);
    if (pid == -1 || waitpid(pid, &status, 0) == -1)
        err(CANNOT_GRADE, "the grader");
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr, "workbook: the grader was killed by signal %d\n",
            WTERMSIG(status));
    return -1;
}

int grader_hint(const struct first_failure *failure, int step)
{
    char grader[PATH_MAX], number[16];
    find_path(failure->lesson, grader);
    snprintf(number, sizeof number, "%d", step);
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        // If the check is gone, it complains of arguments that nobody typed.
        int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, STDERR_FILENO);
        execl(grader, grader, "--hint", "--case", failure->check, "--cause",
              failure->cause, "--step", number, (char *)NULL);
        _exit(CANNOT_GRADE);
    }
    if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
