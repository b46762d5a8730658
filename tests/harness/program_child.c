#include "program_child.h"

#include "arch.h"
#include "orphan.h"
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436 // glibc 2.31 does not know it
#endif

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

// Root may write to the memory of any process, and so give itself a grade.
// Nothing that a lesson's program does needs that, or what leads to it.
static void drop_powers(void)
{
    static const int powers[] = {CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_SYS_RAWIO,
                                 CAP_SYS_MODULE, CAP_SYS_BOOT};
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct had[_LINUX_CAPABILITY_U32S_3] = {0};
    bool known = syscall(SYS_capget, &header, had) == 0;
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
        prctl(PR_CAPBSET_DROP, powers[i], 0, 0, 0);
        had[CAP_TO_INDEX(powers[i])].inheritable &=
            ~(__u32)CAP_TO_MASK(powers[i]);
    }
    if (known)
        syscall(SYS_capset, &header, had);
}

// kill(-1, ...) would reach the grader and all that its user runs, and leave
// behind what the program has started. It is a mistake that is easily made:
// kill(pid, ...) when fork() has failed. Where filters are refused, it works.
static void refuse_kill_all(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_AUDIT, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 3),
        // Its lower half: both architectures have that first.
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)-1, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

_Noreturn void program_become(const char *path, char *const argv[],
                              struct pipes *pipes,
                              const struct program_options *options,
                              struct start *start)
{
    setpgid(0, 0);
    // The grader isn't to be traced, and this is still a copy of it.
    prctl(PR_SET_DUMPABLE, 1);
    // If the check is killed, nobody is left to end this program.
    orphan_ends_with(start->parent);
    // The standard descriptors may already be in use by a pipe: none is, as
    // the grader itself runs with its own three open.
    dup2(pipes->in[0], STDIN_FILENO);
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
    if (options->descriptors > 0)
        occupy_descriptors(options->descriptors, start);
    drop_powers();
    refuse_kill_all();
    if (how == 't' && tracer_install_filter() == -1)
        fail(start, "seccomp");
    execve(path, argv,
           options->reuses_memory ? reusing_environment : usual_environment);
    fail(start, "execve");
}
