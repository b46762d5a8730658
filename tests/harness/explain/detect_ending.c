// The detectors for connections that a program ends too soon, or in the wrong
// way: by shutdown(), or by a close() that was told not to linger.

#include "explain/detectors.h"

#include "trace/format.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// The first call of GROUP on that descriptor, from event AT on and before it is
// closed, that RESULT was the answer to.
static const struct call *find_after(const struct scene *scene, unsigned group,
                                     int fd, size_t at, int64_t result)
{
    for (const struct call *call;
         (call = scene_next(scene, group | CALLS_CLOSE, fd, &at)) != NULL;
         at++) {
        if (call->info->number == SYS_close)
            return NULL;
        if ((call->group & group) != 0 && call->finished &&
            call->result == result)
            return call;
    }
    return NULL;
}

// What was called in vain behind a shutdown() of that kind; NULL if nothing.
static const struct call *find_in_vain(const struct scene *scene,
                                       const struct call *shut, size_t at)
{
    const struct peer *peer = scene_peer_of(scene, shut);
    const struct call *call = NULL;
    if (shut->args[1] != SHUT_RD)
        call = find_after(scene, CALLS_SEND, shut->fd, at, -EPIPE);
    // The other end may have finished, too: then 0 is no more than that.
    if (call == NULL && shut->args[1] != SHUT_WR && peer != NULL &&
        (!peer->finished || scene_received(scene) < peer->out.size))
        call = find_after(scene, CALLS_RECEIVE, shut->fd, at, 0);
    // What comes then is answered by a reset.
    if (call == NULL && shut->args[1] != SHUT_WR && peer != NULL &&
        !peer->closed)
        call = find_after(scene, CALLS_RECEIVE, shut->fd, at, -ECONNRESET);
    return call;
}

bool detect_shut_early(const struct scene *scene)
{
    static const char *const ends[] = {
        "SHUT_RD: the receiving ends", "SHUT_WR: the sending ends",
        "SHUT_RDWR: the sending and the receiving end"};
    size_t at = 0;
    for (const struct call *shut;
         (shut = scene_next(scene, CALLS_CLOSE, -1, &at)) != NULL; at++) {
        if (shut->info->number != SYS_shutdown || shut->result != 0 ||
            shut->args[1] > SHUT_RDWR)
            continue;
        const struct call *vain = find_in_vain(scene, shut, at + 1);
        if (vain == NULL)
            continue;
        scene_say_call(scene, shut);
        scene_say(scene, " was called with %s there. Then ",
                  ends[shut->args[1]]);
        scene_say_call(scene, vain);
        scene_say(scene, vain->group == CALLS_SEND
                             ? " could only fail, with EPIPE. Call shutdown() "
                               "when there is nothing more to send."
                         : vain->result == 0
                             ? " could only return 0, though the other side "
                               "had not finished. SHUT_WR ends the sending "
                               "alone."
                             : " could only fail: what comes then is refused, "
                               "by a reset. SHUT_WR ends the sending alone.");
        scene_say_read(scene, "man 2 shutdown; the lesson on the end of a "
                              "stream");
        return true;
    }
    return false;
}

// close() throws away what is on its way, and resets the connection.
bool detect_linger(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    size_t at = 0;
    if (peer == NULL || peer->saw_error != ECONNRESET)
        return false;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP, -1, &at)) != NULL; at++) {
        struct linger value;
        if (call->info->number != SYS_setsockopt ||
            call->args[1] != SOL_SOCKET || call->args[2] != SO_LINGER ||
            call->note_size < sizeof value)
            continue;
        memcpy(&value, call->note, sizeof value);
        if (value.l_onoff == 0 || value.l_linger != 0)
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " sets SO_LINGER with a time of 0 seconds: so close() "
                         "throws away what is still on its way, and resets the "
                         "connection. Leave the option alone: then close() "
                         "ends the stream, and the kernel delivers the rest.");
        scene_say_read(scene, "man 7 socket, SO_LINGER");
        return true;
    }
    return false;
}

// A call before that one was made on what has no connection, or is no socket:
// to take one descriptor for another comes before closing it twice.
static bool is_mistaken_before(const struct scene *scene,
                               const struct call *bad)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != bad;)
        if (call->on_socket && call->group == CALLS_RECEIVE &&
            (call_failed_with(call, ENOTCONN) ||
             call_failed_with(call, ENOTSOCK)))
            return true;
    return false;
}

// A descriptor that is used after its end, or ended twice.
bool detect_closed_descriptor(const struct scene *scene)
{
    const struct call *closed, *bad;
    if (!scene->failure->misuses_descriptor ||
        (bad = scene_closed_before(&closed)) == NULL ||
        is_mistaken_before(scene, bad))
        return false;
    scene_say_call(scene, closed);
    scene_say(scene, " closed descriptor %d, and ", closed->fd);
    scene_say_call(scene, bad);
    scene_say(scene, " was called with it again (EBADF). The next socket may "
                     "get that number, and would be hit then: close each "
                     "descriptor once, in one place, and forget it.");
    scene_say_read(scene, "man 2 close");
    return true;
}

static bool has_accepted(const struct scene *scene, const struct peer *client)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_ACCEPT, -1, &at)) != NULL; at++)
        if (call->port != 0 && call->port == client->local.v4.sin_port)
            return true;
    return false;
}

// A server of several clients that was content with those that it had.
bool detect_ended_after_one(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct peer *client = scene->failure->peer;
    const struct call *last = scene_last(scene, CALLS_CLOSE);
    if (!scene_is_server(scene) || !program->ended || client == NULL ||
        program->was_told_to_stop || scene_last(scene, CALLS_ACCEPT) == NULL ||
        !WIFEXITED(program->status) || WEXITSTATUS(program->status) != 0 ||
        last == NULL || has_accepted(scene, client))
        return false;
    scene_say(scene, "Your program ended with exit status 0, as if all were "
                     "done, and another client is there. ");
    scene_say_call(scene, last);
    scene_say(scene, " was the last it did: when one client has gone, the next "
                     "one's turn begins, with accept() again.");
    scene_say_read(scene, "the lesson on one client after another");
    return true;
}
