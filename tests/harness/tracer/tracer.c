#include "tracer/tracer.h"

#include "kernel/arch.h"
#include "kernel/orphan.h"
#include "kernel/procfs.h"
#include "tracer/parcel.h"
#include "tracer/record.h"
#include "tracer/waits.h"

#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OPTIONS = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
              PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
              PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD,
    SYSCALL_STOP = SIGTRAP | 0x80, // by PTRACE_O_TRACESYSGOOD
};

int tracer_install_filter(bool sees_files)
{
    size_t count;
    const struct call_info *calls = call_table(&count);
    struct sock_filter code[64 + 8];
    size_t n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                             ARCH_AUDIT, 1, 0);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)calls[i].number;
        if (calls[i].group == CALLS_FILES && !sees_files)
            number = (uint32_t)-1; // no call
        code[n++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, number, (uint8_t)(count - i), 0);
    }
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    const struct sock_fprog filter = {(unsigned short)n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return -1;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == -1 ? -1
                                                                           : 0;
}

static int seize(pid_t pid)
{
    return ptrace(PTRACE_SEIZE, pid, NULL, (void *)OPTIONS) == -1 ? -1 : 0;
}

bool tracer_is_allowed(void)
{
    pid_t parent = getpid(), child = fork();
    if (child == -1)
        return false;
    if (child == 0) {
        orphan_ends_with(parent);  // it is not to be left behind, stopped
        prctl(PR_SET_DUMPABLE, 1); // the grader, whose copy it is, isn't
        raise(SIGSTOP);
        _exit(tracer_install_filter(false) == 0 ? 0 : 1);
    }
    int status;
    bool allowed = waitpid(child, &status, WUNTRACED) == child &&
                   WIFSTOPPED(status) && seize(child) == 0;
    kill(child, allowed ? SIGCONT : SIGKILL);
    while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status))
        ptrace(PTRACE_CONT, child, NULL, NULL);
    return allowed && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int tracer_attach(struct tracer *tracer, pid_t pid)
{
    if (seize(pid) == -1)
        return -1;
    thread_add(tracer, pid)->root = pid;
    return 0;
}

// ESRCH: it has been killed meanwhile, and wait4() will say so.
static void go_on(pid_t tid, enum __ptrace_request how, int signal)
{
    ptrace(how, tid, NULL, (void *)(intptr_t)signal);
}

static void call_begins(struct tracer *tracer, struct thread *thread)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof info, &info) <= 0 ||
        !record_entry(tracer, thread, &info)) {
        if (clock_answer(&tracer->clock, thread->tid, thread->pid, &info)) {
            tracer->clock.read_by = thread->pid;
            tracer->clock.read_at = tracer->trace->count;
        }
        thread->phase = THREAD_RUNS;
        go_on(thread->tid, PTRACE_CONT, 0);
        return;
    }
    if (thread->phase != THREAD_HELD)
        go_on(thread->tid, PTRACE_SYSCALL, 0);
}

static void call_ends(struct tracer *tracer, struct thread *thread)
{
    struct __ptrace_syscall_info info;
    if (thread->phase == THREAD_IN_CALL &&
        ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof info, &info) > 0 &&
        info.op == PTRACE_SYSCALL_INFO_EXIT)
        record_exit(tracer, thread, info.exit.rval);
    thread->phase = THREAD_RUNS;
    go_on(thread->tid, PTRACE_CONT, 0);
}

static bool stops_processes(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
           signal == SIGTTOU;
}

// The kernel's own signal, where time has passed and it was sent before.
static bool is_late_alarm(struct tracer *tracer, const struct thread *thread,
                          int signal)
{
    siginfo_t info;
    if (tracer->clock.count == 0 ||
        ptrace(PTRACE_GETSIGINFO, thread->tid, NULL, &info) != 0)
        return false;
    if (info.si_code == SI_TIMER)
        return clock_has_rung(&tracer->clock, thread->pid, info.si_timerid);
    return signal == SIGALRM && info.si_code == SI_KERNEL &&
           clock_has_rung(&tracer->clock, thread->pid, -1);
}

