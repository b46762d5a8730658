// The detectors for buffers: one that is filled once and never emptied, and one
// that is written over.

#include "explain/detectors.h"

#include <inttypes.h>
#include <string.h>

// What was received of that peer, and what was sent to it.
struct flow {
    const struct call *last; // that received
    uint64_t room;           // what the first receive had room for
    uint64_t received, sent;
    unsigned receives;
    bool uses_the_rest; // each had room for what the others had left of it
};

static struct flow follow(const struct scene *scene, const struct peer *peer)
{
    struct flow flow = {.uses_the_rest = true};
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE | CALLS_SEND, -1, &at)) !=
         NULL;
         at++) {
        if (scene_peer_of(scene, call) != peer || !call->finished ||
            call->result <= 0)
            continue;
        if (call->group == CALLS_SEND) {
            flow.sent += (uint64_t)call->result;
            continue;
        }
        if (flow.receives++ == 0)
            flow.room = call->asked;
        else if (call->asked + flow.received != flow.room)
            flow.uses_the_rest = false;
        flow.received += (uint64_t)call->result;
        flow.last = call;
    }
    return flow;
}

static bool is_a_usual_size(uint64_t size)
{
    enum { SMALL = 128 * 1024 }; // so much may come and go by chance
    return size >= SMALL && (size & (size - 1)) == 0;
}

// A server that has sent back what one buffer holds, and then no more.
bool detect_buffer_filled(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (!scene_is_server(scene) || peer == NULL ||
        scene->failure->expected != NULL || peer->in.size >= peer->out.size)
        return false;
    const struct call *blocked =
        scene->program->ended ? NULL : scene_blocked_call(scene);
    if (blocked != NULL && blocked->group == CALLS_SEND)
        return false;
    struct flow flow = follow(scene, peer);
    bool is_whole = scene->trace->count <= TRACE_HEAD + TRACE_TAIL;
    uint64_t sent = is_whole ? flow.sent : peer->in.size;
    bool filled = is_whole && flow.uses_the_rest && flow.receives > 1 &&
                  flow.received == flow.room && sent == flow.room;
    if (flow.last == NULL || peer->sent <= sent ||
        !(filled || (is_a_usual_size(sent) && flow.received > sent)))
        return false;
    scene_say(scene,
              "Your program sent back %" PRIu64 " bytes of this stream, and "
              "then no more, as if a buffer of that size were full. ",
              sent);
    if (filled) {
        scene_say_call(scene, flow.last);
        scene_say(scene, " took the last of its room. ");
    }
    scene_say(scene, "What has been sent need not be kept: its room is free "
                     "again, so receive into the same place anew. Nobody "
                     "knows how long a stream will be.");
    if (scene->program->ended && scene->program->status != 0)
        scene_say_stderr(scene);
    scene_say_read(scene, "the lesson on recv");
    return true;
}

// True if the first SIZE bytes of the reply were printed as they should be,
// behind what stands before it: then they were not needed any more.
static bool is_printed(const struct failure *failure, size_t size)
{
    const char *got = failure->actual, *wanted = failure->expected;
    const char *label = memchr(wanted, ':', failure->expected_size);
    size_t whole = size + (label == NULL ? 0 : (size_t)(label - wanted) + 2);
    return whole <= failure->actual_size && whole <= failure->expected_size &&
           memcmp(got, wanted, whole) == 0;
}

// Each receive of a reply puts its bytes where those before it were.
bool detect_overwritten(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    size_t at = 0;
    if (scene_is_loop(scene) || scene_is_server(scene) ||
        scene->program == NULL || failure->expected == NULL ||
        failure->actual != scene->program->out.bytes)
        return false;
    const struct call *first = scene_next(scene, CALLS_RECEIVE, -1, &at);
    at++;
    const struct call *second = scene_next(scene, CALLS_RECEIVE, -1, &at);
    if (first == NULL || second == NULL || first->info != second->info ||
        first->info->length != LENGTH_ARGUMENT || first->result <= 0 ||
        (uint64_t)first->result >= first->asked || second->result <= 0 ||
        first->args[1] != second->args[1] ||
        is_printed(failure, (size_t)first->result))
        return false;
    scene_say_call(scene, second);
    scene_say(scene, " writes to the beginning of the buffer again, over what "
                     "the one before it brought. The next bytes belong behind "
                     "those that are there already.");
    scene_say_read(scene, "man 2 recv, \"buf\"; the lesson on recv");
    return true;
}
