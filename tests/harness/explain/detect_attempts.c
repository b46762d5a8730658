// The detectors for attempts to connect to one address after the other.

#include "explain/detectors.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static bool has_same_note(const struct call *one, const struct call *another)
{
    return one->note_size == another->note_size &&
           memcmp(one->note, another->note, one->note_size) == 0;
}

// True if the wait for an attempt that had only begun is over, and SO_ERROR has
// told that it has succeeded. Before that it is 0, too.
static bool was_told_of_success(const struct scene *scene,
                                const struct call *asked)
{
    bool has_begun = false, has_waited = false;
    size_t i = 0;
    if (call_told_error(asked) != 0)
        return false;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != asked;) {
        if (call->group == CALLS_CONNECT && call->fd == asked->fd) {
            has_begun = call_failed_with(call, EINTR) ||
                        call_failed_with(call, EINPROGRESS);
            has_waited = false;
        }
        has_waited = has_waited || (call->group == CALLS_WAIT &&
                                    call->finished && call->result > 0);
    }
    return has_begun && has_waited;
}

// The first call by which an attempt has succeeded; *at becomes its event.
static const struct call *find_success(const struct scene *scene, size_t *at)
{
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP | CALLS_CONNECT, -1, at)) !=
         NULL;
         ++*at)
        if (!call->local && ((call->group == CALLS_CONNECT && call->finished &&
                              call->result == 0) ||
                             was_told_of_success(scene, call)))
            return call;
    return NULL;
}

static void say_success(const struct scene *scene, const struct call *call)
{
    scene_say_call(scene, call);
    scene_say(scene, call->group == CALLS_CONNECT
                         ? " succeeded"
                         : " told by SO_ERROR, which was 0, that the attempt "
                           "to connect had succeeded");
}

// An attempt has succeeded, and its socket is closed, or another address tried.
bool detect_success_left(const struct scene *scene)
{
    const struct program *program = scene->program;
    size_t at = 0, behind;
    if (program == NULL || scene_is_server(scene) || !program->ended ||
        !WIFEXITED(program->status) || WEXITSTATUS(program->status) == 0 ||
        scene_last(scene, CALLS_SEND | CALLS_RECEIVE) != NULL)
        return false;
    const struct call *made = find_success(scene, &at);
    if (made == NULL)
        return false;
    behind = at + 1;
    const struct call *next = scene_next(scene, ~0U, made->fd, &behind);
    if (next != NULL && next->info->number == SYS_close) {
        say_success(scene, made);
        scene_say(scene, ", and ");
        scene_say_call(scene, next);
        scene_say(scene, " closed that socket before anything was sent. ");
        scene_say(scene,
                  made->group == CALLS_CONNECT
                      ? "Close only what has failed."
                      : "Go by that answer, and not by the -1 of connect(), "
                        "which only says that it was not over yet: whoever "
                        "asks has to hand on what was told.");
        scene_say_read(scene, "man 2 connect; man 7 socket, SO_ERROR");
        return true;
    }
    behind = at + 1;
    next = scene_next(scene, CALLS_CONNECT, -1, &behind);
    if (made->group != CALLS_CONNECT || next == NULL || next->fd == made->fd ||
        has_same_note(next, made))
        return false;
    say_success(scene, made);
    scene_say(scene, " for %.*s, on descriptor %d, and ", (int)made->note_size,
              made->note, made->fd);
    scene_say_call(scene, next);
    scene_say(scene,
              " then tried %.*s. Once an address has answered, leave the loop "
              "with its socket.",
              (int)next->note_size, next->note);
    scene_say_read(scene, "the lesson on addresses");
    return true;
}

// A loop over several addresses that never gets beyond one of them.
bool detect_address_repeated(const struct scene *scene)
{
    enum { OFTEN = 16 };
    const struct call *first = NULL;
    size_t at = scene->trace->count, same = 0;
    if (scene->failure->wait != WAIT_SPINS ||
        !scene->stage->tracer.resolver.is_made)
        return false;
    for (const struct call *call;
         same < OFTEN && (call = scene_last_call(scene, &at)) != NULL;) {
        if (call->group != CALLS_CONNECT || !call->finished) // it is in one
            continue;
        if (first == NULL)
            first = call;
        if (call->result >= 0 || call->note_size == 0 ||
            !has_same_note(call, first))
            return false;
        same++;
    }
    if (same < OFTEN)
        return false;
    scene_say_call(scene, first);
    scene_say(scene,
              " is called for %.*s again and again: the loop over the list "
              "never gets beyond that address. What leads from one to the next "
              "is the ai_next of the one that was tried last.",
              (int)first->note_size, first->note);
    scene_say_read(scene, "man 3 getaddrinfo; the lesson on addresses");
    return true;
}
