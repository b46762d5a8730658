// A lesson for the tests of run. Its checks end in every way there is.

#include "graded.h"
#include "grader/grade.h"
#include "unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static struct told *told;

struct told *graded_begin(void)
{
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(told, MAP_FAILED);
    return told;
}

LESSON("00-unit", "Checks that end in every way", PROTOCOL_ECHO)

GRADED(passes, 1, "passes", "?")
{
    expect_exit_status(start_child("exits", "0", NULL), 0);
}

GRADED(fails, 2, "fails", "?")
{
    expect_exit_status(start_child("exits", "3", NULL), 0);
    told->went_on = true;
}

GRADED(exits_early, 3, "calls exit(0)", "?")
{
    exit(0);
}

GRADED(exits_early_at_once, 3, "calls _exit(0)", "?")
{
    _exit(0);
}

GRADED(crashes, 4, "crashes", "?")
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

GRADED(is_killed, 4, "is killed", "?")
{
    raise(SIGKILL);
}

GRADED(needs_weather, 5, "needs the tracer", "?")
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_ACCEPT});
}

// Leaves a daemon of its program behind.
GRADED(crashes_and_leaves, 6, "crashes, with a program running", "?")
{
    struct program *program = start_child("abandons", NULL, NULL);
    stage_wait(has_written_line, program);
    told->left_behind = (pid_t)strtol(program->out.bytes, NULL, 10);
    raise(SIGKILL);
}

GRADED(passes_at_last, 7, "passes after all that", "?")
{
    struct program *program = start_child("blocks", NULL, NULL);
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_HANGS);
}

static void die(void)
{
    raise(SIGKILL);
}

GRADED(dies_after_its_end, 8, "passes, but its process fails", "?")
{
    atexit(die);
}

// Lets a program grow by what SIGNAL makes it take, and expects it to be as
// before one client.
static void expect_level_behind(int signal)
{
    struct program *program = start_ready("grows", NULL);
    struct level before = level_of(program);
    expect_level(program, &before, 1);
    make_grow(program, signal);
    expect_level(program, &before, 1);
    told->went_on = true;
}

GRADED(takes_memory, 9, "takes memory", "?")
{
    expect_level_behind(SIGUSR1);
}

GRADED(takes_a_descriptor, 9, "takes a descriptor", "?")
{
    expect_level_behind(SIGHUP);
}

// A program that has, by chance, a port that is its own with the bytes
// exchanged: here the grader itself.
GRADED(announces_anothers_port, 9, "announces a port that it has not", "?")
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in loopback = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(fd, (struct sockaddr *)&loopback, sizeof loopback);
    listen(fd, 1);
    char port[8];
    snprintf(port, sizeof port, "%u", ntohs(local_of(fd).v4.sin_port));
    start_server("announces", "127.0.0.1", port);
    told->went_on = true;
}

// The build may have been removed meanwhile: no program is to blame for that.
GRADED(starts_what_is_missing, 9, "starts a program that is missing", "?")
{
    expect_exit_status(start_child("missing", NULL, NULL), 0);
    told->went_on = true;
}

GRADED_AT_SCALE(passes_at_scale, 10, "passes at scale", "?")
{
    told->at_scale++;
}

GRADED_AT_SCALE(fails_at_scale, 10, "fails at scale", "?")
{
    told->at_scale++;
    expect_exit_status(start_child("exits", "3", NULL), 0);
}

GRADED_AT_SCALE(passes_at_scale_again, 10, "passes at scale again", "?")
{
    told->at_scale++;
}
