// Building, by way of make: the runner only tells it what, and shows what the
// compiler says without make's own remarks.

#include "workbook.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Only these characters are safe in a makefile's file name.
static bool is_plain(const char *path)
{
    return path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-")] ==
           '\0';
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

int build_place(const char *from, struct place *place)
{
    char real[PATH_MAX], root[PATH_MAX];
    struct stat facts;
    if (from == NULL)
        from = "lessons";
    if (realpath(from, real) == NULL || stat(real, &facts) == -1) {
        fprintf(stderr, "workbook: --from '%s': %s\n", from, strerror(errno));
        return -1;
    }
    if (!S_ISDIR(facts.st_mode)) {
        fprintf(stderr, "workbook: --from '%s' is not a folder\n", from);
        return -1;
    }
    // The workbook's own folders keep their short names.
    if (getcwd(root, sizeof root) != NULL) {
        size_t length = strlen(root);
        const char *below = real + length + 1;
        if (strncmp(real, root, length) == 0 && real[length] == '/' &&
            (strcmp(below, "lessons") == 0 ||
             strcmp(below, "solutions") == 0)) {
            snprintf(place->sources, PATH_MAX, "%s", below);
            snprintf(place->programs, PATH_MAX, "build/%.64s", below);
            return 0;
        }
    }
    snprintf(place->programs, PATH_MAX, "build/from/%016" PRIx64,
             hash_of(real));
    snprintf(place->sources, PATH_MAX, "%s", real);
    if (is_plain(real))
        return 0;
    // A link with a plain name stands for a path that make can't take.
    mkdir("build", 0777);
    mkdir("build/from", 0777);
    snprintf(place->sources, PATH_MAX, "build/from/%016" PRIx64 ".sources",
             hash_of(real));
    if (symlink(real, place->sources) == -1 && errno != EEXIST) {
        fprintf(stderr, "workbook: %s: %s\n", place->sources, strerror(errno));
        return -1;
    }
    return 0;
}

// Starts make with stderr going into a pipe. Returns its process; the reading
// end of the pipe is in *fd.
static pid_t start_make(const char *const arguments[], int *fd)
{
    int ends[2];
    if (pipe(ends) == -1)
        err(CANNOT_GRADE, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(CANNOT_GRADE, "fork");
    if (pid == 0) {
        // What a make above us says to its children is not for this one.
        unsetenv("MAKEFLAGS");
        unsetenv("MAKELEVEL");
        dup2(ends[1], STDERR_FILENO);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp("make", (char *const *)(uintptr_t)arguments);
        perror("make");
        _exit(127);
    }
    close(ends[1]);
    *fd = ends[0];
    return pid;
}

// Copies what make's children say to OUT, leaving out what make itself says.
static void pass_on(int fd, FILE *out)
{
    FILE *in = fdopen(fd, "r");
    char *line = NULL;
    size_t size = 0;
    while (in != NULL && getline(&line, &size, in) != -1)
        if (strncmp(line, "make: ", 6) != 0)
            fputs(line, out);
    free(line);
    if (in != NULL)
        fclose(in);
}

static int run_make(const char *const arguments[], FILE *out)
{
    int fd, status;
    pid_t pid = start_make(arguments, &fd);
    pass_on(fd, out);
    if (waitpid(pid, &status, 0) == -1)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int build_grader(const char *lesson)
{
    char target[PATH_MAX], jobs[32];
    snprintf(target, sizeof target, "build/graders/%s", lesson);
    snprintf(jobs, sizeof jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    if (access(target, F_OK) == -1)
        fprintf(stderr,
                "Building the grader; this takes a few seconds, once.\n");
    const char *const arguments[] = {"make", "-s", jobs, target, NULL};
    return run_make(arguments, stderr);
}

int build_programs(const char *lesson, const struct place *place, char **output)
{
    char name[PATH_MAX], sources[PATH_MAX + 8], out[PATH_MAX + 8];
    char jobs[32];
    snprintf(name, sizeof name, "NAME=%s", lesson);
    snprintf(sources, sizeof sources, "SRC=%s", place->sources);
    snprintf(out, sizeof out, "OUT=%s", place->programs);
    snprintf(jobs, sizeof jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    bool colour = output == NULL && isatty(STDERR_FILENO);
    const char *const arguments[] = {
        "make", "-s",
        jobs,   "programs",
        name,   sources,
        out,    colour ? "DIAGNOSTICS=-fdiagnostics-color=always" : NULL,
        NULL};
    size_t size;
    FILE *to = output == NULL ? stderr : open_memstream(output, &size);
    if (to == NULL)
        err(CANNOT_GRADE, "build");
    int result = run_make(arguments, to);
    if (output != NULL)
        fclose(to);
    return result;
}
