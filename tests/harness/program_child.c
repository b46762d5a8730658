#include "program_child.h"

#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OCCUPIED = 1100 }; // see occupy_descriptors()

// The sanitizers' own exit status only serves to be no lesson's; leaks can't
// be looked for under ptrace (lsan refuses).
#define ASAN                                                          \
    "ASAN_OPTIONS=detect_leaks=0:exitcode=99:color=never:symbolize=1" \
    ":detect_stack_use_after_return=0"

// The whole environment of a program under test, and that of one whose freed
// memory is used again.
static char *const usual_environment[] = {
    (char[]){"PATH=/usr/local/bin:/usr/bin:/bin"},
    (char[]){"LC_ALL=C"},
    (char[]){ASAN},
    (char[]){"UBSAN_OPTIONS=print_stacktrace=1:exitcode=99:color=never"},
    NULL,
};
static char *const reusing_environment[] = {
    (char[]){"PATH=/usr/local/bin:/usr/bin:/bin"},
    (char[]){"LC_ALL=C"},
    (char[]){ASAN ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"},
    (char[]){"UBSAN_OPTIONS=print_stacktrace=1:exitcode=99:color=never"},
    NULL,
};

static void reset_signals(void)
{
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_up_stdout(const struct pipes *pipes, enum program_stdout where)
{
    if (where == STDOUT_KEPT)
        dup2(pipes->out[1], STDOUT_FILENO);
    else if (where == STDOUT_CLOSED)
        close(STDOUT_FILENO);
    else
        dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
}

static void limit_descriptors(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max > PROGRAM_DESCRIPTORS)
        limit.rlim_max = PROGRAM_DESCRIPTORS;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Leaves only the descriptors below FREE to be opened. The others are in use,
// rather than over a limit: a limit that is lower than an array of 1,000
// struct pollfd makes poll(2) fail (EINVAL).
static void occupy_descriptors(int free)
{
    struct rlimit limit = {OCCUPIED, OCCUPIED};
    for (int fd = free; fd < OCCUPIED; fd++)
        dup2(STDIN_FILENO, fd);
    setrlimit(RLIMIT_NOFILE, &limit);
}

_Noreturn void program_become(const char *path, char *const argv[],
                              struct pipes *pipes,
                              const struct program_options *options)
{
    setpgid(0, 0);
    // If the check is killed, nobody is left to end this program.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The standard descriptors may already be in use by a pipe: none is, as
    // the grader itself runs with its own three open.
    dup2(pipes->in[0], STDIN_FILENO);
    set_up_stdout(pipes, options->standard_output);
    dup2(pipes->err[1], STDERR_FILENO);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    limit_descriptors();
    reset_signals();
    char how = 'p';
    // Only once the tracer has hold of this process does it go on.
    if (read(pipes->go[0], &how, 1) != 1)
        _exit(127);
    syscall(SYS_close_range, 3U, ~0U, 0U);
    if (options->descriptors > 0)
        occupy_descriptors(options->descriptors);
    if (how == 't' && tracer_install_filter() == -1)
        _exit(127);
    execve(path, argv,
           options->reuses_memory ? reusing_environment : usual_environment);
    dprintf(STDERR_FILENO, "%s: %s\n", path, strerror(errno));
    _exit(127);
}
