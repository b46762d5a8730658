// The detectors for what was never asked of a socket, and for what one call had
// brought and the next forgot.

#include "explain/detectors.h"

#include "base/names.h"
#include "trace/poll_sets.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>

// What the program was told of that descriptor last, before event NUMBER: the
// call on it, or the wait that found it ready to be read.
static const struct call *last_word(const struct scene *scene, int fd,
                                    size_t number)
{
    for (size_t i = number; i > 0;) {
        const struct call *call = scene_last_call(scene, &i);
        if (call == NULL)
            return NULL;
        if (call->group == CALLS_WAIT
                ? call->result > 0 && poll_sets_has(call->found.read, fd)
                : call->fd == fd)
            return call;
    }
    return NULL;
}

// True if that end of the connection had more to say than was received.
static bool has_more(const struct scene *scene, const struct peer *peer)
{
    bool was_reset = peer->closed && !peer->finished;
    return was_reset || scene_received(scene) < peer->sent;
}

// It closed, and had never asked for anything, though more was to come.
static bool detect_never_asked(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    const struct call *closed = NULL;
    size_t at = 0;
    // Who has a loop, or has said why, has another reason.
    if (peer == NULL || !scene_is_server(scene) || !scene->stage->traced ||
        scene_is_loop(scene) || scene->program->err.size > 0)
        return false;
    for (const struct call *call;
         (call = scene_next(scene, ~0U, -1, &at)) != NULL; at++) {
        if (scene_peer_of(scene, call) != peer)
            continue;
        if ((call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0)
            return false;
        if (call->info->number == SYS_close && closed == NULL)
            closed = call;
    }
    if (closed == NULL || peer->out.size == 0)
        return false;
    scene_say_call(scene, closed);
    scene_say(scene, " ended the connection, and nothing had been received "
                     "from it. That nothing is there at the moment (0 bytes by "
                     "FIONREAD, or nothing within some time) is not the end: "
                     "call recv(), which waits, and returns 0 at the end.");
    scene_say_read(scene, "man 2 recv, RETURN VALUE");
    return true;
}

// It was told that there is something to be received, and closed instead.
bool detect_closed_unasked(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_CLOSE, -1, &at)) != NULL; at++) {
        const struct peer *peer = scene_peer_of(scene, call);
        const struct call *told = last_word(scene, call->fd, at);
        if (call->info->number != SYS_close || peer == NULL ||
            peer != scene->peer || told == NULL || told->group != CALLS_WAIT ||
            !has_more(scene, peer))
            continue;
        scene_say_call(scene, told);
        scene_say(scene,
                  " found descriptor %d ready to be read, and your program "
                  "closed it at once. That there is an end or an error "
                  "(POLLRDHUP, POLLHUP, POLLERR, or 0 bytes by FIONREAD) does "
                  "not say that all was received which came before it, nor "
                  "which of the two it is. Receive until recv() returns 0, "
                  "which is the end, or -1, and then errno is the reason.",
                  call->fd);
        scene_say_read(scene, "man 2 recv, RETURN VALUE; man 2 poll");
        return true;
    }
    return detect_never_asked(scene);
}

// It gave a call a buffer that is none.
bool detect_bad_buffer(const struct scene *scene)
{
    size_t at = 0;
    const unsigned moving = CALLS_RECEIVE | CALLS_SEND;
    for (const struct call *call;
         (call = scene_next(scene, moving, -1, &at)) != NULL; at++) {
        if (!call_failed_with(call, EFAULT))
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " failed with EFAULT: the buffer that it was given is "
                  "no memory of your program%s, or less of it than the size "
                  "says. ",
                  call->group == CALLS_RECEIVE ? ", or none that may be written"
                                               : "");
        if (call->group == CALLS_RECEIVE)
            scene_say(scene, "A string literal, as \"Hello\", may only be "
                             "read: receive into an array. ");
        scene_say(scene, "Look where the second argument points.");
        scene_say_read(scene, "man 2 recv, EFAULT");
        return true;
    }
    return false;
}

// After EINTR it asked anew for what it had received before.
bool detect_receive_restarted(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        size_t after = at + 1;
        const struct call *again =
            scene_next(scene, CALLS_RECEIVE, call->fd, &after);
        if (!call_failed_with(call, EINTR) || again == NULL ||
            again->asked <= call->asked ||
            call->args[1] - again->args[1] != again->asked - call->asked)
            continue;
        scene_say(scene, "A signal interrupted ");
        scene_say_call(scene, call);
        scene_say(scene,
                  ", which asked for the %" PRIu64 " bytes that were still "
                  "missing. The next call asks for %" PRIu64 ", from the "
                  "start: the %" PRIu64 " that had come are forgotten, though "
                  "nothing has failed. Go on from where you were.",
                  call->asked, again->asked, again->asked - call->asked);
        scene_say_read(scene, "man 7 signal, \"Interruption of system calls\"; "
                              "the lesson on EINTR");
        return true;
    }
    return false;
}

// How often that call has failed like this.
static unsigned count_failures(const struct scene *scene,
                               const struct call *failed)
{
    unsigned count = 0;
    size_t i = 0;
    for (const struct call *call; (call = scene_next_call(scene, &i)) != NULL;)
        count += call->info == failed->info && call->result == failed->result;
    return count;
}

// It was to end with a failure, and tries again and again instead.
bool detect_never_gives_up(const struct scene *scene)
{
    const struct call *failed = scene_last_failed(scene);
    if (scene->program == NULL || scene->program->ended ||
        scene->failure->awaits != AWAITS_PROGRAM_END || failed == NULL ||
        count_failures(scene, failed) < 3)
        return false;
    scene_say_call(scene, failed);
    scene_say(scene,
              " failed with %s, and your program tried again, and again. It "
              "fails each time: what a program can't do it says on stderr, in "
              "one line with the reason, and ends with a status that is not 0.",
              name_of_error((int)-failed->result));
    scene_say_read(scene, "man 3 strerror; man 3 exit");
    return true;
}
