#include "kernel/orphan.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

void orphan_ends_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
}
