// The detectors for a port that a server can't have, or shares.

#include "explain/detectors.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static bool is_reuseaddr(const struct call *call)
{
    return call->info->number == SYS_setsockopt &&
           call->args[1] == SOL_SOCKET && call->args[2] == SO_REUSEADDR;
}

// What was wrong about SO_REUSEADDR: it was off, too late, or not set at all.
static void say_reuseaddr(const struct scene *scene, const struct call *bound)
{
    const struct call *set = NULL;
    size_t i = 0;
    // Also by the server before: that set it, when it was too late.
    for (const struct call *call;
         (call = trace_next_call(scene->trace, &i)) != NULL && call != bound;)
        if (is_reuseaddr(call))
            set = call;
    int on = 1;
    if (set != NULL && set->note_size >= sizeof on)
        memcpy(&on, set->note, sizeof on);
    if (set == NULL) {
        scene_say(scene, " Set SO_REUSEADDR before bind(), in every server, "
                         "each time.");
        return;
    }
    scene_say(scene, " ");
    scene_say_call(scene, set);
    if (on == 0)
        scene_say(scene, " sets SO_REUSEADDR to 0, which is off: set it to 1, "
                         "before bind(), in every server, each time.");
    else if (set->pid == bound->pid)
        scene_say(scene, " sets SO_REUSEADDR here, but it has to be set before "
                         "bind() in every server, each time.");
    else
        scene_say(scene,
                  " sets SO_REUSEADDR, but only after bind(), which is "
                  "too late: set it before, in every server, each time.");
}

static bool is_same_port(const struct call *one, const struct call *another)
{
    const char *a = memrchr(one->note, ':', one->note_size);
    const char *b = memrchr(another->note, ':', another->note_size);
    size_t size = a == NULL ? 0 : one->note_size - (size_t)(a - one->note);
    return a != NULL && b != NULL &&
           another->note_size - (size_t)(b - another->note) == size &&
           memcmp(a, b, size) == 0;
}

// The program's own bind() that has had that port, before BOUND has not, and
// whose socket is still there; NULL if there is none.
static const struct call *find_own_bind(const struct scene *scene,
                                        const struct call *bound)
{
    const struct call *own = NULL;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, ~0U, -1, &at)) != NULL && call != bound;
         at++) {
        if (call->info->number == SYS_bind && call->result == 0 &&
            is_same_port(call, bound))
            own = call;
        else if (own != NULL && call->info->number == SYS_close &&
                 call->fd == own->fd)
            own = NULL;
    }
    return own;
}

// True if it listens on another address that it has tried since.
static bool listens_after(const struct scene *scene, const struct call *bound)
{
    bool is_after = false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP, -1, &at)) != NULL; at++) {
        is_after = is_after || call == bound;
        if (is_after && call->info->number == SYS_listen && call->result == 0)
            return true;
    }
    return false;
}

// The call by which a server could not have its port; NULL if it could.
static const struct call *find_refused(const struct scene *scene)
{
    const struct call *bound = scene_find_failed(scene, EADDRINUSE);
    return bound == NULL || !scene_awaits_announcement(scene) ||
                   listens_after(scene, bound)
               ? NULL
               : bound;
}

// It has the port itself, by another socket.
bool detect_own_port(const struct scene *scene)
{
    const struct call *bound = find_refused(scene);
    const struct call *own = bound == NULL ? NULL : find_own_bind(scene, bound);
    if (own == NULL)
        return false;
    scene_say_call(scene, bound);
    scene_say(scene, " failed with EADDRINUSE, as your own program has that "
                     "port: ");
    scene_say_call(scene, own);
    scene_say(scene, " has succeeded before, and its socket is still open. "
                     "Once one of them listens, leave the loop.");
    return true;
}

// True if another of the check's programs, which goes on, has announced that
// it listens at that port.
static bool another_listens(const struct scene *scene, const struct call *bound)
{
    for (const struct program *other = scene->stage->programs; other != NULL;
         other = other->next) {
        char text[ENDPOINT_TEXT_SIZE];
        struct call its = {.note_size = 0};
        if (other == scene->program || other->ended ||
            other->address.any.sa_family == AF_UNSPEC)
            continue;
        its.note_size = strlen(endpoint_text(&other->address, text));
        memcpy(its.note, text, its.note_size);
        if (is_same_port(&its, bound))
            return true;
    }
    return false;
}

static bool is_reuseport(const struct call *call)
{
    return call->info->number == SYS_setsockopt &&
           call->args[1] == SOL_SOCKET && call->args[2] == SO_REUSEPORT;
}

// Two programs are to share a port, and the second has not got it. Where it
// would have set the option, the first may have got to.
static void say_not_shared(const struct scene *scene, const struct call *bound)
{
    const struct call *set = NULL;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(scene->trace, &i)) != NULL;)
        if (is_reuseport(call))
            set = call;
    scene_say(scene, " failed with EADDRINUSE: your first server listens at "
                     "that port, and goes on. Two can do so only if "
                     "SO_REUSEPORT is on in both of them, before bind().");
    if (set == NULL) {
        scene_say(scene, " Here it is not set.");
    } else if (set->root == bound->root && set->ended_us < bound->ended_us) {
        scene_say(scene, " Here it is set in time: was it in the first?");
    } else {
        scene_say(scene, " ");
        scene_say_call(scene, set);
        scene_say(scene, " sets it behind bind().");
    }
    scene_say_read(scene, "man 7 socket, SO_REUSEPORT");
}

bool detect_port_in_use(const struct scene *scene)
{
    const struct call *bound = find_refused(scene);
    if (bound == NULL)
        return false;
    if (another_listens(scene, bound)) {
        scene_say_call(scene, bound);
        say_not_shared(scene, bound);
        return true;
    }
    scene_say_call(scene, bound);
    scene_say(scene, " failed with EADDRINUSE. No other server has that port; "
                     "the kernel keeps it for a minute because of the old "
                     "connection, whose server ended first (TIME_WAIT).");
    say_reuseaddr(scene, bound);
    scene_say_read(scene, "man 7 socket, SO_REUSEADDR; man 7 ip");
    return true;
}

// A second server that should have found its port taken.
bool detect_shared_port(const struct scene *scene)
{
    if (scene->program == NULL || scene->program->ended ||
        scene->failure->awaits != AWAITS_PROGRAM_END)
        return false;
    const struct call *reuses = NULL;
    size_t i = 0;
    for (const struct call *call; (call = scene_next_call(scene, &i)) != NULL;)
        if (is_reuseaddr(call))
            reuses = call;
    i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (!is_reuseport(call))
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " sets SO_REUSEPORT, with which several servers share "
                         "a port: so bind() did not fail. What lets a server "
                         "start again at once is SO_REUSEADDR.");
        if (reuses == NULL)
            scene_say(scene, " (With \"|\" between the two, what comes of it "
                             "is the number of SO_REUSEPORT: each takes a "
                             "call of its own.)");
        scene_say_read(scene, "man 7 socket");
        return true;
    }
    return false;
}
