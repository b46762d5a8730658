// The runner only tells make what, and shows what the compiler says without
// make's own remarks.

#include "workbook/make.h"

#include "workbook/saying.h"

#include "base/status.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
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

static void limit_make(void)
{
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

static _Noreturn void become_make(const char *const arguments[], int out,
                                  bool limited)
{
    clean_environment();
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(out, STDERR_FILENO);
    dup2(out, STDOUT_FILENO);
    close(out);
    if (limited)
        limit_make();
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
            saying_take(saying, bytes, (size_t)size);
    }
}

int make(const struct making *making)
{
    int fd, status;
    pid_t pid = start_make(making, &fd);
    struct saying saying;
    saying_begin(&saying, making);
    bool in_time = listen_to(fd, &saying);
    if (!in_time)
        kill(-pid, SIGKILL);
    close(fd);
    int result = -1;
    if (waitpid(pid, &status, 0) == pid)
        result = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
    saying_end(&saying, result == -1);
    return in_time && !saying.was_killed ? result : 1;
}
