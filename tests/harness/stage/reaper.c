// The end of every program, and of all that it has started: also of what has
// left its process group or its session, or has been orphaned.

#include "kernel/procfs.h"
#include "stage/program.h"
#include "stage/program_child.h"
#include "stage/stage.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESCENDANTS = 4096, ROUNDS = 1000 };

// Kills what this process has for descendants. As it is their subreaper
// (PR_SET_CHILD_SUBREAPER), orphans come back to it and are found too.
static void kill_descendants(void)
{
    static pid_t tids[DESCENDANTS];
    size_t count = procfs_descendants(getpid(), tids, DESCENDANTS);
    for (size_t i = 0; i < count && i < DESCENDANTS; i++)
        kill(tids[i], SIGKILL);
}

// Collects the children that have ended. Returns false once there is none
// left, ended or not.
static bool collect(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0)
        // A traced one stops once more on its way out (PTRACE_EVENT_EXIT).
        if (WIFSTOPPED(status))
            ptrace(PTRACE_CONT, pid, NULL, NULL);
    return pid == 0;
}

// Waits until every child has ended. Most often all are on their way out
// already; when none ends for a while, there are some that nobody has killed.
static void collect_all(void)
{
    const struct timespec a_while = {.tv_nsec = 10 * 1000 * 1000};
    sigset_t child, before;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    for (int round = 0; collect() && round < ROUNDS; round++)
        if (sigtimedwait(&child, NULL, &a_while) == -1)
            kill_descendants();
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void program_end_all(struct stage *stage)
{
    for (struct program *program = stage->programs; program != NULL;
         program = program->next) {
        if (!program->ended)
            kill(program->pid, SIGKILL);
        // It may be the leader of a group that lives on without it.
        kill(-program->pid, SIGKILL);
    }
    for (size_t i = 0; i < stage->tracer.count; i++)
        kill(stage->tracer.threads[i].pid, SIGKILL);
    collect_all();
    while (stage->programs != NULL) {
        struct program *program = stage->programs;
        stage->programs = program->next;
        if (program->input.pipe.fd != -1)
            close(program->input.pipe.fd);
        if (program->out.pipe.fd != -1)
            close(program->out.pipe.fd);
        if (program->err.pipe.fd != -1)
            close(program->err.pipe.fd);
        munmap(program->start, sizeof *program->start);
        free(program->out.bytes);
        free(program->err.bytes);
        free(program);
    }
}
