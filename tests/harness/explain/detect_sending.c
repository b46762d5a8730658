// The detectors for a send that took less than it was offered, in one
// conversation without a loop (detect_break.c knows of those with one).

#include "explain/detectors.h"

#include "base/names.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>

// What a program may do right after a send that took less than was offered.
static bool continues(const struct call *sent, const struct call *next)
{
    if (next == NULL || next->group != CALLS_SEND)
        return false;
    if (next->info->length != LENGTH_ARGUMENT ||
        sent->info->length != LENGTH_ARGUMENT)
        return true; // a vector: can't be told from here
    uint64_t rest_at = sent->args[1] + (uint64_t)sent->result;
    return next->args[1] == rest_at || next->info != sent->info;
}

// Whether a later send begins where that one stopped: with several threads,
// the very next call on the connection may be another's.
static bool goes_on_later(const struct scene *scene, const struct call *sent,
                          size_t after)
{
    for (const struct call *next;
         (next = scene_next(scene, CALLS_SEND | CALLS_CLOSE, sent->fd,
                            &after)) != NULL &&
         next->group == CALLS_SEND;
         after++)
        if (continues(sent, next))
            return true;
    return false;
}

// How much a send was really offered: splice(2) is told a maximum, and what is
// in the pipe is what the one before it brought.
static uint64_t offered(const struct scene *scene, const struct call *sent,
                        size_t at)
{
    if (sent->info->number != SYS_splice)
        return sent->asked;
    for (const struct call *call; (call = scene_last_call(scene, &at)) != NULL;)
        if (call->group == CALLS_RECEIVE && call->result > 0)
            return (uint64_t)call->result < sent->asked ? (uint64_t)call->result
                                                        : sent->asked;
    return sent->asked;
}

// After EINTR, which took nothing, what was sent before is offered again.
static bool detect_restart(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *sent;
         (sent = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        size_t after = at + 1;
        const struct call *next =
            scene_next(scene, CALLS_SEND | CALLS_RECEIVE, sent->fd, &after);
        if (!call_failed_with(sent, EINTR) || next == NULL ||
            next->info != sent->info || next->fd != sent->fd ||
            sent->info->length != LENGTH_ARGUMENT ||
            next->args[1] >= sent->args[1] ||
            next->args[1] + next->asked != sent->args[1] + sent->asked)
            continue;
        scene_say_call(scene, sent);
        scene_say(scene, " was interrupted (EINTR), and took nothing. Then ");
        scene_say_call(scene, next);
        scene_say(scene,
                  " offered not the same again, but also the %" PRIu64 " bytes "
                  "before it, which had been taken already. Go on from where "
                  "the last one that took something ended.",
                  sent->args[1] - next->args[1]);
        scene_say_read(scene, "man 2 send, RETURN VALUE; the lesson on EINTR");
        return true;
    }
    return false;
}

bool detect_short_send(const struct scene *scene)
{
    if (scene->program == NULL || scene_is_loop(scene))
        return false;
    if (detect_restart(scene))
        return true;
    size_t at = 0;
    for (const struct call *sent;
         (sent = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        uint64_t whole = offered(scene, sent, at);
        if (!sent->finished || sent->result < 0 ||
            (uint64_t)sent->result >= whole)
            continue;
        size_t after = at + 1;
        const struct call *next = scene_next(
            scene, CALLS_SEND | CALLS_RECEIVE | CALLS_CLOSE, sent->fd, &after);
        if ((next == NULL && !scene->program->ended) || continues(sent, next) ||
            goes_on_later(scene, sent, at + 1))
            continue;
        uint64_t rest = whole - (uint64_t)sent->result;
        scene_say_call(scene, sent);
        scene_say(scene,
                  " took %" PRId64 " of the %" PRIu64 " bytes it was "
                  "offered; ",
                  sent->result, whole);
        if (next != NULL && next->group == CALLS_SEND &&
            next->args[1] == sent->args[1])
            scene_say(scene, "then the same buffer was offered again from its "
                             "beginning, instead of from where it stopped.");
        else
            scene_say(scene,
                      "the other %" PRIu64 " were never offered again. "
                      "A short count is no error: go on with the rest.",
                      rest);
        scene_say_read(scene, sent->info->number == SYS_splice
                                  ? "man 2 splice, RETURN VALUE"
                                  : "man 2 send, RETURN VALUE; the lesson on "
                                    "send");
        return true;
    }
    return false;
}

// A client's last send left a rest, or failed, and that was all: it waits.
bool detect_rest_unsent(const struct scene *scene)
{
    if (scene->program == NULL || scene->program->ended ||
        scene_is_server(scene) || scene->failure->wait != WAIT_HANGS)
        return false;
    const struct call *sent = scene_last(scene, CALLS_SEND);
    if (sent == NULL || !sent->finished)
        return false;
    bool not_now =
        call_failed_with(sent, EINTR) || call_failed_with(sent, EAGAIN);
    if (!not_now && (sent->result < 0 || (uint64_t)sent->result >= sent->asked))
        return false;
    scene_say_call(scene, sent);
    if (not_now)
        scene_say(scene,
                  " failed with %s, which means: not now. What it was given "
                  "was never offered again.",
                  name_of_error((int)-sent->result));
    else
        scene_say(scene,
                  " took %" PRId64 " of the %" PRIu64 " bytes it was offered; "
                  "the rest was never offered again. A short count is no "
                  "error: go on with the rest.",
                  sent->result, sent->asked);
    scene_say_read(scene, "man 2 send, RETURN VALUE and ERRORS");
    return true;
}
