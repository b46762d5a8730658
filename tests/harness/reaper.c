// The end of every program, and of all that it has started: also of what has
// left its process group or its session, or has been orphaned.

#include "procfs.h"
#include "program.h"

#include <signal.h>
#include <stdlib.h>
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

// Collects the children that have ended, with FLAGS of waitpid(2). Returns
// false once there is none left, ended or not.
static bool collect(int flags)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL | flags)) > 0) {
        // A traced one stops once more on its way out (PTRACE_EVENT_EXIT).
        if (WIFSTOPPED(status))
            ptrace(PTRACE_CONT, pid, NULL, NULL);
        flags |= WNOHANG;
    }
    return pid == 0;
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
    // Most often all are on their way out already, so it is enough to wait.
    for (int round = 0; round < ROUNDS && collect(WNOHANG); round++) {
        if (round > 0)
            kill_descendants();
        collect(0);
    }
    while (stage->programs != NULL) {
        struct program *program = stage->programs;
        stage->programs = program->next;
        if (program->input.fd != -1)
            close(program->input.fd);
        if (program->out.source.fd != -1)
            close(program->out.source.fd);
        if (program->err.source.fd != -1)
            close(program->err.source.fd);
        free(program->out.bytes);
        free(program->err.bytes);
        free(program);
    }
}
