// What was not taken of a message at once, is sent from its beginning again.

#include "explain/detectors.h"

#include "trace/calls.h"

#include <inttypes.h>
#include <string.h>

enum { TELLING = 3, COMPARED = 16 };

// Whether the bytes at place AT of what the peer has received are those with
// which the message began, COUNT bytes before.
static bool begins_again(const struct peer *peer, size_t at, size_t count)
{
    const struct bytes *in = &peer->in;
    size_t size = count < COMPARED ? count : COMPARED;
    if (at < in->size && in->size - at < size)
        size = in->size - at;
    return at < in->size && size >= TELLING &&
           memcmp(in->at + at, in->at + at - count, size) == 0;
}

bool detect_begun_again(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || scene->program == NULL || !scene->stage->traced)
        return false;
    uint64_t sent = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SEND, -1, &i)) != NULL; i++) {
        if (scene_peer_of(scene, call) != peer || !call->finished ||
            call->result <= 0)
            continue;
        sent += (uint64_t)call->result;
        if ((uint64_t)call->result == call->asked || sent <= peer->taken ||
            !begins_again(peer, (size_t)sent, (size_t)(sent - peer->taken)))
            continue;
        scene_say_call(scene, call);
        scene_say(
            scene,
            " took %" PRId64 " of the %" PRIu64 " bytes it was offered, "
            "and what came next was not the rest: there a message begins, "
            "with its first byte, this one again or the next. Keep how "
            "much has been taken, and offer what stands behind that; "
            "what else is to be sent goes behind it.",
            call->result, call->asked);
        scene_say_read(scene, "man 2 send, RETURN VALUE; the lesson on send");
        return true;
    }
    return false;
}
