// The detector for a client's attempt to connect, of which it should know how
// it has ended.

#include "explain/detectors.h"

#include "trace/poll_sets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// The program ended, and asked in no way how an attempt had ended.
static bool is_outcome_unasked(const struct scene *scene)
{
    size_t at = 0;
    const struct call *begun = scene_last(scene, CALLS_CONNECT);
    if (!scene->program->ended || begun == NULL ||
        !(call_failed_with(begun, EINPROGRESS) ||
          call_failed_with(begun, EINTR)))
        return false;
    bool was_told = false;
    for (const struct call *call;
         (call = scene_next_call(scene, &at)) != NULL;) {
        was_told = was_told || poll_sets_has(call->found.write, begun->fd);
        bool asks = call->info->number == SYS_getsockopt ||
                    call->info->number == SYS_getpeername ||
                    (call->group & (CALLS_SEND | CALLS_RECEIVE)) != 0;
        if (asks &&
            call->on_socket) // of this attempt, or of another that it ended for
            return false;
    }
    if (!was_told)
        return false;
    scene_say_call(scene, begun);
    scene_say(scene, " had only begun to connect, and your program ended "
                     "without having asked how that went. A socket is writable "
                     "as soon as the attempt has ended, well or not: "
                     "getsockopt() with SO_ERROR says which.");
    scene_say_read(scene, "man 2 connect, EINPROGRESS; man 7 socket");
    return true;
}

// connect() itself had said that there was nothing to wait for.
static bool failed_at_once(const struct scene *scene, int fd)
{
    size_t at = 0;
    const struct call *begun = scene_next(scene, CALLS_CONNECT, fd, &at);
    return begun != NULL && begun->finished && begun->result < 0 &&
           !call_failed_with(begun, EINPROGRESS) &&
           !call_failed_with(begun, EINTR);
}

// It gives as the reason that the socket is not connected.
static bool is_only_unconnected(const struct scene *scene)
{
    const struct call *asked = scene_find_failed(scene, ENOTCONN);
    if (!scene->failure->wants_reason || asked == NULL ||
        asked->info->number != SYS_getpeername ||
        strstr(scene->program->err.bytes, strerror(ENOTCONN)) == NULL)
        return false;
    scene_say_call(scene, asked);
    scene_say(scene, " says that the socket is not connected (ENOTCONN), and "
                     "your program gives that as the reason. Why the attempt "
                     "has failed it does not say: the socket knows, and tells "
                     "it once, by SO_ERROR.");
    scene_say_read(scene, "man 2 connect, EINPROGRESS; man 7 socket");
    return true;
}

// The attempt's outcome was looked for in the wrong place, or not at all.
bool detect_outcome_missed(const struct scene *scene)
{
    if (scene->program == NULL || scene_is_server(scene))
        return false;
    if (strstr(scene->program->err.bytes, strerror(EINPROGRESS)) != NULL) {
        scene_say(scene, "Your program gives EINPROGRESS as the reason: that "
                         "is what errno held after connect(). How the attempt "
                         "ended is not in errno: ask the socket, by SO_ERROR.");
        scene_say_read(scene, "man 2 connect, EINPROGRESS; man 7 socket");
        return true;
    }
    if (is_outcome_unasked(scene) || is_only_unconnected(scene))
        return true;
    size_t at = 0;
    for (const struct call *asked;
         (asked = scene_next(scene, CALLS_SETUP, -1, &at)) != NULL; at++) {
        if (asked->info->number != SYS_getsockopt ||
            (int)asked->args[2] != SO_ERROR || call_told_error(asked) == 0)
            continue;
        size_t after = at + 1;
        const struct call *next =
            scene_next(scene, CALLS_SEND | CALLS_RECEIVE, asked->fd, &after);
        if (next == NULL || !call_failed_with(next, EPIPE) ||
            failed_at_once(scene, asked->fd))
            continue;
        scene_say_call(scene, asked);
        scene_say(scene, " asked for SO_ERROR, which says why the attempt "
                         "failed, and your program went on with ");
        scene_say_call(scene, next);
        scene_say(scene, " as if it had not. (Asking clears it: it is told "
                         "only once.)");
        scene_say_read(scene, "man 2 connect, EINPROGRESS; man 7 socket");
        return true;
    }
    return false;
}
