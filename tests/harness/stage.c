#include "stage.h"

#include "peer.h"
#include "program.h"
#include "quiet.h"

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
    // Processor time, or calls, without a byte moved that make a spin.
    SPIN_MS = 400,
    SPIN_CALLS = 20000,
    // Without the tracer it counts more: with many threads on a busy machine,
    // a sanitizer's own locks take processor time too.
    SPIN_UNTRACED_MS = 5000,
    // Asleep without any progress, while time limits run: the last net.
    STALL_US = 3 * 1000 * 1000,
    LOOK_EVERY_US = 40 * 1000, // while there is something to do
    // How long programs that wake now and then are watched.
    IDLE_MS = 300,
    IDLE_CALLS = 15, // and how many calls they may make meanwhile
    // How long those that can't wake by themselves are: what spins is never
    // quiet at all.
    IDLE_QUIET_US = 30 * 1000,
    // More than this between two looks is the fault of a busy machine, and
    // counts for nobody.
    LOOK_COUNTS_US = 50 * 1000,
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

// Serves what is ready, waiting for up to timeout_ms. Returns whether
// anything was.
static bool serve(struct stage *stage, int timeout_ms)
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

static uint64_t moved_so_far(const struct stage *stage)
{
    return stage->moved + stage->tracer.moved;
}

// Takes a look, and keeps account of progress, quiet and processor time.
static struct quiet_report look(struct stage *stage)
{
    struct quiet_report report = quiet_look(stage);
    uint64_t now = trace_now_us(stage->trace);
    uint64_t passed = now - stage->watch.looked_us;
    stage->watch.looked_us = now;
    uint64_t counts = passed < LOOK_COUNTS_US ? passed : LOOK_COUNTS_US;
    if (report.asleep && report.quiet == QUIET_TIMED)
        stage->watch.asleep_us += counts;
    // With bytes on their way it is the kernel's turn: it may wait for seconds
    // before it tries again to send into a window that was full (RFC 9293,
    // 3.8.6.1).
    else if (report.asleep && report.quiet == QUIET_NOT)
        stage->watch.asleep_us += counts / 20;
    if (moved_so_far(stage) != stage->watch.moved) {
        stage->watch.moved = moved_so_far(stage);
        stage->watch.calls = stage->trace->count;
        stage->watch.asleep_us = 0;
        stage->watch.cpu_ms = report.cpu_ms;
        stage->watch.quiet_us = 0;
    }
    bool changed = report.signature != stage->watch.signature;
    if (report.quiet != QUIET_FOREVER)
        stage->watch.quiet_us = 0;
    else if (stage->watch.quiet_us == 0 || changed)
        stage->watch.quiet_us = now;
    stage->watch.signature = report.signature;
    return report;
}

static enum wait_result judge(const struct stage *stage,
                              const struct quiet_report *report)
{
    uint64_t now = stage->watch.looked_us;
    if (report->quiet == QUIET_FOREVER &&
        now - stage->watch.quiet_us >= HANG_US)
        return WAIT_HANGS;
    uint64_t spin_ms = stage->traced ? SPIN_MS : SPIN_UNTRACED_MS;
    // A process that ended takes its processor time with it.
    if (report->cpu_ms > stage->watch.cpu_ms &&
        report->cpu_ms - stage->watch.cpu_ms >= spin_ms)
        return WAIT_SPINS;
    if (stage->trace->count - stage->watch.calls >= SPIN_CALLS)
        return WAIT_SPINS;
    if (stage->watch.asleep_us >= STALL_US)
        return WAIT_STALLED;
    if (peer_is_flooded(stage))
        return WAIT_FLOODED;
    return WAIT_MET;
}

// Whatever was before, the next look counts as progress.
static void begin_watch(struct stage *stage)
{
    stage->watch.moved = UINT64_MAX;
    stage->watch.quiet_us = 0;
    stage->watch.looked_us = trace_now_us(stage->trace);
}

static bool time_to_look(const struct stage *stage, bool busy)
{
    return !busy ||
           trace_now_us(stage->trace) - stage->watch.looked_us >= LOOK_EVERY_US;
}

enum wait_result stage_wait(bool (*met)(void *subject), void *subject)
{
    struct stage *stage = the_stage;
    begin_watch(stage);
    while (!met(subject)) {
        if (!time_to_look(stage, serve(stage, 1)))
            continue;
        struct quiet_report report = look(stage);
        if (report.quiet != QUIET_NOT && peer_nudge(stage))
            continue;
        enum wait_result result = judge(stage, &report);
        if (result != WAIT_MET && !met(subject))
            return result;
    }
    return WAIT_MET;
}

// What has happened since the watch for idleness began.
struct idle_watch {
    uint64_t began_us, began_cpu_ms, moved;
    size_t began_calls, looks, awake;
};

static struct idle_watch begin_idle_watch(const struct stage *stage,
                                          const struct quiet_report *report)
{
    return (struct idle_watch){
        .began_us = stage->watch.looked_us,
        .began_cpu_ms = report->cpu_ms,
        .moved = moved_so_far(stage) - stage->printed,
        .began_calls = stage->trace->count,
    };
}

bool stage_is_idle(void)
{
    struct stage *stage = the_stage;
    begin_watch(stage);
    struct quiet_report report = look(stage);
    struct idle_watch idle = begin_idle_watch(stage, &report);
    for (;;) {
        if (!time_to_look(stage, serve(stage, 1)))
            continue;
        report = look(stage);
        if (report.quiet == QUIET_FOREVER &&
            stage->watch.looked_us - stage->watch.quiet_us >= IDLE_QUIET_US)
            return true;
        // What still moves has its reason: the watch begins again. (Printing
        // now and then is no such reason.)
        if (moved_so_far(stage) - stage->printed != idle.moved)
            idle = begin_idle_watch(stage, &report);
        uint64_t passed_ms = (stage->watch.looked_us - idle.began_us) / 1000;
        uint64_t cpu_ms = report.cpu_ms - idle.began_cpu_ms;
        size_t calls = stage->trace->count - idle.began_calls;
        // The kernel counts processor time in steps of 10 ms.
        if (cpu_ms >= SPIN_MS || calls >= SPIN_CALLS)
            return false;
        // On a busy machine one that spins may get little of it, but it never
        // sleeps.
        idle.looks++;
        idle.awake += !report.asleep;
        if (passed_ms >= IDLE_MS)
            return cpu_ms * 10 <= passed_ms && calls <= IDLE_CALLS &&
                   idle.awake * 2 <= idle.looks;
    }
}

bool stage_settle(void)
{
    struct stage *stage = the_stage;
    begin_watch(stage);
    for (;;) {
        if (!time_to_look(stage, serve(stage, 1)))
            continue;
        struct quiet_report report = look(stage);
        if (report.quiet != QUIET_NOT)
            return true;
        if (judge(stage, &report) != WAIT_MET)
            return false;
    }
}
