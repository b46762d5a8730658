#include "stage/wait.h"

#include "stage/peer.h"
#include "stage/program.h"
#include "stage/quiet.h"
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
    SPIN_SILENT_US = 2 * 1000 * 1000,
    SPIN_UNTRACED_US = 5 * 1000 * 1000,
    // Asleep without any progress, while time limits run: the last net.
    STALL_US = 3 * 1000 * 1000,
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
static void count_time(struct stage *stage, const struct quiet_report *report)
{
    uint64_t now = trace_now_us(stage->trace);
    uint64_t counts = now - stage->watch.looked_us;
    uint64_t delay_us = report->delay_us > stage->watch.delay_us
                            ? report->delay_us - stage->watch.delay_us
                            : 0;
    stage->watch.looked_us = now;
    stage->watch.delay_us = report->delay_us;
    counts = counts > delay_us ? counts - delay_us : 0;
    if (counts > LOOK_COUNTS_US)
        counts = LOOK_COUNTS_US;
    stage->watch.watched_us += counts;
    if (report->asleep && report->quiet == QUIET_TIMED)
        stage->watch.asleep_us += counts;
    // With bytes on their way it is the kernel's turn: it may wait for seconds
    // before it tries again to send into a window that was full (RFC 9293,
    // 3.8.6.1).
    else if (report->asleep && report->quiet == QUIET_NOT)
        stage->watch.asleep_us += counts / 20;
}

struct quiet_report stage_look(struct stage *stage)
{
    struct quiet_report report = quiet_look(stage);
    count_time(stage, &report);
    if (stage_moved(stage) != stage->watch.moved) {
        stage->watch.moved = stage_moved(stage);
        stage->watch.calls = stage->trace->count;
        stage->watch.cpu_us = report.cpu_us;
        stage->watch.quiet_us = 0;
    }
    // Who sleeps, prints a byte and sleeps again has not done anything.
    uint64_t without_print = stage_moved(stage) - stage->printed;
    if (without_print != stage->watch.without_print) {
        stage->watch.without_print = without_print;
        stage->watch.asleep_us = 0;
    }
    bool changed = report.signature != stage->watch.signature;
    if (report.quiet != QUIET_FOREVER)
        stage->watch.quiet_us = 0;
    else if (stage->watch.quiet_us == 0 || changed)
        stage->watch.quiet_us = stage->watch.looked_us;
    stage->watch.signature = report.signature;
    return report;
}

// True if the programs have called, or computed, for long and moved nothing.
static bool spins(const struct stage *stage, const struct quiet_report *report)
{
    size_t calls = stage->trace->count - stage->watch.calls;
    // A process that ended takes its processor time with it.
    uint64_t cpu_us = report->cpu_us > stage->watch.cpu_us
                          ? report->cpu_us - stage->watch.cpu_us
                          : 0;
    if (!stage->traced)
        return cpu_us >= SPIN_UNTRACED_US;
    return calls >= SPIN_CALLS || cpu_us >= SPIN_SILENT_US ||
           (cpu_us >= SPIN_US && calls >= SPIN_SOME_CALLS);
}

bool stage_is_endless(const struct stage *stage)
{
    return stage->watch.watched_us / 1000000 >= ENDLESS_S;
}

static enum wait_result judge(const struct stage *stage,
                              const struct quiet_report *report)
{
    uint64_t now = stage->watch.looked_us;
    if (report->quiet == QUIET_FOREVER && !report->packets &&
        now - stage->watch.quiet_us >= HANG_US)
        return WAIT_HANGS;
    if (spins(stage, report))
        return WAIT_SPINS;
    if (stage->watch.asleep_us >= STALL_US || stage_is_endless(stage))
        return WAIT_STALLED;
    if (peer_is_flooded(stage))
        return WAIT_FLOODED;
    return WAIT_MET;
}

void stage_begin_watch(struct stage *stage)
{
    stage->watch.moved = stage->watch.without_print = UINT64_MAX;
    stage->watch.watched_us = 0;
    stage->watch.quiet_us = 0;
    stage->watch.looked_us = trace_now_us(stage->trace);
}

bool stage_time_to_look(const struct stage *stage, bool busy)
{
    return !busy ||
           trace_now_us(stage->trace) - stage->watch.looked_us >= LOOK_EVERY_US;
}

enum wait_result stage_wait(bool (*met)(void *subject), void *subject)
{
    struct stage *stage = stage_current();
    stage_begin_watch(stage);
    while (!met(subject)) {
        if (stage_fault() != NULL)
            return WAIT_BROKEN;
        if (!stage_time_to_look(stage, stage_serve(stage, 1)))
            continue;
        struct quiet_report report = stage_look(stage);
        if (report.quiet != QUIET_NOT && peer_nudge(stage))
            continue;
        enum wait_result result = judge(stage, &report);
        if (result != WAIT_MET && !met(subject))
            return result;
    }
    return WAIT_MET;
}

bool stage_settle(void)
{
    struct stage *stage = stage_current();
    stage_begin_watch(stage);
    while (stage_fault() == NULL) {
        if (!stage_time_to_look(stage, stage_serve(stage, 1)))
            continue;
        struct quiet_report report = stage_look(stage);
        // What came before the look is still to be seen by the peers.
        if (report.quiet != QUIET_NOT && !report.packets &&
            !stage_serve(stage, 0))
            return true;
        if (judge(stage, &report) != WAIT_MET)
            return false;
    }
    return false;
}
