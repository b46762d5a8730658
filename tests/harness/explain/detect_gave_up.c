// The detectors for a client that gave up, though its answer had come.

#include "explain/detectors.h"

#include "base/names.h"

#include <errno.h>
#include <sys/syscall.h>

// SO_ERROR was asked again, and its answer was taken for the end of all.
bool detect_asked_again(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    if (scene->program == NULL || !scene->program->ended || peer == NULL ||
        scene_is_server(scene) || peer->sent <= scene_received(scene))
        return false;
    const struct call *asked = NULL;
    bool has_sent = false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, ~0U, -1, &at)) != NULL; at++) {
        bool asks = call->info->number == SYS_getsockopt &&
                    (int)call->args[2] == SO_ERROR;
        if (call->group == CALLS_SEND && call->result > 0)
            has_sent = true;
        if (asks && has_sent)
            asked = call;
        else if (call->group == CALLS_RECEIVE || call->group == CALLS_SEND)
            asked = NULL;
    }
    if (asked == NULL)
        return false;
    scene_say_call(scene, asked);
    scene_say(
        scene,
        " asked for SO_ERROR again, long after the attempt to connect had "
        "ended well, and nothing was received after that, though the "
        "server had sent %zu bytes. Who asks is told of a reset, once, "
        "and not of what came before it: receive, to the end. Ask once, "
        "when the attempt is over.",
        peer->sent);
    scene_say_read(scene, "man 7 socket, SO_ERROR; the lesson on connecting "
                          "without waiting");
    return true;
}

// The same, where it had received all that there was, and still fails.
static bool say_answer_received(const struct scene *scene,
                                const struct call *failed)
{
    const struct failure *failure = scene->failure;
    if (failure->wanted_status == NULL || *failure->wanted_status != 0 ||
        scene->program->status == 0 || failed->group != CALLS_SEND ||
        scene->peer->sent == 0 || scene_received(scene) < scene->peer->sent)
        return false;
    scene_say_call(scene, failed);
    scene_say(scene,
              " failed with %s, and for that your program ended as one that "
              "has no answer. But the server's was there: all of its %zu bytes "
              "were received. A failed send() says that nothing more can be "
              "sent, and nothing of what comes: whoever sends must not end the "
              "program, and not its exit status.",
              name_of_error((int)-failed->result), scene->peer->sent);
    scene_say_read(scene, "the lesson on an answer that comes early");
    return true;
}

// A send failed, and with it the program gave up what had come before.
bool detect_answer_left(const struct scene *scene)
{
    const struct call *failed = scene_last_failed(scene);
    const struct peer *peer = scene->peer;
    if (scene->program == NULL || !scene->program->ended || peer == NULL ||
        scene_is_server(scene) || failed == NULL)
        return false;
    if (say_answer_received(scene, failed))
        return true;
    if (failed->group != CALLS_SEND || peer->sent <= scene_received(scene))
        return false;
    const struct call *last = scene_last(scene, CALLS_RECEIVE | CALLS_SEND);
    if (last != failed)
        return false;
    scene_say_call(scene, failed);
    scene_say(
        scene,
        " failed with %s, and nothing was received after that, though the "
        "server had sent %zu bytes before it went. They have arrived, and "
        "lie in the kernel. A failed send() says that nothing more can be "
        "sent, and nothing of what has come: receive, to the end.",
        name_of_error((int)-failed->result), peer->sent);
    scene_say_read(scene, "the lesson on an answer that comes early");
    return true;
}
