#include "stage/stage.h"

#include "stage/peer.h"
#include "stage/program.h"
#include "stage/quiet.h"
#include "stage/stage_inside.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    EVENTS = 64,
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

// The one exception to "no globals": a check's text would otherwise have to
// hand the stage to every line of it.
static struct stage *the_stage;

struct stage *stage_current(void)
{
    return the_stage;
}

static void children_changed(struct source *source, uint32_t events)
{
    (void)events;
    struct stage *stage = source->owner;
    struct signalfd_siginfo info[16];
    while (read(source->fd, info, sizeof info) > 0)
        ;
    int status;
    struct rusage usage;
    pid_t pid;
    while ((pid = wait4(-1, &status, __WALL | WNOHANG, &usage)) > 0)
        program_handle(stage, pid, status, &usage);
}

void stage_begin(uint64_t seed, bool traced)
{
    struct stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        err(EXIT_FAILURE, "stage");
    the_stage = stage;
    stage->seed = seed;
    stage->traced = traced;
    stage->trace = trace_start();
    stage->tracer.trace = stage->trace;
    stage->tracer.descriptors_at_exit = -1;
    stage->tracer.weather.random = random_start(seed, "weather");
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
    stage->epoll = epoll_create1(EPOLL_CLOEXEC);
    stage->signals =
        (struct source){signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK),
                        children_changed, stage, 0};
    if (stage->epoll == -1 || stage->signals.fd == -1)
        err(EXIT_FAILURE, "stage");
    stage_watch(&stage->signals, EPOLLIN);
}

void stage_end(void)
{
    if (the_stage == NULL)
        return;
    program_end_all(the_stage);
    peer_close_all(the_stage);
    tracer_free(&the_stage->tracer);
    trace_free(the_stage->trace);
    close(the_stage->signals.fd);
    close(the_stage->epoll);
    free(the_stage);
    the_stage = NULL;
}

void stage_weather(const struct weather *weather)
{
    weather_add(&the_stage->tracer.weather, weather);
}

void stage_watch(struct source *source, uint32_t events)
{
    if (source->watched == events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = source};
    int how = source->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(the_stage->epoll, how, source->fd, &event) == -1)
        err(EXIT_FAILURE, "epoll_ctl");
    source->watched = events;
}

void stage_unwatch(struct source *source)
{
    if (source->watched != 0)
        epoll_ctl(the_stage->epoll, EPOLL_CTL_DEL, source->fd, NULL);
    source->watched = 0;
}

bool stage_serve(struct stage *stage, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(stage->epoll, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct source *source = events[i].data.ptr;
        // A source served earlier in this batch may have closed this one.
        if (source->fd != -1)
            source->ready(source, events[i].events);
    }
    tracer_release(&stage->tracer, false);
    return count > 0;
}

uint64_t stage_moved(const struct stage *stage)
{
    return stage->moved + stage->tracer.moved;
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
    struct stage *stage = the_stage;
    stage_begin_watch(stage);
    while (!met(subject)) {
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
    struct stage *stage = the_stage;
    stage_begin_watch(stage);
    for (;;) {
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
}
