// The detectors in their order, and those for what is plain to see.

#include "explain/detectors.h"

#include "trace/format.h"
#include "base/names.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static bool detect_open_todo(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || strstr(program->err.bytes, strerror(ENOSYS)) == NULL)
        return false;
    scene_say(scene,
              "Your program says \"%.*s\": the code for that is still "
              "the skeleton's. Look for the first TODO that is open.",
              (int)strcspn(program->err.bytes, "\n"), program->err.bytes);
    return true;
}

static bool detect_signal(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || !WIFSIGNALED(program->status))
        return false;
    const struct call *last = scene_last(scene, CALLS_SEND);
    if (WTERMSIG(program->status) == SIGPIPE) {
        scene_say(scene, "SIGPIPE killed your program: ");
        if (last != NULL)
            scene_say_call(scene, last);
        else
            scene_say(scene, "it");
        scene_say(scene, " sent to a connection that the other side had "
                         "reset. Ask for an error (EPIPE) instead of the "
                         "signal: with MSG_NOSIGNAL at each send, or by "
                         "ignoring SIGPIPE.");
        scene_say_read(
            scene,
            "man 2 send, MSG_NOSIGNAL; man 7 signal; the lesson on send");
        return true;
    }
    if (WTERMSIG(program->status) == SIGTERM ||
        WTERMSIG(program->status) == SIGINT) {
        format_status(scene->out, program->status);
        scene_say(scene, ": that is what this signal does to a program that "
                         "has not said what else it should do. Give it a "
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
    return true;
}

// The program said what it should, or did not; what failed is the cause.
static bool detect_status(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *failed = scene_last_failed(scene);
    if (program == NULL || !program->ended || failed == NULL)
        return false;
    int error = (int)-failed->result;
    bool said = strstr(program->err.bytes, strerror(error)) != NULL;
    scene_say_call(scene, failed);
    scene_say(scene, " failed with %s (%s), and your program ended with ",
              name_of_error(error), strerror(error));
    format_status(scene->out, program->status);
    scene_say(scene, ".");
    if (said && WEXITSTATUS(program->status) == 1)
        return true;
    if (!said && program->err.size > 0)
        scene_say(scene, " Its stderr gives another reason: errno is only good "
                         "right after the call that failed; keep it before "
                         "you call anything else.");
    else
        scene_say(scene, " A call that fails must end in one line on stderr "
                         "that gives the reason, and exit status 1.");
    scene_say_read(scene, "man 3 strerror; man 3 errno; man 3 exit");
    return true;
}

void scene_say_stderr(const struct scene *scene)
{
    const struct output *err = &scene->program->err;
    if (err->size == 0) {
        scene_say(scene, " It said nothing on stderr.");
        return;
    }
    scene_say(scene, " On stderr it said ");
    format_bytes(scene->out, err->bytes, strcspn(err->bytes, "\n"), 120);
    scene_say(scene, ".");
}

static bool detect_nothing(const struct scene *scene)
{
    const struct call *last = scene_last(scene, ~0U);
    if (!scene->stage->traced && last == NULL) {
        scene_say(scene, "This check runs without the tracer, at full speed, "
                         "so no more is known.");
        if (scene->program != NULL && scene->program->ended)
            scene_say_stderr(scene);
        return true;
    }
    if (last == NULL && scene->program != NULL && scene->program->ended) {
        scene_say(scene, "Your program ended with ");
        format_status(scene->out, scene->program->status);
        scene_say(scene, " before it called anything on a socket.");
        scene_say_stderr(scene);
        return true;
    }
    if (last == NULL) {
        scene_say(scene, "Your program made no socket call at all.");
        return true;
    }
    scene_say(scene, "The last your program did on a socket was ");
    format_call(scene->out, last);
    scene_say_where(scene, last);
    scene_say(scene, ".");
    if (scene->program != NULL && scene->program->ended) {
        scene_say(scene, " It ended with ");
        format_status(scene->out, scene->program->status);
        scene_say(scene, ".");
        scene_say_stderr(scene);
    }
    scene_say(scene, " Compare the timeline with what you meant it to do.");
    return true;
}

// What the expectation itself knows to say.
static bool detect_meaning(const struct scene *scene)
{
    if (scene->failure->means == NULL)
        return false;
    scene_say(scene, "%s", scene->failure->means);
    return true;
}

// A line that is missing is not explained by any call.
static bool detect_sure_meaning(const struct scene *scene)
{
    return scene->failure->is_sure && detect_meaning(scene);
}

const struct detector_entry detectors[] = {
    {detect_sanitizer, OF_ALL},
    {detect_open_todo, OF_ALL},
    {detect_signal, OF_ALL},
    {detect_sure_meaning, OF_ALL},
    {detect_address_length, OF_ALL},
    {detect_wrong_socket_type, OF_ALL},
    {detect_bad_address, OF_ALL},
    {detect_odd_announcement, OF_ALL},
    {detect_port_in_use, OF_ALL},
    {detect_shared_port, OF_ALL},
    {detect_early_announcement, OF_ALL},
    {detect_no_listener, OF_ALL},
    {detect_no_flush, OF_ALL},
    {detect_wrong_target, OF_ALL},
    {detect_wrong_descriptor, OF_ALL},
    {detect_peek, OF_ALL},
    {detect_no_room, OF_ALL},
    {detect_connect_given_up, OF_ALL},
    {detect_outcome_missed, OF_ALL},
    {detect_fatal_answer, OF_ALL},
    {detect_stale_sets, OF_ALL},
    {detect_closed_early, OF_ECHOES},
    {detect_backlog, OF_ALL},
    {detect_nothing_yet, OF_ALL},
    {detect_minus_one_as_length, OF_ALL},
    {detect_wrong_amount, OF_ECHOES},
    {detect_short_send, OF_ALL},
    {detect_interrupted, OF_ALL},
    {detect_end_ignored, OF_ECHOES},
    {detect_nothing_sent, OF_ECHOES},
    {detect_socket_as_stdout, OF_ALL},
    {detect_overwritten, OF_ECHOES},
    {detect_mixed_up, OF_ECHOES},
    {detect_bytes, OF_ECHOES},
    {detect_no_connect, OF_ALL},
    {detect_reply_left, OF_ECHOES},
    {detect_error_ignored, OF_ALL},
    {detect_deadlock, OF_ALL},
    {detect_left_early, OF_ECHOES},
    {detect_idle_turns, OF_ALL},
    {detect_spin, OF_ALL},
    {detect_stop_ignored, OF_ALL},
    {detect_blocked_by_one, OF_ALL},
    {detect_unwatched, OF_ALL},
    {detect_client_waits, OF_ECHOES},
    {detect_all_given_up, OF_ECHOES},
    {detect_echo_left, OF_ECHOES},
    {detect_too_few, OF_ECHOES},
    {detect_rest_unsent, OF_MESSAGES},
    {detect_message_left, OF_MESSAGES},
    {detect_message_cut, OF_MESSAGES},
    {detect_message_refused, OF_MESSAGES},
    {detect_message_waited_for, OF_MESSAGES},
    {detect_meaning, OF_ALL},
    {detect_blocked, OF_ALL},
    {detect_status, OF_ALL},
    {detect_nothing, OF_ALL},
    {NULL, OF_ALL},
};
