// signals: the wish to stop, as an event of a loop like any other.

#ifndef SIGNALS_H
#define SIGNALS_H

// From now on SIGINT and SIGTERM do not end the process: they make the
// returned descriptor readable, which stays so. One that was ignored goes on
// being so, as SIGINT in what a shell's script has started with "&". Call it
// before any thread is started. The caller closes it. Returns -1 with errno.
// Linux: signalfd(2).
int signals_open(void);

#endif
