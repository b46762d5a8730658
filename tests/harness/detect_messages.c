// The detectors for programs that exchange messages: what became of one that
// the grader has sent.

#include "scene.h"

#include "diagnosis.h"
#include "format.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

// The program's last receive from that peer; what all of them brought is in
// *total.
static const struct call *last_receive(const struct scene *scene,
                                       const struct peer *peer, uint64_t *total)
{
    const struct call *last = NULL;
    size_t at = 0;
    *total = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        if (scene_peer_of(scene, call) != peer || !call->finished ||
            call->result <= 0)
            continue;
        last = call;
        *total += (uint64_t)call->result;
    }
    return last;
}

// It ended, or closed, without having received all that there was to receive.
bool detect_message_left(const struct scene *scene)
{
    uint64_t total;
    const struct peer *peer = scene->peer;
    if (peer == NULL || scene->program == NULL || scene_is_server(scene) ||
        !scene->program->ended || !scene->stage->traced)
        return false;
    const struct call *last = last_receive(scene, peer, &total);
    if (last == NULL || total >= peer->sent)
        return false;
    scene_say_call(scene, last);
    scene_say(scene,
              " returned %" PRId64 " bytes, which makes %" PRIu64 " of the %zu "
              "that the server has sent, and your program did not ask for "
              "more. One recv() is not one message: the two lengths in it say "
              "when it is complete.",
              last->result, total, peer->sent);
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on pieces");
    return true;
}

static void say_rest(const struct scene *scene, const struct peer *peer,
                     uint64_t total)
{
    if (total < peer->sent)
        scene_say(scene,
                  " %zu bytes more lie at its socket and are not received.",
                  peer->sent - (size_t)total);
    else if (scene_is_server(scene) && peer->in.size == 0)
        scene_say(scene, " So it has all there is, and has sent nothing. Bytes "
                         "come in any pieces, and several steps may be due at "
                         "once: after each receive, try every step for which "
                         "enough is there.");
    else if (scene_is_server(scene))
        scene_say(scene, " So it has all there is. What send() did not take "
                         "must be offered again, and what stands behind one "
                         "request may be the next.");
    else
        scene_say(scene, " That is all of it: the two lengths in it say where "
                         "it ends. The server need not close first.");
}

// It waits, and has received this much.
bool detect_message_waited_for(const struct scene *scene)
{
    uint64_t total;
    const struct peer *peer = scene->failure->peer;
    const struct program *program = scene->program;
    if (peer == NULL || program == NULL || program->ended || peer->closed ||
        scene->failure->wait != WAIT_HANGS || !scene->stage->traced ||
        peer->sent == 0)
        return false;
    const struct call *last = last_receive(scene, peer, &total);
    const struct call *blocked = diagnosis_blocked_call(program);
    if (last == NULL || blocked == NULL)
        return false;
    scene_say(scene,
              "Your program has received %" PRIu64 " of the %zu bytes that ",
              total, peer->sent);
    scene_say(scene, scene_is_server(scene) ? "the client has sent (the last "
                                            : "the server has sent (the last ");
    scene_say(scene, "%" PRId64 " by ", last->result);
    scene_say_call(scene, last);
    scene_say(scene, "), and waits in ");
    scene_say_call(scene, blocked);
    scene_say(scene, ".");
    say_rest(scene, peer, total);
    return true;
}
