// Building, by way of make: the runner only tells it what, and shows what the
// compiler says without make's own remarks.

#include "workbook.h"

#include "base/safe.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    // For each process that works on what was submitted: far more than any
    // lesson needs.
    COMPILE_SECONDS = 30, // of processor time
    COMPILE_MIB = 2048,   // of memory, and
    RESULT_MIB = 512,     // of a file that it writes
    // For all of them together, by the clock: they may wait for something
    // that never comes.
    MAKE_SECONDS = 120,
    LINES_SHOWN = 500, // of what they say, and
    LINE_SHOWN = 2000, // bytes of each line
    ARGUMENTS = 16,
};

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) == -1)
        return;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value)
        limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(resource, &limit);
}

// Many a variable changes what a compiler finds, or what make does: a grade
// depends on none of them. The language stays the user's, but for make's own
// remarks, which are known by their words.
static void clean_environment(void)
{
    static const char *const kept[] = {
        "PATH", "HOME", "TMPDIR",   "TERM",   "LANG",
        "CC",   "USER", "LC_CTYPE", "LC_ALL", "NO_COLOR",
    };
    const char *values[sizeof kept / sizeof *kept];
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        values[i] = getenv(kept[i]);
    clearenv();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (values[i] != NULL)
            setenv(kept[i], values[i], 1);
    if (getenv("LC_ALL") != NULL)
        setenv("LC_CTYPE", getenv("LC_ALL"), 1);
    unsetenv("LC_ALL");
    setenv("LC_MESSAGES", "C", 1);
}

static _Noreturn void become_make(const char *const arguments[], int out,
                                  bool limited)
{
    clean_environment();
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(out, STDERR_FILENO);
    dup2(out, STDOUT_FILENO);
    close(out);
    if (limited) {
        // First SIGXCPU, which a compiler reports, and then SIGKILL.
        limit(RLIMIT_CPU, COMPILE_SECONDS + 5);
        struct rlimit cpu;
        getrlimit(RLIMIT_CPU, &cpu);
        cpu.rlim_cur = COMPILE_SECONDS;
        setrlimit(RLIMIT_CPU, &cpu);
        limit(RLIMIT_AS, (rlim_t)COMPILE_MIB << 20);
        limit(RLIMIT_FSIZE, (rlim_t)RESULT_MIB << 20);
        limit(RLIMIT_CORE, 0);
    }
    execvp("make", (char *const *)(uintptr_t)arguments);
    fprintf(stderr, "make: %s\n", strerror(errno));
    _exit(127);
}

static void end_group(int signal)
{
    (void)signal;
    kill(0, SIGKILL);
}

// Waits for make, and ends it and all that it has started when the runner is
// gone, however that ended: they are a process group of their own.
static _Noreturn void guard(const char *const arguments[], int out,
                            bool limited, pid_t runner)
{
    setpgid(0, 0);
    signal(SIGTERM, end_group);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != runner)
        _exit(127);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGTERM, SIG_DFL);
        become_make(arguments, out, limited);
    }
    close(out);
    if (pid == -1 || waitpid(pid, &status, 0) != pid)
        _exit(127);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 127);
}

