#include "words/options.h"

#include "base/options.h"
#include "kernel/procfs.h"
#include "kernel/sockets.h"
#include "kernel/tcpinfo.h"
#include "stage/peer.h"
#include "stage/program.h"
#include "stage/quiet.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <unistd.h>

// Looks for a socket among those of all the program's processes.
static int find_any(const struct program *program, uint16_t port,
                    int (*borrow)(pid_t, uint16_t))
{
    static pid_t tids[QUIET_THREADS];
    int fd = borrow(program->pid, port);
    size_t count = procfs_descendants(program->pid, tids, QUIET_THREADS);
    for (size_t i = 0; i < count && i < QUIET_THREADS && fd == -1; i++)
        fd = borrow(tids[i], port);
    return fd;
}

// Who has ended has none; else it can't be looked at.
static int expect_found(const struct program *program, int fd)
{
    if (fd == -1 && !program->ended)
        verdict_not_run("it needs to look at the program's sockets, by "
                        "pidfd_getfd(2), and can't");
    return fd;
}

int find_connection(const struct program *program, const struct peer *peer)
{
    return find_any(program, peer->local.v4.sin_port,
                    sockets_borrow_connection);
}

int borrow_connection(const struct program *program, const struct peer *peer)
{
    return expect_found(program, find_connection(program, peer));
}

int borrow_listener(const struct program *program)
{
    return expect_found(program, find_any(program, program->address.v4.sin_port,
                                          sockets_borrow_listener));
}

int option_of(int fd, int level, int option)
{
    int value;
    return tcpinfo_option(fd, level, option, &value) ? value : -1;
}

void expect_option(struct program *program, struct peer *peer,
                   const struct wanted_option *wanted, const char *why)
{
    const struct failure over = {.program = program, .peer = peer};
    if (program->ended || (peer != NULL && is_over(peer)))
        expect_fail(&over, "an open connection", "one that is over");
    const int fd = peer == NULL ? borrow_listener(program)
                                : borrow_connection(program, peer);
    const int value = option_of(fd, wanted->level, wanted->option);
    close(fd);
    if (wanted->any ? value != 0 : value == wanted->value)
        return;
    const struct failure failure = {.program = program,
                                    .peer = peer,
                                    .wanted_option = wanted,
                                    .means = why};
    const char *name = name_of_option(wanted->level, wanted->option);
    const char *of = peer == NULL ? "listening socket" : "connection";
    if (wanted->any)
        expect_fail(&failure, formatted("%s switched on for its %s", name, of),
                    "off, as the kernel says");
    expect_fail(&failure,
                formatted("%s of its %s to be %d", name, of, wanted->value),
                "%d, as the kernel says", value);
}
