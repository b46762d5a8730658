// The detectors for programs of several threads or processes.

#include "explain/detectors.h"

#include "trace/format.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

// When process PID has ended; 0 if it has not, as far as is known.
static uint64_t end_of(const struct scene *scene, pid_t pid)
{
    for (size_t i = scene->trace->count; i-- > 0;) {
        const struct event *event = trace_event(scene->trace, i);
        if (event != NULL && event->kind == EVENT_ENDED &&
            event->process.pid == pid)
            return event->at_us;
    }
    return 0;
}

// What one of its children was in, or called, when the process that was started
// had ended.
static const struct call *find_late_call(const struct scene *scene)
{
    uint64_t ended_us = end_of(scene, scene->program->pid);
    size_t i = scene->trace->count;
    if (ended_us == 0)
        return NULL;
    for (const struct call *call; (call = scene_last_call(scene, &i)) != NULL;)
        if (call->pid != scene->program->pid && call->group != CALLS_CLOSE &&
            (!call->finished || call->ended_us > ended_us))
            return call;
    return NULL;
}

// The parent has ended before its child was through.
bool detect_left_child(const struct scene *scene)
{
    if (scene->program == NULL || !scene->program->ended ||
        scene->failure->expected == NULL)
        return false;
    const struct call *call = find_late_call(scene);
    if (call == NULL)
        return false;
    scene_say(scene, "The process that was started has ended with ");
    format_status(scene->out, scene->program->status);
    scene_say(scene, " while its child was still in ");
    scene_say_call(scene, call);
    scene_say(scene, ": whoever started it takes it that all is done. It has "
                     "to wait for its child, and to end as that did.");
    scene_say_read(scene, "man 2 waitpid");
    return true;
}

// The last receive on that peer's connection, if it found the end of the
// stream.
static const struct call *find_end(const struct scene *scene,
                                   const struct peer *peer)
{
    size_t i = scene->trace->count;
    for (const struct call *call; (call = scene_last_call(scene, &i)) != NULL;)
        if (call->group == CALLS_RECEIVE && scene_peer_of(scene, call) == peer)
            return call->finished && call->result == 0 && call->asked > 0
                       ? call
                       : NULL;
    return NULL;
}

// True if that descriptor has been closed, or shut down, behind that call.
static bool is_closed_after(const struct scene *scene, const struct call *end)
{
    bool behind = false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (behind && call->group == CALLS_CLOSE && call->fd == end->fd &&
            call->result == 0)
            return true;
        behind = behind || call == end;
    }
    return false;
}

// A client has finished, all of its echo is sent, and its socket stays open.
bool detect_never_closed(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || scene->program == NULL || scene->program->ended ||
        scene->failure->wait != WAIT_HANGS || !scene_is_server(scene) ||
        peer->saw_end || peer_backlog(peer) > 0)
        return false;
    const struct call *end = find_end(scene, peer);
    if (end == NULL || is_closed_after(scene, end))
        return false;
    scene_say_call(scene, end);
    scene_say(scene,
              " returned 0, as the client has finished; all that it sent has "
              "been sent back; and descriptor %d was never closed. A client "
              "learns of the end by that.",
              end->fd);
    if (end->tid != scene->program->pid)
        scene_say(scene, " (The end of a thread closes nothing, and a process "
                         "of its own closes only its own copy: the parent's "
                         "has to be closed, too.)");
    scene_say_read(scene, "man 2 close; the lesson on the end of a stream");
    return true;
}

// How many bytes the program has received on the connection of that port, and
// sent, up to event AT.
static int64_t sum_of(const struct scene *scene, uint16_t port, unsigned group,
                      size_t at)
{
    int64_t sum = 0;
    for (const struct call *call; (call = scene_last_call(scene, &at)) != NULL;)
        if (call->port == port && call->group == group && call->result > 0)
            sum += call->result;
    return sum;
}

// The last receive that brought something, before event AT.
static const struct call *source_before(const struct scene *scene, size_t at)
{
    for (const struct call *call; (call = scene_last_call(scene, &at)) != NULL;)
        if (call->group == CALLS_RECEIVE && call->on_socket && call->result > 0)
            return call;
    return NULL;
}

// One client gets what another one has sent, seen by the amounts alone.
bool detect_sent_to_another(const struct scene *scene)
{
    if (scene->program == NULL || !scene_is_server(scene) ||
        trace_event(scene->trace, 0) == NULL)
        return false;
    size_t at = 0;
    for (const struct call *sent;
         (sent = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        if (sent->port == 0 || sent->result <= 0 ||
            sum_of(scene, sent->port, CALLS_SEND, at + 1) <=
                sum_of(scene, sent->port, CALLS_RECEIVE, at))
            continue;
        const struct call *source = source_before(scene, at);
        const struct peer *to = scene_peer_of(scene, sent);
        const struct peer *from =
            source == NULL ? NULL : scene_peer_of(scene, source);
        size_t place;
        if (to == NULL || from == NULL || to == from ||
            scene_place_of(to, &place) != SIZE_MAX)
            return false;
        scene_say_call(scene, sent);
        scene_say(scene, " sends to ");
        scene_say_peer(scene, to);
        scene_say(scene, " (descriptor %d) more than has come from it: what ",
                  sent->fd);
        scene_say_call(scene, source);
        scene_say(scene, " brought last came from ");
        scene_say_peer(scene, from);
        scene_say(scene,
                  " (descriptor %d). An echo goes back to whom it came "
                  "from, and to nobody else.",
                  source->fd);
        scene_say_read(scene, "man 2 recv; the lesson on who is ready");
        return true;
    }
    return false;
}
