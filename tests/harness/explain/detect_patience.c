// The detector for a server that gives up a client which is slow to receive,
// in whatever turn.

#include "explain/detectors.h"
#include "explain/patience.h"

#include "trace/format.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>

enum { PATIENCE_MS = 10000 }; // which a server is to have at least

// What came before the close of a connection.
struct before {
    const struct call *sent; // the last that had bytes taken there
    bool has_waited;         // time had passed before that, too
    uint64_t passed_ms;      // since then
    bool was_asked;          // and behind it, something was called there
};

static void look_at(const struct scene *scene, size_t number, uint16_t port,
                    struct before *before)
{
    const struct event *event = trace_event(scene->trace, number);
    const struct call *call = trace_call(scene->trace, number);
    if (event != NULL && event->kind == EVENT_TIME) {
        before->passed_ms += event->passed_ms;
        before->was_asked = false;
    }
    if (call == NULL || !call->on_socket || call->port != port)
        return;
    before->was_asked = true;
    if (call->group != CALLS_SEND || call->result <= 0)
        return;
    before->has_waited =
        before->has_waited || (before->sent != NULL && before->passed_ms > 0);
    before->sent = call;
    before->passed_ms = 0;
}

static const struct call *find_close(const struct scene *scene,
                                     const struct peer *peer,
                                     struct before *before)
{
    const uint16_t port = peer->local.v4.sin_port;
    *before = (struct before){.sent = NULL};
    for (size_t i = 0; i < scene->trace->count; i++) {
        const struct call *call = trace_call(scene->trace, i);
        if (call != NULL && call->info->number == SYS_close &&
            scene_peer_of(scene, call) == peer)
            return call;
        look_at(scene, i, port, before);
    }
    return NULL;
}

// The close() of a reader that was given up; NULL if none was.
static const struct call *find_given_up(const struct scene *scene,
                                        struct before *before)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || scene->program == NULL || scene->program->ended ||
        !scene_is_server(scene) || !scene->stage->traced ||
        !scene_speaks(scene, PROTOCOL_MESSAGES))
        return NULL;
    const struct call *closed = find_close(scene, peer, before);
    return closed != NULL && before->sent != NULL && before->has_waited &&
                   !before->was_asked && before->passed_ms > 0 &&
                   before->passed_ms < PATIENCE_MS
               ? closed
               : NULL;
}

bool reader_was_given_up(const struct scene *scene)
{
    struct before before;
    return find_given_up(scene, &before) != NULL;
}

bool detect_reader_given_up(const struct scene *scene)
{
    struct before before;
    char length[16];
    const struct call *closed = find_given_up(scene, &before);
    if (closed == NULL)
        return false;
    format_time(length, sizeof length, before.passed_ms);
    scene_say_call(scene, closed);
    scene_say(scene, " ended the connection of ");
    scene_say_peer(scene, scene->failure->peer);
    scene_say(scene, ", %s after ", length);
    scene_say_call(scene, before.sent);
    scene_say(scene,
              " had sent it %" PRId64 " bytes. No call there had failed: it "
              "takes its response in parts, and your program takes that for "
              "silence. Let its time begin anew whenever something has moved, "
              "in either direction.",
              before.sent->result);
    return true;
}