// Starts make with what it says going into a pipe. Returns its process; the
// reading end of the pipe is in *fd.
static pid_t start_make(const struct making *making, int *fd)
{
    char jobs[32];
    snprintf(jobs, sizeof jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    const char *arguments[ARGUMENTS] = {"make", "-s", jobs, making->target};
    for (int i = 0; making->more != NULL && making->more[i] != NULL; i++)
        arguments[4 + i] = making->more[i];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        err(CANNOT_GRADE, "pipe");
    fflush(NULL);
    pid_t runner = getpid(), pid = fork();
    if (pid == -1)
        err(CANNOT_GRADE, "fork");
    if (pid == 0)
        guard(arguments, ends[1], making->limited, runner);
    setpgid(pid, pid); // both sides do it: neither knows which comes first
    close(ends[1]);
    *fd = ends[0];
    return pid;
}

// What was said so far, and what of it was passed on.
struct saying {
    const struct making *making;
    char line[LINE_SHOWN + 1]; // what has come of the next line
    size_t size;
    char *remarks; // what make itself said
    size_t remarks_size;
    FILE *to_remarks;
    int lines;
    bool was_killed;
};

// Writes text of a compiler, who shows what it was given as it is: of escape
// sequences only those are left that a compiler itself uses for colours.
static void write_safely(FILE *out, const char *text)
{
    for (const char *at; (at = strchr(text, '\033')) != NULL;) {
        size_t size = 1;
        if (at[1] == '[')
            size = 2 + strspn(at + 2, "0123456789;");
        bool is_colour = size > 1 && (at[size] == 'm' || at[size] == 'K');
        size = is_colour ? size + 1 : 0;
        char *before = strndup(text, (size_t)(at - text));
        char *safe = safe_text(before == NULL ? "" : before);
        fprintf(out, "%s%.*s%s", safe == NULL ? "" : safe, (int)size, at,
                is_colour ? "" : "\\x1b");
        free(safe);
        free(before);
        text = at + (is_colour ? size : 1);
    }
    char *safe = safe_text(text);
    fputs(safe == NULL ? "" : safe, out);
    free(safe);
}

// Writes a line with the path that is ours written as the one that is theirs.
static void write_line(const struct making *making, const char *line)
{
    char *whole = NULL;
    size_t length, size = making->from == NULL ? 0 : strlen(making->from);
    FILE *out = open_memstream(&whole, &length);
    if (out == NULL)
        err(CANNOT_GRADE, "make");
    for (const char *at; size > 0 && (at = strstr(line, making->from)) != NULL;
         line = at + size) {
        fprintf(out, "%.*s", (int)(at - line), line);
        fputs(making->to, out);
    }
    fprintf(out, "%s\n", line);
    if (fclose(out) == 0)
        write_safely(making->out, whole);
    free(whole);
}

static void pass_on_line(struct saying *saying)
{
    saying->line[saying->size] = '\0';
    saying->size = 0;
    // A compiler that is killed, and not by a limit of ours, lacks memory.
    saying->was_killed = saying->was_killed ||
                         strstr(saying->line, "Killed signal") != NULL ||
                         strstr(saying->line, "command: Killed") != NULL;
    if (strncmp(saying->line, "make: ", 6) == 0 ||
        strncmp(saying->line, "Makefile:", 9) == 0 ||
        strncmp(saying->line, "make[", 5) == 0)
        fprintf(saying->to_remarks, "%s\n", saying->line);
    else if (saying->lines++ < LINES_SHOWN)
        write_line(saying->making, saying->line);
}

static void pass_on(struct saying *saying, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            pass_on_line(saying);
        else if (saying->size < LINE_SHOWN)
            saying->line[saying->size++] = bytes[i] == '\t' ? ' ' : bytes[i];
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Passes on what is said until all who could say something have ended.
// Returns false if that takes too long.
static bool listen_to(int fd, struct saying *saying)
{
    int64_t until = now_ms() + MAKE_SECONDS * 1000;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int left = saying->making->limited ? (int)(until - now_ms()) : INT_MAX;
        if (left <= 0)
            return false;
        if (poll(&ready, 1, left) <= 0)
            continue;
        char bytes[4096];
        ssize_t size = read(fd, bytes, sizeof bytes);
        if (size == 0 || (size == -1 && errno != EINTR))
            return true;
        if (size > 0)
            pass_on(saying, bytes, (size_t)size);
    }
}

// Make's own remarks say nothing new behind a compiler's.
static void finish_saying(struct saying *saying, bool failed)
{
    if (saying->size > 0)
        pass_on(saying, "\n", 1);
    fclose(saying->to_remarks);
    if (saying->lines > LINES_SHOWN)
        fprintf(saying->making->out, "... and %d lines more\n",
                saying->lines - LINES_SHOWN);
    if (failed && saying->lines == 0)
        fputs(saying->remarks, saying->making->out);
    free(saying->remarks);
}

int make(const struct making *making)
{
    int fd, status;
    pid_t pid = start_make(making, &fd);
    struct saying saying = {.making = making};
    saying.to_remarks = open_memstream(&saying.remarks, &saying.remarks_size);
    if (saying.to_remarks == NULL)
        err(CANNOT_GRADE, "make");
    bool in_time = listen_to(fd, &saying);
    if (!in_time)
        kill(-pid, SIGKILL);
    close(fd);
    int result = -1;
    if (waitpid(pid, &status, 0) == pid)
        result = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
    finish_saying(&saying, result == -1);
    return in_time && !saying.was_killed ? result : 1;
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
    snprintf(target, sizeof target, "build/graders/%s", lesson);
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
