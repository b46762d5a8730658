// The detectors for clients with many connections: what became of each.

#include "explain/detectors.h"

#include "trace/format.h"
#include "trace/poll_sets.h"
#include "kernel/sockdiag.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static bool is_many_client(const struct scene *scene)
{
    return scene->program != NULL && scene->peer != NULL &&
           !scene_is_server(scene) && scene->peer->server != NULL;
}

// What the program has received over the connection to that peer.
static uint64_t received_from(const struct scene *scene,
                              const struct peer *peer)
{
    uint64_t sum = 0;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++)
        if (call->result > 0 && scene_peer_of(scene, call) == peer)
            sum += (uint64_t)call->result;
    return sum;
}

// True if one of the connections was meant to go wrong.
// True if what it sends back is not what it got.
static bool sends_other_bytes(const struct peer *peer)
{
    size_t size = peer->sent < peer->in.size ? peer->sent : peer->in.size;
    return size > 0 && memcmp(peer->out.at, peer->in.at, size) != 0;
}

static bool fails_at_once(const struct call *call)
{
    return call->group == CALLS_CONNECT && call->result < 0 &&
           !call_failed_with(call, EINPROGRESS) &&
           !call_failed_with(call, EINTR) && !call_failed_with(call, EALREADY);
}

static bool one_goes_wrong(const struct scene *scene)
{
    for (const struct peer *peer = scene->stage->peers; peer != NULL;
         peer = peer->next)
        if ((peer->program == NULL || peer->program == scene->program) &&
            (peer->farewell != FAREWELL_NONE || peer->wrong_at != SIZE_MAX ||
             sends_other_bytes(peer)))
            return true;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->effect == REFUSED || fails_at_once(call))
            return true;
    }
    return false;
}

static bool closes(const struct scene *scene, const struct peer *peer)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_CLOSE, -1, &at)) != NULL; at++)
        if (scene_peer_of(scene, call) == peer)
            return true;
    return false;
}

// One connection failed, and the program gave them all up.
bool detect_all_given_up(const struct scene *scene)
{
    if (!is_many_client(scene) || !scene->program->ended ||
        !one_goes_wrong(scene) || scene->peer->farewell != FAREWELL_NONE ||
        scene->failure->peer == NULL || closes(scene, scene->peer))
        return false;
    scene_say(scene, "Something went wrong on one connection, and your program "
                     "ended while ");
    scene_say_peer(scene, scene->peer);
    scene_say(scene, " was not done. It concerns only the one: report it, "
                     "close it, go on with the others, and remember it for "
                     "the exit status.");
    return true;
}

// True if the peer had sent all of the echo, and its end, before event NUMBER:
// what was not received lay there.
static bool had_finished(const struct scene *scene, const struct peer *peer,
                         size_t number)
{
    for (size_t i = 0; i < number; i++) {
        const struct event *event = trace_event(scene->trace, i);
        if (event != NULL && event->kind == EVENT_PEER &&
            event->deed.peer == peer->number &&
            event->deed.action == PEER_FINISHES)
            return peer->sent >= peer->in.size;
    }
    return false;
}

// It closed a connection before all had come back.
bool detect_echo_left(const struct scene *scene)
{
    size_t at = 0;
    if (!is_many_client(scene) || scene->failure->peer == NULL)
        return false;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_CLOSE, -1, &at)) != NULL; at++) {
        uint64_t received = received_from(scene, scene->peer);
        if (call->info->number != SYS_close ||
            scene_peer_of(scene, call) != scene->peer ||
            received >= scene->peer->in.size || scene->peer->in.size == 0)
            continue;
        if (had_finished(scene, scene->peer, at))
            return false;
        scene_say_call(scene, call);
        scene_say(scene, " closes ");
        scene_say_peer(scene, scene->peer);
        scene_say(scene,
                  " when %" PRIu64 " of the %zu bytes that it has sent have "
                  "come back. An echo comes in any pieces: count, and compare, "
                  "from where the piece before it ended.",
                  received, scene->peer->in.size);
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on pieces");
        return true;
    }
    return false;
}

