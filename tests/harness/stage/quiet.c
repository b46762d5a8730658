#include "stage/quiet.h"

#include "base/mix.h"
#include "stage/peer.h"
#include "kernel/procfs.h"
#include "stage/program.h"
#include "tracer/waits.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

// A time limit of this or more is as good as none: nobody waits for it.
static const int64_t LONG_NS = INT64_C(10000) * 1000000;

static void look_at_thread(const struct stage *stage, pid_t tid,
                           struct quiet *look)
{
    struct thread_state state;
    if (procfs_thread(tid, &state) == -1 || state.state == 'Z' ||
        state.state == 'X')
        return;
    look->cpu_us += state.cpu_us;
    look->delay_us += state.delay_us;
    look->signature = mix(look->signature, state.switches);
    const struct thread *thread = thread_find(&stage->tracer, tid);
    if (thread != NULL && thread->phase == THREAD_STOPPED)
        return; // by SIGSTOP
    if (thread != NULL && thread->phase == THREAD_HELD) {
        // Stands still because we want it to, perhaps only for a while.
        if (thread->release_us != 0 && look->quietness == QUIET_FOREVER)
            look->quietness = QUIET_TIMED;
        return;
    }
    if (state.state == 'T')
        return; // by SIGSTOP
    if (state.state != 'S') {
        look->quietness = QUIET_NOT;
        return;
    }
    int64_t limit = waits_limit_ns(&stage->tracer, tid, &state);
    // Where /proc/TID/syscall may not be read, nothing is known of limits.
    bool timed = (limit >= 0 && limit < LONG_NS) || state.call == -1;
    if (timed && look->quietness == QUIET_FOREVER)
        look->quietness = QUIET_TIMED;
}

size_t quiet_threads(const struct stage *stage, pid_t tids[QUIET_THREADS])
{
    size_t count = 0;
    if (!stage->traced) {
        count = procfs_descendants(getpid(), tids, QUIET_THREADS);
        return count < QUIET_THREADS ? count : QUIET_THREADS;
    }
    for (; count < stage->tracer.count && count < QUIET_THREADS; count++)
        tids[count] = stage->tracer.threads[count].tid;
    return count;
}

static struct quiet look_at_threads(const struct stage *stage)
{
    static pid_t tids[QUIET_THREADS];
    size_t count = quiet_threads(stage, tids);
    struct quiet look = {.quietness = QUIET_FOREVER, .signature = count};
    for (size_t i = 0; i < count; i++)
        look_at_thread(stage, tids[i], &look);
    look.asleep = look.quietness != QUIET_NOT;
    return look;
}

// What those took that have ended and were waited for: a program may consist of
// nothing but processes that come and go.
static uint64_t ended_cpu_us(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_CHILDREN, &usage) == -1)
        return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct quiet quiet_look(const struct stage *stage)
{
    struct quiet look = look_at_threads(stage);
    look.cpu_us += ended_cpu_us();
    // Only worth asking once the threads are at rest: it is the dearer part.
    if (!look.asleep)
        return look;
    uint64_t threads = look.signature;
    look.packets = procfs_has_packets();
    for (const struct peer *peer = stage->peers; peer != NULL;
         peer = peer->next)
        if (peer_in_transit(peer, &look.signature))
            look.quietness = QUIET_NOT;
    // One after the other they may all have been seen asleep, although one
    // has woken another meanwhile: whoever sleeps still, and has not run, has
    // slept all the time.
    struct quiet again = look_at_threads(stage);
    look.asleep = again.asleep;
    look.restless = again.signature != threads;
    if (!look.asleep || look.restless)
        look.quietness = QUIET_NOT;
    return look;
}
