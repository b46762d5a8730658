// The detectors for a signal that asks a program to stop, and is not heeded.

#include "explain/detectors.h"

#include "trace/format.h"

#include <errno.h>
#include <string.h>

// True if the call before event AT was waiting when that came; to write a line
// is no waiting, though it takes a while.
static bool was_waiting(const struct scene *scene, size_t at)
{
    const struct event *event = trace_event(scene->trace, at);
    const struct call *before = scene_last_call(scene, &at);
    return before != NULL && (before->on_socket || before->fd != 1) &&
           (!before->finished || before->ended_us >= event->at_us);
}

// The last event before the blocked call that is no call: the signal came
// between the last look at the flag and the wait.
static bool came_right_before(const struct scene *scene)
{
    for (size_t i = scene->trace->count; i-- > 0;) {
        const struct event *event = trace_event(scene->trace, i);
        if (event == NULL ||
            (event->kind == EVENT_CALL && event->call.finished))
            return false;
        if (event->kind == EVENT_SIGNAL)
            return !was_waiting(scene, i);
    }
    return false;
}

bool detect_signal_missed(const struct scene *scene)
{
    const struct call *wait = scene_last(scene, CALLS_WAIT);
    if (!scene->failure->misses_signal || wait == NULL)
        return false;
    scene_say_call(scene, wait);
    scene_say(scene,
              " finds something ready each time, so it does not wait, "
              "and lets no signal in that is blocked otherwise: SIGTERM "
              "stays pending, and the flag is never set. Ask before each "
              "turn whether one is (sigpending()), and not only the "
              "flag.");
    scene_say_read(scene, "man 2 sigpending; the lesson on stopping");
    return true;
}

// A signal asked for the end, and it went back to wait.
bool detect_stop_ignored(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || program->ended || !program->was_told_to_stop)
        return false;
    const struct call *blocked = scene_blocked_call(scene);
    if (blocked == NULL)
        return false;
    scene_say(scene, "A signal has asked your program to stop, and it is in ");
    scene_say_call(scene, blocked);
    // Only with a mask of its own does a wait let in what is blocked.
    const bool may_be_blocked = blocked->group == CALLS_WAIT &&
                                strcmp(format_name(blocked), "select") == 0 &&
                                scene_find_failed(scene, EINTR) == NULL;
    const unsigned moving = CALLS_RECEIVE | CALLS_SEND | CALLS_ACCEPT;
    const bool is_not_interrupted = (blocked->group & moving) != 0 &&
                                    scene_find_failed(scene, EINTR) == NULL;
    if (is_not_interrupted && !came_right_before(scene)) {
        scene_say(scene, ", which it did not end: it is blocked or ignored, or "
                         "its handler came back and the kernel made the call "
                         "anew, as SA_RESTART asks it to (and signal(), too).");
        scene_say_read(scene, "man 7 signal, SA_RESTART; man 2 sigprocmask");
        return true;
    }
    if (came_right_before(scene))
        scene_say(scene, ". The signal came after the flag was looked at, and "
                         "before that call: nobody looks again. Block it, and "
                         "let pselect() let it in while it waits.");
    else if (may_be_blocked)
        scene_say(scene, ", which it did not end. A signal that is blocked "
                         "stays outside while select() waits; pselect() lets "
                         "it in, by its mask. (One that is not blocked ends "
                         "the wait with EINTR, SA_RESTART or not.)");
    else
        scene_say(scene, " (again): look at the flag that the signal's handler "
                         "sets each time before you wait, also after EINTR. "
                         "And don't wait for the clients to leave: they may "
                         "never do, so close their connections.");
    scene_say_read(scene, "man 2 pselect; man 7 signal-safety; the lesson on "
                          "stopping");
    return true;
}
