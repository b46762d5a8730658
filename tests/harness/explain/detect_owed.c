// The detectors for a server of many that owes a client a part of its echo, or
// gives one more than that; or has nobody at the door.

#include "explain/detectors.h"

#include "base/names.h"
#include "trace/poll_sets.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>

// What the program has received over a connection, and sent, up to call LAST.
static int64_t balance(const struct scene *scene, const struct call *last)
{
    int64_t sum = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call == last)
            break;
        if (call->port != last->port || call->result <= 0)
            continue;
        if (call->group == CALLS_RECEIVE)
            sum += call->result;
        if (call->group == CALLS_SEND)
            sum -= call->result;
    }
    return sum;
}

// A server that closes while it owes its client a part of the echo.
// The first send on the connection of CLOSED that took a part of what it was
// offered, where the next one was offered less than the rest.
static const struct call *find_dropped(const struct scene *scene,
                                       const struct call *closed)
{
    const struct call *sent = NULL;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != closed;) {
        if (call->group != CALLS_SEND || call->port != closed->port ||
            call->result < 0)
            continue;
        if (sent != NULL && call->asked < sent->asked - (uint64_t)sent->result)
            return sent;
        sent = call;
    }
    return NULL;
}

// True if the grader let time pass behind the last call, before that close(),
// in which something moved on its connection or the end of that was met.
static bool has_passed_since(const struct scene *scene,
                             const struct call *closed)
{
    bool has_passed = false;
    for (size_t i = 0; i < scene->trace->count; i++) {
        const struct event *event = trace_event(scene->trace, i);
        if (event == NULL)
            continue;
        has_passed = has_passed || event->kind == EVENT_TIME;
        if (event->kind != EVENT_CALL)
            continue;
        if (&event->call == closed)
            return has_passed;
        if (event->call.port == closed->port && event->call.on_socket &&
            !call_failed_with(&event->call, EAGAIN))
            has_passed = false;
    }
    return false;
}

// The last send before that close, if it took nothing (EAGAIN), and the thread
// then did not wait until that can be sent. *wait becomes what it waited in.
static const struct call *find_refused(const struct scene *scene,
                                       const struct call *closed,
                                       const struct call **wait)
{
    const struct call *refused = NULL;
    size_t i = 0;
    *wait = NULL;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != closed;) {
        if (call->group == CALLS_SEND && call->port == closed->port) {
            refused = call_failed_with(call, EAGAIN) ? call : NULL;
            *wait = NULL;
        } else if (refused != NULL && call->group == CALLS_WAIT &&
                   call->tid == refused->tid && poll_sets_are_known(call) &&
                   poll_sets_bit(refused->fd) != 0 &&
                   !poll_sets_has(call->wants.write, refused->fd)) {
            *wait = call;
        }
    }
    return *wait == NULL ? NULL : refused;
}

static bool say_counted(const struct scene *scene, const struct call *closed)
{
    const struct call *wait, *sent = find_refused(scene, closed, &wait);
    if (sent == NULL)
        return false;
    scene_say(scene, " ");
    scene_say_call(scene, sent);
    scene_say(scene,
              " failed with EAGAIN: it took nothing of the %" PRIu64
              " bytes it was offered. But ",
              sent->asked);
    scene_say_call(scene, wait);
    scene_say(scene, " then did not ask when the socket can be written to, as "
                     "if nothing was left: count neither those bytes as sent "
                     "nor the -1 as a number of bytes.");
    scene_say_read(scene, "man 2 send, RETURN VALUE and EAGAIN");
    return true;
}

static void say_owed(const struct scene *scene, const struct call *closed)
{
    const struct call *sent = find_dropped(scene, closed);
    if (sent == NULL && say_counted(scene, closed))
        return;
    if (sent == NULL && has_passed_since(scene, closed)) {
        scene_say(scene, " Nothing had failed, and time had passed since "
                         "anything moved on it: your program gives up a client "
                         "after a time. The task knows no limit: keep what "
                         "waits, for as long as it takes.");
        scene_say_read(scene, "man 2 select, \"The timeout\"");
        return;
    }
    if (sent == NULL) {
        scene_say(scene, " A client that has finished sending (recv() returned "
                         "0) still waits for the rest of its echo: close when "
                         "all is sent. (If your program asks for that: what "
                         "becomes of its counts when recv() returns 0?)");
        scene_say_read(scene, "man 2 shutdown; the lesson on the end of a "
                              "stream");
        return;
    }
    scene_say(scene, " ");
    scene_say_call(scene, sent);
    scene_say(scene,
              " took %" PRId64 " of the %" PRIu64 " bytes it was offered, and "
              "the rest was dropped. A short count is no error: keep the rest, "
              "and offer it again.",
              sent->result, sent->asked);
    scene_say_read(scene, "man 2 send, RETURN VALUE; the lesson on send");
}