// A stop that is no event: a call's end, or a signal that the thread is to get.
static void deliver(struct tracer *tracer, struct thread *thread, int signal)
{
    if (signal == SYSCALL_STOP)
        call_ends(tracer, thread);
    else if (is_late_alarm(tracer, thread, signal))
        go_on(thread->tid, PTRACE_CONT, 0);
    else
        go_on(thread->tid, PTRACE_CONT, signal);
}

// A thread or process that a known one has just begun.
static void adopt(struct tracer *tracer, pid_t tid, const struct thread *by)
{
    pid_t creator = by->pid, root = by->root; // the array may move
    struct thread *thread = thread_add(tracer, tid);
    thread->root = root;
    connections_copy(&tracer->connections, creator, thread->pid);
    connections_copy(&tracer->datagrams, creator, thread->pid);
    connections_copy(&tracer->resolver.sockets, creator, thread->pid);
}

static void handle_stop(struct tracer *tracer, struct thread *thread,
                        int status)
{
    int signal = WSTOPSIG(status);
    pid_t tid = thread->tid;
    unsigned long child;
    switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP: call_begins(tracer, thread); return;
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
        if (ptrace(PTRACE_GETEVENTMSG, thread->tid, NULL, &child) == 0)
            adopt(tracer, (pid_t)child, thread);
        thread = thread_find(tracer, tid); // the array may have moved
        break;
    case PTRACE_EVENT_EXIT:
        // The last moment at which its descriptors are still there.
        if (thread->tid == thread->pid)
            tracer->descriptors_at_exit = procfs_count_descriptors(thread->pid);
        break;
    case PTRACE_EVENT_EXEC:
        sites_forget(&tracer->sites, thread->pid);
        clock_hide_vdso(thread->pid);
        break;
    case PTRACE_EVENT_STOP:
        if (stops_processes(signal)) {
            thread->phase = THREAD_STOPPED;
            go_on(thread->tid, PTRACE_LISTEN, 0);
            return;
        }
        waits_finish(thread);
        break;
    default: deliver(tracer, thread, signal); return;
    }
    if (thread->phase == THREAD_STOPPED)
        thread->phase = THREAD_RUNS;
    // An event may fall inside a call whose end is still to be recorded.
    go_on(thread->tid,
          thread->phase == THREAD_IN_CALL ? PTRACE_SYSCALL : PTRACE_CONT, 0);
}

void tracer_handle(struct tracer *tracer, pid_t tid, int status)
{
    if (WIFSTOPPED(status)) {
        // A new thread's first stop may come before its creator's event.
        handle_stop(tracer, thread_add(tracer, tid), status);
        return;
    }
    thread_remove(tracer, tid);
}

void tracer_release(struct tracer *tracer, bool all)
{
    uint64_t now = trace_now_us(tracer->trace);
    for (size_t i = 0; i < tracer->count; i++) {
        struct thread *thread = &tracer->threads[i];
        bool over = thread->release_us != 0 && now >= thread->release_us;
        if (thread->phase != THREAD_HELD || !(all || over))
            continue;
        thread->phase = THREAD_IN_CALL;
        thread_begins_call(tracer, thread);
        go_on(thread->tid, PTRACE_SYSCALL, 0);
    }
}

void tracer_signal_before(struct tracer *tracer, int signal)
{
    for (size_t i = 0; i < tracer->count; i++) {
        struct thread *thread = &tracer->threads[i];
        if (thread->phase != THREAD_HELD)
            continue;
        kill(thread->pid, signal);
        // It is made once more, and in the trace from then on.
        arch_rewind_call(thread->tid);
        struct event *event = trace_event(tracer->trace, thread->event);
        if (event != NULL) {
            event->kind = EVENT_SIGNAL;
            event->signal = signal;
        }
        thread->phase = THREAD_RUNS;
        go_on(thread->tid, PTRACE_CONT, 0);
    }
}

void tracer_deliver(struct tracer *tracer)
{
    parcel_send_all(&tracer->parcels);
}

void tracer_free(struct tracer *tracer)
{
    parcel_free_all(&tracer->parcels);
    connections_free(&tracer->datagrams);
    sites_free(&tracer->sites);
    connections_free(&tracer->connections);
    resolver_free(&tracer->resolver);
    free(tracer->threads);
}