// It ended without having opened as many as it was told.
bool detect_too_few(const struct scene *scene)
{
    if (!is_many_client(scene) || !scene->program->ended ||
        scene->peer->connected || scene->stage->peers == NULL)
        return false;
    unsigned opened = scene->peer->server->accepted;
    if (opened == 0)
        return false;
    scene_say(scene,
              "Your program opened %u connection%s and ended. It was told to "
              "open more.",
              opened, opened == 1 ? "" : "s");
    return true;
}

bool detect_too_many(const struct scene *scene)
{
    if (!is_many_client(scene) || scene->peer->server == NULL)
        return false;
    unsigned more = scene->peer->server->unawaited;
    if (more == 0)
        return false;
    scene_say(scene,
              "Your program has opened %u connection%s more than it was told "
              "to.",
              more, more == 1 ? "" : "s");
    if (one_goes_wrong(scene))
        scene_say(scene, " One has failed, and was tried again: nobody asked "
                         "for that. Report it, close it, go on with the "
                         "others, and remember it for the exit status.");
    return true;
}

// It ended, and has never waited for this connection, nor used it.
bool detect_never_watched(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (!is_many_client(scene) || !scene->program->ended || peer == NULL ||
        !peer->connected || !scene_is_loop(scene))
        return false;
    int fd = scene_descriptor_of(scene, peer);
    size_t at = 0, waits = 0;
    for (const struct call *call;
         fd != -1 && (call = scene_next_call(scene, &at)) != NULL;) {
        bool waits_for = call->group == CALLS_WAIT;
        if (waits_for &&
            (!poll_sets_are_known(call) || fd >= POLLED_DESCRIPTORS ||
             poll_sets_has(call->wants.read | call->wants.write, fd)))
            return false;
        if (call->on_socket && scene_peer_of(scene, call) == peer &&
            call->group != CALLS_CONNECT && call->group != CALLS_SETUP)
            return false;
        waits += waits_for;
    }
    if (waits == 0 || fd == -1)
        return false;
    scene_say(scene,
              "Your program ended, and none of its calls of %s() had "
              "waited for descriptor %d, which is ",
              scene_wait_name(scene), fd);
    scene_say_peer(scene, peer);
    scene_say(scene, ". Whatever goes over the connections, to fill the sets "
                     "or to look whether one is left, has to come to the last "
                     "of them, too.");
    scene_say_read_wait(scene, "; the lesson on the sets");
    return true;
}

static bool is_sent_to_its_end(const struct peer *peer)
{
    struct tcp_socket socket;
    return peer->sent > 0 && peer->sent == peer->out.size &&
           peer->sent >= peer->in.size &&
           sockdiag_find(&peer->remote, &peer->local, &socket) &&
           socket.unread == 0;
}

// True if some call has waited for that descriptor to be writable.
static bool was_watched_to_write(const struct scene *scene, int fd)
{
    size_t at = 0;
    for (const struct call *wait;
         (wait = scene_next(scene, CALLS_WAIT, -1, &at)) != NULL; at++)
        if (poll_sets_are_known(wait) && poll_sets_has(wait->wants.write, fd))
            return true;
    return false;
}

static void say_taken_for_sent(const struct scene *scene,
                               const struct call *wait, int fd)
{
    size_t sent = scene->peer->in.size, at = 0;
    bool has_tried = scene_next(scene, CALLS_SEND, fd, &at) != NULL;
    scene_say(scene, "Your program has sent %zu", sent);
    if (sent < scene->failure->expected_size)
        scene_say(scene, " of the %zu", scene->failure->expected_size);
    scene_say(scene, " bytes over ");
    scene_say_peer(scene, scene->peer);
    scene_say(scene, ", and ");
    scene_say_call(scene, wait);
    scene_say(scene, " does not wait for descriptor %d to be writable", fd);
    if (sent > 0 || has_tried) {
        scene_say(scene, ": does it take all for sent? Go by what send() "
                         "returned, with a count for each connection, and "
                         "wait to write until that is all.");
        scene_say_read(scene, "man 2 send, RETURN VALUE");
        return;
    }
    scene_say(scene, poll_sets_has(wait->wants.read, fd)
                         ? ", but only to be readable, which it becomes when "
                           "the server has something to send."
                         : ".");
    scene_say(scene, " Until all is sent, each connection belongs among those "
                     "to be written to (the second set of select()). ");
    scene_say(scene, was_watched_to_write(scene, fd)
                         ? "It was among them before: look at what has taken "
                           "it out."
                         : "It has never been among them: look at what should "
                           "put it there, and into which of the two sets.");
    scene_say_read_wait(scene, "; the lesson on the sets");
}

