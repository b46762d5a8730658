#include "signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/signalfd.h>

static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 &&
           action.sa_handler == SIG_IGN;
}

int signals_open(void)
{
    static const int wishes[] = {SIGINT, SIGTERM};
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (!is_ignored(wishes[i]))
            sigaddset(&signals, wishes[i]);
    // Blocked, they stay pending, which is what the descriptor shows.
    if (sigprocmask(SIG_BLOCK, &signals, NULL) == -1)
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}
