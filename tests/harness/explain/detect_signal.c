// The detectors for signals: one that asks a program to stop, and is not
// heeded; and one that has killed it.

#include "explain/detectors.h"

#include "trace/format.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// True if the call before event AT was waiting when that came.
static bool was_waiting(const struct scene *scene, size_t at)
{
    const struct event *event = trace_event(scene->trace, at);
    const struct call *before = scene_last_call(scene, &at);
    return before != NULL &&
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

// An assertion that fails says of which function it is, and what does not hold.
static void say_assertion(const struct scene *scene)
{
    const struct output *err = &scene->program->err;
    const char *said =
        err->size == 0 ? NULL : strstr(err->bytes, ": Assertion `");
    if (said == NULL || WTERMSIG(scene->program->status) != SIGABRT)
        return;
    while (said > err->bytes && !isspace((unsigned char)said[-1]))
        said--;
    scene_say(scene, " On stderr it said ");
    format_bytes(scene->out, said, strcspn(said, "\n"), 120);
    scene_say(scene, ".");
}

static void say_pipe_signal(const struct scene *scene, const struct call *last)
{
    scene_say(scene, "SIGPIPE killed your program: ");
    if (last != NULL)
        scene_say_call(scene, last);
    else
        scene_say(scene, "it");
    const bool has_no_flags =
        last != NULL &&
        (last->info->number == SYS_write || last->info->number == SYS_writev);
    scene_say(scene,
              " sent to a connection that the other side had reset. Ask for an "
              "error (EPIPE) instead of the signal: with MSG_NOSIGNAL at each "
              "send%s, or by ignoring SIGPIPE.",
              has_no_flags ? " (write() takes no flags, send() does)" : "");
    scene_say_read(
        scene, "man 2 send, MSG_NOSIGNAL; man 7 signal; the lesson on send");
}

// The signal came right behind the write that was held for that.
static void say_announced(const struct scene *scene)
{
    size_t i = scene->trace->count;
    const struct call *call = scene_last_call(scene, &i);
    while (call != NULL && (call->on_socket || call->fd != STDOUT_FILENO ||
                            call->effect != HELD_UP))
        call = scene_last_call(scene, &i);
    if (call == NULL)
        return;
    scene_say(scene, "It came as soon as ");
    scene_say_call(scene, call);
    scene_say(scene, " had announced that it listens, and whoever reads that "
                     "may stop it: say it before. ");
}

// What has killed it.
bool detect_signal(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || !WIFSIGNALED(program->status))
        return false;
    const struct call *last = scene_last(scene, CALLS_SEND);
    if (WTERMSIG(program->status) == SIGPIPE) {
        say_pipe_signal(scene, last);
        return true;
    }
    if (WTERMSIG(program->status) == SIGTERM ||
        WTERMSIG(program->status) == SIGINT) {
        format_status(scene->out, program->status);
        scene_say(scene, ": that is what this signal does to a program that "
                         "has not said what else it should do. ");
        say_announced(scene);
        scene_say(scene, "Give it a "
                         "handler that sets a flag, and let the loop end when "
                         "the flag is set.");
        scene_say_read(scene, "man 2 sigaction; man 2 pselect; the lesson on "
                              "stopping");
        return true;
    }
    format_status(scene->out, program->status);
    scene_say(scene, " after ");
    last = scene_last(scene, ~0U);
    if (last != NULL)
        scene_say_call(scene, last);
    else
        scene_say(scene, "it was started");
    scene_say(scene, ".");
    say_assertion(scene);
    return true;
}
