// A program that tries to give itself full points: it looks for a way into the
// memory of the processes above it, which are the grader's, and says on stderr
// what it found.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

static int parent_of(int pid, char name[64])
{
    char path[64];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL ||
        fscanf(file, "%*d (%63[^)]) %*c %d", name, &parent) != 2)
        parent = 0;
    if (file != NULL)
        fclose(file);
    return parent;
}

static int opens(int pid, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
    int fd = open(path, O_RDWR);
    if (fd != -1)
        fprintf(stderr, "%s can be opened\n", path);
    return fd != -1;
}

static int reaches(int pid)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    int reached = opens(pid, "mem") + opens(pid, "fd/0") + opens(pid, "fd/3");
    // EFAULT says that it may, but that nothing is there.
    if (process_vm_readv(pid, &here, 1, &there, 1, 0) != -1)
        reached += fprintf(stderr, "process_vm_readv() reads\n");
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != -1)
        reached += fprintf(stderr, "ptrace() seizes\n");
    return reached;
}

int main(void)
{
    char name[64];
    int reached = 0, pid = getppid();
    // The check's process, Check's, the worker's, the grader's, the runner's.
    for (int i = 0; i < 4 && pid > 1; i++) {
        reached += reaches(pid);
        pid = parent_of(pid, name);
    }
    if (reached == 0)
        fprintf(stderr, "nothing of the grader can be reached\n");
    return 1;
}
