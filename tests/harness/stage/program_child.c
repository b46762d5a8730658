#include "stage/program_child.h"

#include "kernel/orphan.h"
#include "kernel/shield.h"
#include "stage/stage.h"
#include "tracer/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436 // glibc 2.31 does not know it
#endif

// The sanitizers' own exit status only serves to be no lesson's. Leaks can't be
// looked for under ptrace (lsan refuses).
#define ASAN                                           \
    "ASAN_OPTIONS=exitcode=99:color=never:symbolize=1" \
    ":detect_stack_use_after_return=0:detect_leaks="
#define REUSING ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
// What a library has got for the program is to be found, too: libraries keep no
// frame pointers, so each stack is walked slowly.
#define SLOWLY ":fast_unwind_on_malloc=0"
// PATH first, then the options of the sanitizers.
#define ENVIRONMENT(asan, more)                                              \
    {                                                                        \
        (char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"LC_ALL=C"}, \
            (char[]){asan},                                                  \
            (char[]){"UBSAN_OPTIONS=print_stacktrace=1:exitcode=99"          \
                     ":color=never"},                                        \
            more, NULL                                                       \
    }

// The whole environment of a program under test.
static char *const usual_environment[] = ENVIRONMENT(ASAN "0", NULL);
static char *const reusing_environment[] = ENVIRONMENT(ASAN "0" REUSING, NULL);
static char *const leak_environment[] = ENVIRONMENT(ASAN "1" SLOWLY, NULL);
// Else what a function that has returned kept on the stack may be found there.
static char strict_leaks[] = "LSAN_OPTIONS=use_stacks=0:use_registers=0";
static char *const strict_environment[] =
    ENVIRONMENT(ASAN "1" SLOWLY, strict_leaks);

static char *const *environment_for(const struct program_options *options)
{
    if (options->finds_leaks && options->forgets_stack)
        return strict_environment;
    if (options->finds_leaks)
        return leak_environment;
    return options->reuses_memory ? reusing_environment : usual_environment;
}

static void reset_signals(void)
{
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void fail(struct start *start, const char *call)
{
    start->error = errno;
    start->failed = call;
    _exit(127);
}

static void set_up_stdout(const struct pipes *pipes, enum program_stdout where,
                          struct start *start)
{
    if (where == STDOUT_CLOSED) {
        close(STDOUT_FILENO);
        return;
    }
    int fd = where == STDOUT_KEPT ? pipes->out[1] : open("/dev/full", O_WRONLY);
    if (fd == -1)
        fail(start, "open(\"/dev/full\")");
    dup2(fd, STDOUT_FILENO);
}

// Whose other side closes it with a byte unread: that is a reset for who reads
// on behind what has come.
static int open_reset_socket(const struct program_options *options)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ||
        write(ends[0], options->input, options->input_size) !=
            (ssize_t)options->input_size ||
        write(ends[1], "", 1) != 1)
        return -1;
    close(ends[0]);
    return ends[1];
}

static void set_up_stdin(const struct pipes *pipes,
                         const struct program_options *options,
                         struct start *start)
{
    int fd = pipes->in[0];
    if (options->input_closed) {
        close(STDIN_FILENO);
        return;
    }
    // Not a directory: Python doesn't even begin then.
    if (options->input_fails)
        fd = open("/dev/null", O_WRONLY);
    else if (options->input_is_reset)
        fd = open_reset_socket(options);
    if (fd == -1)
        fail(start, "its standard input");
    dup2(fd, STDIN_FILENO);
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

// Leaves none but the standard descriptors.
static void close_others(void)
{
    if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
        return;
    // It is refused in some containers. The grader has not so many open.
    for (int fd = 3; fd < PROGRAM_DESCRIPTORS; fd++)
        close(fd);
}

// Leaves only the descriptors below FREE to be opened. The others are in use,
// rather than over a limit: a limit that is lower than an array of 1,000
// struct pollfd makes poll(2) fail (EINVAL).
static void occupy_descriptors(int free, struct start *start)
{
    struct rlimit limit = {PROGRAM_OCCUPIED, PROGRAM_OCCUPIED};
    for (int fd = free; fd < PROGRAM_OCCUPIED; fd++)
        if (dup2(STDIN_FILENO, fd) == -1)
            fail(start, "dup2");
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Whoever starts a program may leave descriptors open to it, as many shells and
// editors do: then its first socket is not 3.
static void pass_on_descriptors(int count, struct start *start)
{
    for (int i = 0; i < count; i++)
        if (dup(STDIN_FILENO) == -1)
            fail(start, "dup");
}

_Noreturn void program_become(const char *path, char *const argv[],
                              struct pipes *pipes,
                              const struct program_options *options,
                              struct start *start)
{
    setpgid(0, 0);
    shield_from_this();
    // If the check is killed, nobody is left to end this program.
    orphan_ends_with(start->parent);
    // The standard descriptors may already be in use by a pipe: none is, as
    // the grader itself runs with its own three open.
    set_up_stdin(pipes, options, start);
    set_up_stdout(pipes, options->standard_output, start);
    dup2(pipes->err[1], STDERR_FILENO);
    // Else the kernel may make huge pages of its small ones whenever it has the
    // time, and they would count as memory that it has taken.
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    limit_descriptors();
    reset_signals();
    char how = 'r';
    // Only once the tracer has hold of this process does it go on. If the
    // check was killed meanwhile, there is nobody who could say so.
    if (write(pipes->go[0], &how, 1) != 1 || read(pipes->go[0], &how, 1) != 1)
        _exit(127);
    close_others();
    pass_on_descriptors(options->inherited, start);
    if (options->descriptors > 0)
        occupy_descriptors(options->descriptors, start);
    bool sees_files = stage_current()->tracer.resolver.is_made;
    if (how == 't' && tracer_install_filter(sees_files) == -1)
        fail(start, "seccomp");
    execve(path, argv, environment_for(options));
    fail(start, "execve");
}
