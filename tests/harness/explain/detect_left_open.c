// A descriptor that is left open: which one, who opened it, and what was last
// done with it.

#include "explain/detectors.h"

#include "kernel/procfs.h"
#include "trace/format.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/syscall.h>

// The descriptor that a call gives to the program; -1: it gives none.
static int opened_by(const struct call *call)
{
    const bool opens =
        call->group == CALLS_ACCEPT || call->info->number == SYS_socket ||
        (call->group == CALLS_OTHER &&
         (call->info->number != SYS_fcntl || call->args[1] == F_DUPFD ||
          call->args[1] == F_DUPFD_CLOEXEC) &&
         call->info->number != SYS_splice);
    return opens && call->finished && call->result >= 0 ? (int)call->result
                                                        : -1;
}

// What became of a descriptor from event NUMBER on.
struct fate {
    const struct call *last; // the last call on it; NULL: none
    bool closed, failed;
};

static struct fate fate_of(const struct scene *scene, int fd, pid_t pid,
                           size_t number)
{
    struct fate fate = {.last = NULL};
    for (const struct call *call;
         (call = scene_next_call(scene, &number)) != NULL;) {
        if (call->pid != pid || !call->finished)
            continue;
        if (opened_by(call) == fd || // closed where nobody has looked
            (call->info->number == SYS_close && call->fd == fd &&
             call->result == 0)) {
            fate.closed = true;
            return fate;
        }
        if (call->fd != fd || !call->on_socket)
            continue;
        fate.last = call;
        fate.failed =
            fate.failed || call_is_failure(call) || call_told_error(call) > 0;
    }
    return fate;
}

bool detect_left_open(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    if (!failure->keeps_descriptor || scene->program == NULL)
        return false;
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        int fd = opened_by(call);
        if (fd == -1 || !procfs_is_open(call->pid, fd))
            continue;
        struct fate fate = fate_of(scene, fd, call->pid, i + 1);
        // A socket that nothing went wrong with may well be in use.
        if (fate.closed || (call->info->number == SYS_socket && !fate.failed))
            continue;
        scene_say(scene, "Descriptor %d, which ", fd);
        scene_say_call(scene, call);
        scene_say(scene, " returned, is still open");
        if (fate.last != NULL) {
            scene_say(scene, "; the last call on it was ");
            format_call(scene->out, fate.last);
            scene_say_where(scene, fate.last);
        }
        scene_say(scene, ". %s", failure->means == NULL ? "" : failure->means);
        return true;
    }
    return false;
}
