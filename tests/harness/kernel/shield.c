#include "kernel/shield.h"

#include "kernel/arch.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 // the same everywhere
#endif

enum { SHIELDED = 16, CODE = 64 };

// As kill(2) takes them: -1 is everybody, other negative numbers are groups.
static struct {
    size_t count;
    pid_t target[SHIELDED];
} shielded = {1, {-1}};

void shield_memory(void)
{
    prctl(PR_SET_DUMPABLE, 0);
}

static void add(pid_t target)
{
    for (size_t i = 0; i < shielded.count; i++)
        if (shielded.target[i] == target)
            return;
    if (shielded.count < SHIELDED)
        shielded.target[shielded.count++] = target;
}

void shield_process(pid_t pid)
{
    pid_t group = getpgid(pid);
    add(pid);
    if (group > 1)
        add(-group);
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

// Adds: if what was loaded is VALUE, the kernel goes on at TO, else behind.
static size_t jump_if(struct sock_filter code[], size_t n, uint32_t value,
                      size_t to)
{
    code[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value,
                                           (uint8_t)(to - n - 1), 0);
    return n + 1;
}

static size_t load(struct sock_filter code[], size_t n, size_t offset)
{
    code[n] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                           (uint32_t)offset);
    return n + 1;
}

static size_t answer(struct sock_filter code[], size_t n, uint32_t how)
{
    code[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, how);
    return n + 1;
}

// kill(-1, ...) is a mistake that is easily made: kill(pid, ...) when fork()
// has failed. Where filters are refused, it works.
static void refuse_signals(void)
{
    static const long calls[] = {SYS_kill,
                                 SYS_tkill,
                                 SYS_tgkill,
                                 SYS_rt_sigqueueinfo,
                                 SYS_rt_tgsigqueueinfo,
                                 SYS_pidfd_open};
    enum { CALLS = sizeof calls / sizeof *calls };
    struct sock_filter code[CODE];
    size_t n = load(code, 0, offsetof(struct seccomp_data, arch));
    n = jump_if(code, n, ARCH_AUDIT, n + 2);
    n = answer(code, n, SECCOMP_RET_ALLOW);
    n = load(code, n, offsetof(struct seccomp_data, nr));
    size_t who = n + CALLS + 1;
    for (size_t i = 0; i < CALLS; i++)
        n = jump_if(code, n, (uint32_t)calls[i], who);
    n = answer(code, n, SECCOMP_RET_ALLOW);
    // A pid_t is the lower half, which both architectures have first.
    n = load(code, n, offsetof(struct seccomp_data, args[0]));
    size_t refused = n + shielded.count + 1;
    for (size_t i = 0; i < shielded.count; i++)
        n = jump_if(code, n, (uint32_t)shielded.target[i], refused);
    n = answer(code, n, SECCOMP_RET_ALLOW);
    n = answer(code, n, SECCOMP_RET_ERRNO | EPERM);
    const struct sock_fprog filter = {(unsigned short)n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

void shield_from_this(void)
{
    prctl(PR_SET_DUMPABLE, 1);
    drop_powers();
    refuse_signals();
}
