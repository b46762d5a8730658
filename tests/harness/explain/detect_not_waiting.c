// The detectors for receives that take nothing: those that only look, and those
// that do not wait for what is not there yet.

#include "explain/detectors.h"

#include "trace/format.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

bool detect_peek(const struct scene *scene)
{
    size_t at = 0;
    const struct call *peek = NULL;
    bool has_come = false;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        if (call->info->number != SYS_recvfrom ||
            (call->args[3] & MSG_PEEK) == 0)
            return false;
        has_come = has_come || call->result > 0;
        peek = call;
    }
    if (peek == NULL || !has_come)
        return false;
    scene_say_call(scene, peek);
    scene_say(scene, " is called with MSG_PEEK, and never without it. That "
                     "flag leaves the bytes where they are, so they come "
                     "again and again.");
    scene_say_read(scene, "man 2 recv, MSG_PEEK; the lesson on recv");
    return true;
}

// The last call that failed with EAGAIN, if it was more than a look at what is
// behind all, and nothing came behind it.
static const struct call *find_given_up(const struct scene *scene)
{
    const struct call *found = NULL;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (!call->on_socket || call->only_looks)
            continue;
        if (call_failed_with(call, EAGAIN))
            found = call;
        else if (found != NULL && call->fd == found->fd && call->result > 0 &&
                 call->group == found->group)
            found = NULL;
    }
    return found;
}

// Says which limit it has, and where that was set; if it was.
static void say_limit(const struct scene *scene, const struct call *over)
{
    const struct call *set = NULL;
    struct timeval limit = {0, 0};
    char length[16];
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != over;)
        if (call->info->number == SYS_setsockopt && call->fd == over->fd &&
            (int)call->args[1] == SOL_SOCKET &&
            (int)call->args[2] == SO_RCVTIMEO &&
            call->note_size >= sizeof limit) {
            memcpy(&limit, call->note, sizeof limit);
            set = call;
        }
    uint64_t ms =
        (uint64_t)limit.tv_sec * 1000 + (uint64_t)limit.tv_usec / 1000;
    if (set == NULL || ms == 0)
        return;
    format_time(length, sizeof length, ms);
    scene_say(scene, " Its limit, which ");
    scene_say_call(scene, set);
    scene_say(scene, " has set, is %s.", length);
}

// A receive that was told not to wait, and whose EAGAIN is taken for more
// than "nothing yet".
bool detect_nothing_yet(const struct scene *scene)
{
    const struct call *call = find_given_up(scene);
    if (call == NULL || scene->program == NULL || !scene->program->ended ||
        scene_last(scene, CALLS_WAIT) != NULL)
        return false;
    scene_say_call(scene, call);
    scene_say(scene, " failed with EAGAIN: the socket does not wait "
                     "(MSG_DONTWAIT, O_NONBLOCK or a time limit), and nothing "
                     "was there yet. Your program gave up. Let it wait.");
    say_limit(scene, call);
    scene_say_read(scene, "man 2 recv, EAGAIN; the lesson on recv");
    return true;
}
