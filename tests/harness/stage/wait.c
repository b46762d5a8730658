#include "stage/wait.h"

#include "stage/peer.h"
#include "stage/program.h"
#include "stage/quiet.h"
#include "stage/skip.h"
#include "stage/stage.h"
#include "stage/wait_inside.h"
#include "tracer/tracer.h"

#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    // How long nothing may have run before a hang is certain. Nothing is on
    // its way by then; this only covers what can't be seen, such as a timer.
    HANG_US = 120 * 1000,
    // Without a byte moved, so many calls make a spin, or so much processor
    // time: with some calls, that go round and round; with hardly any, when it
    // might be a computation on a slow machine; and without the tracer, when
    // with many threads a sanitizer's own locks take processor time too.
    SPIN_CALLS = 20000,
    SPIN_US = 400 * 1000,
    SPIN_SOME_CALLS = 100,
    SPIN_SILENT_US = 900 * 1000,
    SPIN_REPORTING_US = 8 * 1000 * 1000, // a sanitizer finds the lines
    SPIN_UNTRACED_US = 5 * 1000 * 1000,
    // Asleep without any progress, while time limits run: the last net. Of a
    // traced program that time is skipped, once it has slept for a moment.
    STALL_US = 3 * 1000 * 1000,
    STALL_SKIPPED_US = 10 * 1000 * 1000,
    SKIPS_FROM_US = 100 * 1000,
    SKIPS_MAX = 500,
    ON_ITS_WAY_PARTS = 20, // with bytes on their way, this part of it counts
    LOOK_EVERY_US = 40 * 1000, // while there is something to do
    // More than this between two looks is the fault of a busy machine, or of
    // one that was suspended, and counts for nobody.
    LOOK_COUNTS_US = 50 * 1000,
    // Nothing right takes so long, even if bytes keep moving.
    ENDLESS_S = 1800,
};

static void children_changed(struct descriptor *descriptor, uint32_t events)
{
    (void)events;
    struct stage *stage = descriptor->owner;
    struct signalfd_siginfo info[16];
    while (read(descriptor->fd, info, sizeof info) > 0)
        ;
    int status;
    struct rusage usage;
    pid_t pid;
    while ((pid = wait4(-1, &status, __WALL | WNOHANG, &usage)) > 0) {
        if (stage->traced)
            tracer_handle(&stage->tracer, pid, status);
        if (WIFEXITED(status) || WIFSIGNALED(status))
            program_has_ended(stage, pid, status, &usage);
    }
}

void stage_begin(uint64_t seed, bool traced)
{
    struct stage *stage = stage_make(seed, traced);
    stage->patience.haste = 1;
    stage->patience.spin_untraced_us = SPIN_UNTRACED_US;
    stage->patience.stall_us = traced ? STALL_SKIPPED_US : STALL_US;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max; // a thousand peers have as many sockets
    setrlimit(RLIMIT_NOFILE, &files);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);

    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    stage->signals =
        (struct descriptor){signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK),
                            children_changed, stage, 0};
    if (stage->signals.fd == -1)
        err(EXIT_FAILURE, "stage");
    stage_watch(&stage->signals, EPOLLIN);
}

void stage_end(void)
{
    struct stage *stage = stage_current();
    if (stage == NULL)
        return;
    program_end_all(stage);
    peer_close_all(stage);
    close(stage->signals.fd);
    stage_free();
}

void stage_weather(const struct weather *weather)
{
    weather_add(&stage_current()->tracer.weather, weather);
}

// Adds the time since the last look to what counts. While a thread was ready,
// and the machine did not let it run, it neither slept nor got nowhere.
static void count_time(struct stage *stage, const struct quiet *look)
{
    uint64_t now = trace_now_us(stage->trace);
    uint64_t counts = now - stage->progress.looked_us;
    uint64_t delay_us = look->delay_us > stage->progress.delay_us
                            ? look->delay_us - stage->progress.delay_us
                            : 0;
    stage->progress.looked_us = now;
    stage->progress.delay_us = look->delay_us;
    counts = counts > delay_us ? counts - delay_us : 0;
    if (counts > LOOK_COUNTS_US)
        counts = LOOK_COUNTS_US;
    stage->progress.watched_us += counts;
    if (look->asleep && (look->quietness == QUIET_TIMED || look->restless))
        stage->progress.asleep_us += counts;
    // With bytes on their way it is the kernel's turn: it may wait for seconds
    // before it tries again to send into a window that was full (RFC 9293,
    // 3.8.6.1).
    else if (look->asleep && look->quietness == QUIET_NOT)
        stage->progress.asleep_us += counts / ON_ITS_WAY_PARTS;
}

struct quiet stage_look(struct stage *stage)
{
    struct quiet look = quiet_look(stage);
    count_time(stage, &look);
    if (stage_moved(stage) != stage->progress.moved) {
        stage->progress.moved = stage_moved(stage);
        stage->progress.calls = stage->trace->count;
        stage->progress.cpu_us = look.cpu_us;
        stage->progress.quiet_us = 0;
    }
    // Who sleeps, prints a byte and sleeps again has not done anything.
    uint64_t without_print = stage_moved(stage) - stage->printed;
    if (without_print != stage->progress.without_print) {
        stage->progress.without_print = without_print;
        stage->progress.calls_then = stage->trace->count;
        stage->progress.printed_then = stage->printed;
        stage->progress.asleep_us = 0;
        stage->progress.skips = 0;
    }
    bool changed = look.signature != stage->progress.signature;
    if (look.quietness != QUIET_FOREVER)
        stage->progress.quiet_us = 0;
    else if (stage->progress.quiet_us == 0 || changed)
        stage->progress.quiet_us = stage->progress.looked_us;
    stage->progress.signature = look.signature;
    return look;
}