// Its last close() failed with EBADF, at once after it had received there.
static const struct call *closed_another(const struct scene *scene,
                                         const struct peer *peer)
{
    const struct call *received = NULL;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &at)) != NULL;) {
        if (call->group == CALLS_RECEIVE && call->on_socket)
            received = call;
        if (call->info->number == SYS_close && call_failed_with(call, EBADF) &&
            received != NULL && scene_peer_of(scene, received) == peer)
            return call;
    }
    return NULL;
}

// All has come back on that connection, of which it has received so much.
static void say_still_open(const struct scene *scene, uint64_t received)
{
    const struct peer *peer = scene->peer;
    bool is_more = received > peer->in.size;
    bool is_wrong = !is_more && sends_other_bytes(peer);
    scene_say(scene, is_more ? "More has come back than was sent on "
                     : is_wrong
                         ? "Other bytes have come back than were sent on "
                         : "All has come back on ");
    scene_say_peer(scene, peer);
    scene_say(scene, ", and it is still open: ");
    const struct call *other = closed_another(scene, peer);
    if (other != NULL) {
        scene_say_call(scene, other);
        scene_say(
            scene,
            " was given descriptor %d, and failed with EBADF, where %d is "
            "its own. What has changed the number since recv()? (Does "
            "anything write behind the end of an array?)",
            other->fd, scene_descriptor_of(scene, peer));
        return;
    }
    if (is_wrong)
        scene_say(scene, "that is a failure, and who gives a connection up "
                         "has to close() it, and not only to forget it. The "
                         "others go on.");
    else
        scene_say(scene, "close() it when it is done, whatever the others "
                         "do.");
    if (is_more)
        scene_say(scene, " It is done once the count has reached the whole, "
                         "or got beyond it (>=).");
}

// It waits, and should close, send, or end.
bool detect_client_waits(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (!is_many_client(scene) || program->ended ||
        scene->failure->wait != WAIT_HANGS)
        return false;
    const struct call *wait = scene_blocked_call(scene);
    if (wait == NULL || wait->group != CALLS_WAIT || !poll_sets_are_known(wait))
        return false;
    const struct peer *peer = scene->peer;
    int fd = scene_descriptor_of(scene, peer);
    if (wait->wants.read == 0 && wait->wants.write == 0) {
        scene_say_call(scene, wait);
        scene_say(scene, " waits for nothing: both sets are empty. No "
                         "connection is left, so the loop should have ended.");
    } else if (!peer->connected) {
        scene_say_call(scene, wait);
        scene_say(scene,
                  " waits for the connections that there are, and the grader "
                  "for one more: connection %d. Start them all, and then "
                  "wait.",
                  peer->number);
    } else if (is_sent_to_its_end(peer) &&
               peer->in.size >= scene->failure->expected_size) {
        say_still_open(scene, received_from(scene, peer));
    } else if (!poll_sets_has(wait->wants.write, fd)) {
        say_taken_for_sent(scene, wait, fd);
    } else if (fd >= (int)wait->args[0] &&
               strstr(wait->info->name, "select") != NULL) {
        scene_say_not_below(scene, wait, fd);
        scene_say_read(scene, "man 2 select, \"nfds\"");
    } else {
        return false;
    }
    return true;
}
