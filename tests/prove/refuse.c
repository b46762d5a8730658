// refuse: runs a command to which the kernel refuses a system call, with
// EPERM, as containers do: for the tests of what the grader does then.
//
// usage: refuse ptrace|pidfd_getfd COMMAND...

#include <err.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    unsigned number;
} calls[] = {
    {"ptrace", SYS_ptrace},
    {"pidfd_getfd", SYS_pidfd_getfd},
};

static unsigned number_of(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].number;
    errx(2, "does not know '%s'", name);
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        errx(2, "usage: refuse CALL COMMAND...");
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number_of(argv[1]), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1), // EPERM
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == -1)
        err(2, "seccomp");
    execvp(argv[2], argv + 2);
    err(2, "%s", argv[2]);
}