// What came back was wrong before it ended: that comes first.
static bool has_gone_wrong(const struct failure *failure)
{
    size_t size = failure->actual_size < failure->expected_size
                      ? failure->actual_size
                      : failure->expected_size;
    return failure->expected != NULL && size > 0 &&
           memcmp(failure->expected, failure->actual, size) != 0;
}

// True if several threads or processes have a part in it.
static bool has_several(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call; (call = scene_next_call(scene, &i)) != NULL;)
        if (call->on_socket && call->tid != scene->program->pid)
            return true;
    return false;
}

// In one conversation of one thread without a loop, others know better.
bool detect_closed_early(const struct scene *scene)
{
    if (scene->program == NULL || !scene_is_server(scene) ||
        (!scene_is_loop(scene) && !has_several(scene)))
        return false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_CLOSE, -1, &at)) != NULL; at++) {
        int64_t owed = balance(scene, call);
        if (call->port == 0 || owed <= 0 ||
            scene_peer_of(scene, call) != scene->failure->peer ||
            (has_gone_wrong(scene->failure) &&
             find_dropped(scene, call) == NULL))
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " closes the connection while %" PRId64 " bytes that were "
                  "received have not been sent back.",
                  owed);
        say_owed(scene, call);
        return true;
    }
    return false;
}

// The call of GROUP that moved byte AT of all that went that way between the
// program and that peer.
static const struct call *find_move(const struct scene *scene, unsigned group,
                                    const struct peer *peer, size_t at)
{
    uint64_t total = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next(scene, group, -1, &i)) != NULL; i++) {
        if (scene_peer_of(scene, call) != peer || !call->finished ||
            call->result <= 0 || call->only_looks)
            continue;
        total += (uint64_t)call->result;
        if (total > at)
            return call;
    }
    return NULL;
}

// A client has got all of its echo, and then some of it again.
bool detect_sent_again(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || scene->program == NULL || !scene_is_server(scene) ||
        !scene->stage->traced)
        return false;
    size_t at, again = scene_place_of(peer, &at);
    const struct call *sent =
        again < at ? find_move(scene, CALLS_SEND, peer, at) : NULL;
    if (sent == NULL)
        return false;
    scene_say(scene, "Byte %zu of what ", at);
    scene_say_peer(scene, peer);
    scene_say(scene,
              " got, and those behind it, are its own from byte %zu on, "
              "once more: ",
              again);
    scene_say_call(scene, sent);
    scene_say(scene, " offers what has been taken before. Where the next send "
                     "begins, and how much is left, follows from all counts so "
                     "far: are both kept right, in a type that can hold them, "
                     "and is one not computed from the other's new value?");
    scene_say_read(scene, "man 2 send, RETURN VALUE");
    return true;
}

// A client has got what stands behind some of its bytes, and not those.
bool detect_left_out(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || scene->program == NULL || !scene_is_server(scene) ||
        !scene_is_loop(scene) || !scene->stage->traced)
        return false;
    size_t at, place = scene_place_of(peer, &at);
    const struct call *got = place > at && place != SIZE_MAX
                                 ? find_move(scene, CALLS_RECEIVE, peer, at)
                                 : NULL;
    if (got == NULL)
        return false;
    scene_say_call(scene, got);
    scene_say(scene, " returned %" PRId64 ", and among these was byte %zu of ",
              got->result, at);
    scene_say_peer(scene, peer);
    scene_say(scene,
              ". It never went back, nor did those behind it up to byte %zu, "
              "which did: they were written over, or counted for nothing.",
              place);
    if ((place - at) % 65536 == 0)
        scene_say(scene,
                  " (These are %zu, which in 16 bits is 0: a size_t "
                  "holds all of it.)",
                  place - at);
    else
        scene_say(scene, " What one recv() brings goes behind what is still "
                         "to be sent.");
    scene_say_read(scene, "man 2 recv, RETURN VALUE");
    return true;
}

// The close of a socket that had listened; NULL if it listens still.
static const struct call *find_closed_listener(const struct scene *scene)
{
    const struct call *listens = scene_find(scene, SYS_listen);
    size_t at = 0;
    if (listens == NULL)
        return NULL;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_CLOSE, listens->fd, &at)) != NULL;
         at++)
        if (call->info->number == SYS_close && call->pid == listens->pid &&
            call->result == 0)
            return call;
    return NULL;
}

// A server of many closes its listening socket, and may open another later.
bool detect_listener_closed(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || program->ended || program->was_told_to_stop ||
        !scene_is_server(scene) || !scene_is_loop(scene))
        return false;
    const struct call *closed = find_closed_listener(scene);
    if (closed == NULL)
        return false;
    scene_say_call(scene, closed);
    scene_say(scene, " closed the listening socket, and your program was not "
                     "asked to stop. Who waited in its queue is reset, and who "
                     "connects meanwhile is refused. Keep it open; for as long "
                     "as nobody can be accepted, don't wait for it.");
    scene_say_read(scene, "man 2 listen; man 2 accept, EMFILE");
    return true;
}
