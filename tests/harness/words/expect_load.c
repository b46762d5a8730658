// Expectations about what a program takes: processor time, memory,
// descriptors.

#include "words/expect.h"

#include "words/expect_fail.h"
#include "kernel/procfs.h"
#include "stage/stage.h"
#include "stage/idle.h"

#include <stdio.h>

enum {
    // What memory may grow by, whatever the clients: an allocator takes it
    // from the kernel in pieces.
    MEMORY_SLACK = 256 * 1024,
    MEMORY_A_CLIENT = 8,
    MEMORY_A_THREAD = 384, // AddressSanitizer never forgets one
    A_STACK = 64 * 1024,   // the least that a thread's may be, or nearly
};

void expect_idle(struct program *program)
{
    // What is still to be done is done first.
    const struct failure failure = {.wait = WAIT_SPINS, .program = program};
    bool idle = stage_settle() && stage_is_idle();
    const struct failure ended = {.program = program};
    if (program->ended)
        expect_fail(&ended, "your program to wait for the other side", " ");
    if (!idle)
        expect_fail(&failure, "no processor time while there is nothing to do",
                    "it never rests");
}

void expect_backlog(struct peer *peer, size_t limit)
{
    struct program *program = peer->program;
    expect_quiet(program);
    size_t backlog = peer_backlog(peer);
    if (backlog <= limit)
        return;
    const struct failure failure = {
        .wait = WAIT_MET, .program = program, .peer = peer};
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "at most %zu bytes kept for a client that does not read", limit);
    expect_fail(&failure, expected, "%zu bytes", backlog);
}

struct level level_of(struct program *program)
{
    expect_quiet(program);
    return (struct level){procfs_count_descriptors(program->pid),
                          procfs_count_threads(program->pid),
                          procfs_memory(program->pid),
                          procfs_room(program->pid)};
}

// Its children are waited for, if not at once.
static void expect_no_zombies(struct program *program, size_t clients)
{
    const size_t zombies = procfs_count_zombies(program->pid);
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .means = "A child that has ended stays in the kernel's table, as a "
                 "zombie, until its parent has asked how: in the end no more "
                 "can be started, and nobody is served. waitpid() with WNOHANG "
                 "takes those that there are; or let SIGCHLD be ignored. Read: "
                 "man 2 waitpid, NOTES.",
    };
    char expected[SUMMARY_SIZE];
    if (zombies <= clients / 2)
        return;
    snprintf(expected, sizeof expected,
             "children that are waited for, as %zu clients are gone", clients);
    expect_fail(&failure, expected, "%zu zombies", zombies);
}

void expect_level(struct program *program, const struct level *before,
                  size_t clients)
{
    struct level now = level_of(program);
    expect_no_zombies(program, clients);
    struct failure failure = {
        .wait = WAIT_MET,
        .program = program,
        .is_sure = true,
        .means = "A client that has gone leaves a descriptor open: close() its "
                 "socket on every way out. Read: man 2 close.",
    };
    char expected[SUMMARY_SIZE];
    if (now.descriptors > before->descriptors) {
        failure.keeps_descriptor = true;
        snprintf(expected, sizeof expected,
                 "%d open descriptors, as before %zu more clients",
                 before->descriptors, clients);
        expect_fail(&failure, expected, "%d", now.descriptors);
    }
    size_t each = before->threads > 1 ? MEMORY_A_THREAD : MEMORY_A_CLIENT;
    size_t most = before->memory + MEMORY_SLACK + clients * each;
    if (now.memory <= most)
        return;
    failure.means = "A client that has gone leaves memory behind: free() what "
                    "was allocated for it, on every way out. Read: man 3 "
                    "malloc.";
    // What is full of memory is no stack that nobody uses any more.
    if (now.room >
        before->room + clients * A_STACK + now.memory - before->memory)
        failure.means = "Each client that has gone leaves many addresses "
                        "behind, as what was allocated does and is not freed; "
                        "or a thread that has ended and was neither joined nor "
                        "detached: its stack stays for whoever might join it. "
                        "Read: man 3 malloc; man 3 pthread_detach.";
    snprintf(expected, sizeof expected,
             "about %zu KiB of memory, as before %zu more clients",
             before->memory / 1024, clients);
    expect_fail(&failure, expected, "%zu KiB", now.memory / 1024);
}

void expect_no_room_for_announced(struct program *program,
                                  const struct level *before, size_t clients,
                                  size_t bytes)
{
    struct level now = level_of(program);
    size_t memory =
               now.memory < before->memory ? 0 : now.memory - before->memory,
           room = now.room < before->room ? 0 : now.room - before->room;
    size_t more = memory > room ? memory : room;
    // Half of the clients' would show it, too; what has come is far less.
    if (more < clients * bytes / 2)
        return;
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .means =
            "Your program makes room for what its clients have announced, and a "
            "length costs them nothing. Let a buffer grow with the bytes that "
            "have come, however many are said to come.",
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "room for what has come of %zu contents, of %zu MiB each", clients,
             bytes / MIB(1));
    expect_fail(&failure, expected, "room for %zu MiB more", more / MIB(1));
}

void expect_no_more_open(struct program *program, const struct level *before)
{
    struct level now = level_of(program);
    if (now.descriptors <= before->descriptors)
        return;
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .keeps_descriptor = true,
        .means = "An attempt that failed leaves its socket open: close() it "
                 "before the next one has its turn. Read: man 2 close.",
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "%d open descriptors, as without such attempts",
             before->descriptors);
    expect_fail(&failure, expected, "%d", now.descriptors);
}

void expect_fewer_open(struct program *program, const struct level *before,
                       int fewer)
{
    int now = level_of(program).descriptors;
    pid_t child;
    // Where others have the connections, this one's descriptors tell nothing.
    if (now <= before->descriptors - fewer ||
        procfs_descendants(program->pid, &child, 1) > 0)
        return;
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .keeps_descriptor = true,
        .means = "A connection that is done is still open at your end, or is "
                 "in nobody's hands: every way out leads to close(), which "
                 "alone gives the descriptor back (shutdown() does not). Read: "
                 "man 2 close.",
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "at most %d open descriptors, now that connections are done",
             before->descriptors - fewer);
    expect_fail(&failure, expected, "%d", now);
}

void expect_no_growth(struct program *program, const struct level *before,
                      size_t bytes, const char *means)
{
    struct level now = level_of(program);
    const struct failure failure = {
        .program = program, .is_sure = true, .means = means};
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "about %zu KiB of memory, as before",
             before->memory / 1024);
    if (now.memory > before->memory + bytes)
        expect_fail(&failure, expected, "%zu KiB", now.memory / 1024);
}

size_t calls_made(unsigned groups)
{
    struct trace *trace = stage_current()->trace;
    size_t count = 0, i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        count += call->on_socket && (call->group & groups) != 0;
    return count;
}