// True if a sanitizer has begun to say what it has found: it reads all of the
// program's debugging information for that.
static bool is_reporting(const struct stage *stage)
{
    for (const struct program *program = stage->programs; program != NULL;
         program = program->next)
        if (!program->ended && program_sanitizer_report(program) != NULL)
            return true;
    return false;
}

// True if they have called and called, and moved nothing but a few lines on
// stdout or stderr: they say now and then what they can't do.
static bool only_complains(const struct stage *stage)
{
    enum { FEW_PARTS = 1000 }; // one for so many calls
    const size_t calls = (stage->trace->count - stage->progress.calls_then) *
                         (size_t)stage->patience.haste;
    return stage->traced && calls >= SPIN_CALLS &&
           stage->printed - stage->progress.printed_then < calls / FEW_PARTS;
}

// True if the programs have called, or computed, for long and moved nothing.
static bool spins(const struct stage *stage, const struct quiet *look)
{
    size_t calls = stage->trace->count - stage->progress.calls;
    // A process that ended takes its processor time with it.
    uint64_t cpu_us = look->cpu_us > stage->progress.cpu_us
                          ? look->cpu_us - stage->progress.cpu_us
                          : 0;
    // As if there had been so many more.
    calls *= stage->patience.haste;
    cpu_us *= stage->patience.haste;
    if (!stage->traced)
        return cpu_us >= stage->patience.spin_untraced_us;
    if (is_reporting(stage))
        return cpu_us >= SPIN_REPORTING_US;
    return calls >= SPIN_CALLS || only_complains(stage) ||
           cpu_us >= SPIN_SILENT_US ||
           (cpu_us >= SPIN_US && calls >= SPIN_SOME_CALLS);
}

bool stage_is_endless(const struct stage *stage)
{
    return stage->progress.watched_us / 1000000 >= ENDLESS_S;
}

static enum wait_result judge(const struct stage *stage,
                              const struct quiet *look)
{
    uint64_t now = stage->progress.looked_us;
    if (look->quietness == QUIET_FOREVER && !look->packets &&
        now - stage->progress.quiet_us >= HANG_US)
        return WAIT_HANGS;
    if (spins(stage, look))
        return WAIT_SPINS;
    if (stage->progress.asleep_us >= stage->patience.stall_us ||
        stage->progress.skips >= SKIPS_MAX || stage_is_endless(stage))
        return WAIT_STALLED;
    if (peer_is_flooded(stage))
        return WAIT_FLOODED;
    return WAIT_MET;
}

void stage_forget_progress(struct stage *stage)
{
    stage->progress.moved = stage->progress.without_print = UINT64_MAX;
    stage->progress.watched_us = 0;
    stage->progress.quiet_us = 0;
    stage->progress.looked_us = trace_now_us(stage->trace);
}

bool stage_time_to_look(const struct stage *stage, bool busy)
{
    return !busy || trace_now_us(stage->trace) - stage->progress.looked_us >=
                        LOOK_EVERY_US;
}

// Who only waits for a time limit need not be waited for.
static void skip_sleep(struct stage *stage, const struct quiet *look)
{
    const int64_t most_ns = (int64_t)STALL_SKIPPED_US * 1000;
    if (!stage->traced || look->quietness != QUIET_TIMED || look->packets ||
        stage->progress.asleep_us < SKIPS_FROM_US)
        return;
    int64_t left_ns = skip_left_ns(stage);
    if (left_ns < 0 || left_ns > most_ns)
        return;
    skip_to_next(stage, left_ns);
    stage->progress.asleep_us += (uint64_t)left_ns / 1000;
    stage->progress.skips++;
}

enum wait_result stage_wait(bool (*met)(void *subject), void *subject)
{
    struct stage *stage = stage_current();
    stage_forget_progress(stage);
    while (!met(subject)) {
        if (stage_fault() != NULL)
            return WAIT_BROKEN;
        if (!stage_time_to_look(stage, stage_serve(stage, 1)))
            continue;
        struct quiet look = stage_look(stage);
        if (look.quietness != QUIET_NOT && peer_nudge(stage))
            continue;
        enum wait_result result = judge(stage, &look);
        if (result != WAIT_MET && !met(subject))
            return result;
        skip_sleep(stage, &look);
    }
    return WAIT_MET;
}

bool stage_settle(void)
{
    return stage_settle_within(UINT64_MAX);
}

bool stage_settle_within(uint64_t us)
{
    struct stage *stage = stage_current();
    stage_forget_progress(stage);
    // They may be at rest already: that is seen without waiting.
    for (int ms = 0; stage_fault() == NULL && stage->progress.watched_us < us;
         ms = 1) {
        if (!stage_time_to_look(stage, stage_serve(stage, ms)))
            continue;
        struct quiet look = stage_look(stage);
        // What came before the look is still to be seen by the peers.
        if (look.quietness != QUIET_NOT && !look.packets &&
            !stage_serve(stage, 0))
            return true;
        if (judge(stage, &look) != WAIT_MET)
            return false;
    }
    return false;
}
