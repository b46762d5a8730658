// What lies there and is not received: a connection that is closed before, an
// edge that was not used up, a descriptor that two threads share.

#include "explain/detectors.h"

#include "kernel/epolled.h"
#include "trace/poll_sets.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>

// How much the peer had sent before event NUMBER.
static uint64_t sent_before(const struct scene *scene, const struct peer *peer,
                            size_t number)
{
    uint64_t sent = 0;
    for (size_t i = 0; i < number; i++) {
        const struct event *event = trace_event(scene->trace, i);
        if (event != NULL && event->kind == EVENT_PEER &&
            event->deed.peer == peer->number &&
            event->deed.action == PEER_SENDS)
            sent += event->deed.bytes;
    }
    return sent;
}

// It closed the connection to that peer, on which no call had failed, and
// something of what had come was not received.
static bool is_closed_unread(const struct scene *scene, const struct peer *peer)
{
    uint64_t received = 0, sent = 0;
    const struct call *closed = NULL;
    size_t i = 0;
    for (const struct call *call;
         closed == NULL && (call = scene_next_call(scene, &i)) != NULL;) {
        if (scene_peer_of(scene, call) != peer)
            continue;
        if (call_is_failure(call))
            return false;
        if (call->group == CALLS_RECEIVE && call->finished &&
            call->result > 0 && !call->only_looks)
            received += (uint64_t)call->result;
        if (call->info->number == SYS_close && call->finished)
            closed = call;
    }
    if (closed == NULL || (sent = sent_before(scene, peer, i)) <= received)
        return false;
    scene_say_call(scene, closed);
    scene_say(scene, " ended the connection to ");
    scene_say_peer(scene, peer);
    scene_say(scene,
              ", of whose %" PRIu64 " bytes %" PRIu64 " had not been received. "
              "They are lost, and a reset takes the place of the end. Neither "
              "silence nor an event that tells of an end (EPOLLRDHUP, POLLHUP) "
              "says that all has come: recv() does, when it returns 0.",
              sent, sent - received);
    scene_say_read(scene, "man 2 recv, RETURN VALUE");
    return true;
}

// True if a client has ended with another status than 0, where all should have
// gone well with each of its connections.
static bool is_unwell(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    return scene->program->ended && scene->program->status != 0 &&
           !scene_is_server(scene) && failure->wanted_status != NULL &&
           *failure->wanted_status == 0;
}

// What lay there and was not received was lost when it closed.
bool detect_closed_unread(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (scene->program == NULL || !scene->stage->traced ||
        scene->trace->count > TRACE_HEAD + TRACE_TAIL)
        return false;
    if (peer != NULL || !is_unwell(scene))
        return peer != NULL && is_closed_unread(scene, peer);
    for (peer = scene->stage->peers; peer != NULL; peer = peer->next)
        if (peer->program == scene->program && is_closed_unread(scene, peer))
            return true;
    return false;
}

// True if bytes lie there by what both have counted. (Once both have finished,
// the kernel tells nothing of a connection any more.)
static bool lies_there(const struct scene *scene, const struct peer *peer)
{
    uint64_t received = 0;
    size_t at = 0;
    if (scene->trace->count > TRACE_HEAD + TRACE_TAIL)
        return false;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++)
        if (scene_peer_of(scene, call) == peer && call->finished &&
            call->result > 0 && !call->only_looks)
            received += (uint64_t)call->result;
    return sent_before(scene, peer, scene->trace->count) > received;
}

// Its descriptor for that peer's connection, if epoll tells of that by edges,
// and something is there to be received; else -1.
static int edge_missed_at(const struct scene *scene, const struct call *wait,
                          const struct peer *peer)
{
    int fd = scene_descriptor_of(scene, peer);
    if (fd == -1 || !epolled_is_edge_triggered(wait->pid, fd))
        return -1;
    return scene_receivable(scene, peer) > 0 || lies_there(scene, peer) ? fd
                                                                        : -1;
}

// How many connections the program had when it made that call, besides the one
// that ACCEPTED has brought.
static size_t connections_at(const struct scene *scene,
                             const struct call *accepted)
{
    size_t count = 0, i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != accepted;) {
        if (call->group == CALLS_ACCEPT && call->result >= 0)
            count++;
        else if (call->info->number == SYS_close && call->port != 0 &&
                 count > 0)
            count--;
    }
    return count;
}

// It has closed the peer's connection as soon as that was accepted, with no
// other call in between, though others it has kept.
bool detect_turned_away(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    const struct call *accepted = NULL, *closed = NULL;
    size_t i = 0, others;
    if (peer == NULL || scene->program == NULL || !scene_is_server(scene) ||
        !scene->stage->traced || scene->trace->count > TRACE_HEAD + TRACE_TAIL)
        return false;
    for (const struct call *call;
         closed == NULL && (call = scene_next_call(scene, &i)) != NULL;) {
        if (accepted != NULL && call->on_socket && call->tid == accepted->tid) {
            if (call->info->number != SYS_close || call->fd != accepted->result)
                return false;
            closed = call;
        } else if (call->group == CALLS_ACCEPT && call->result >= 0 &&
                   scene_peer_of(scene, call) == peer)
            accepted = call;
    }
    if (closed == NULL || (others = connections_at(scene, accepted)) == 0 ||
        scene_find_failed(scene, EMFILE) != NULL)
        return false;
    scene_say_call(scene, closed);
    scene_say(scene, " ended the connection of ");
    scene_say_peer(scene, peer);
    scene_say(scene, " as soon as ");
    scene_say_call(scene, accepted);
    scene_say(scene,
              " had brought it, with %zu other%s open: is there a number of "
              "clients from which on your program takes no more? What knows "
              "of them has to grow with them (realloc(), a list).",
              others, others == 1 ? "" : "s");
    return true;
}

// Nor has it accepted all who had come when the listener had its edge.
static bool say_edge_of_listener(const struct scene *scene,
                                 const struct call *wait)
{
    const struct call *listens = scene_find(scene, SYS_listen);
    if (listens == NULL || !scene_is_server(scene) ||
        !scene->failure->peer->connected ||
        !epolled_is_edge_triggered(wait->pid, listens->fd))
        return false;
    scene_say_call(scene, wait);
    scene_say(scene, " waits, and at the listening socket, descriptor %d, ",
              listens->fd);
    scene_say_peer(scene, scene->failure->peer);
    scene_say(scene, " waits to be accepted. With EPOLLET it tells of each "
                     "arrival once, also of several together: make it "
                     "non-blocking, and call accept() until that fails with "
                     "EAGAIN, before you wait again. Or leave EPOLLET out.");
    scene_say_read(scene, "man 7 epoll, \"edge-triggered\"");
    return true;
}

// It waits for an edge, and what is there has had its edge.
bool detect_edge_missed(const struct scene *scene)
{
    const struct call *wait =
        scene->program == NULL ? NULL : scene_blocked_call(scene);
    if (wait == NULL || wait->group != CALLS_WAIT || poll_sets_are_known(wait))
        return false;
    // Who does not come to an end may have left any of them.
    const struct peer *peer = scene->failure->peer;
    bool is_any = peer == NULL;
    int fd = -1;
    for (peer = is_any ? scene->stage->peers : peer; peer != NULL;
         peer = is_any ? peer->next : NULL) {
        if (is_any && peer->program != scene->program)
            continue;
        fd = edge_missed_at(scene, wait, peer);
        if (fd != -1)
            break;
    }
    if (fd == -1 && !is_any &&
        scene_descriptor_of(scene, scene->failure->peer) == -1)
        return say_edge_of_listener(scene, wait);
    if (fd == -1)
        return false;
    scene_say_call(scene, wait);
    scene_say(scene, " waits, and at descriptor %d something of ", fd);
    scene_say_peer(scene, peer);
    scene_say(scene, " is there to be received, if only the end of its stream. "
                     "With EPOLLET it tells of each arrival once, also of "
                     "several together: receive until recv() returns 0, or -1 "
                     "with EAGAIN, before you wait again. Or leave EPOLLET "
                     "out.");
    scene_say_read(scene, "man 7 epoll, \"edge-triggered\"");
    return true;
}

// The other receive that waits at the same descriptor; NULL if none does.
static const struct call *find_second(const struct scene *scene,
                                      const struct call *first, size_t number)
{
    for (const struct call *call;
         (call = scene_next_call(scene, &number)) != NULL;)
        if (call->group == CALLS_RECEIVE && call->on_socket &&
            !call->finished && call->pid == first->pid &&
            call->fd == first->fd && call->tid != first->tid)
            return call;
    return NULL;
}

// Two threads serve one client, and none another.
bool detect_threads_share(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    size_t i = 0;
    int fd = peer == NULL || scene->program == NULL
                 ? -1
                 : scene_descriptor_of(scene, peer);
    if (fd == -1 || scene_receivable(scene, peer) == 0)
        return false;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->group != CALLS_RECEIVE || !call->on_socket ||
            call->finished || call->fd == fd ||
            find_second(scene, call, i) == NULL)
            continue;
        scene_say(scene, "Two threads are in ");
        scene_say_call(scene, call);
        scene_say(scene,
                  " for the same descriptor, %d, and none is for %d, where "
                  "something of ",
                  call->fd, fd);
        scene_say_peer(scene, peer);
        scene_say(scene, " waits. A variable through which a thread is told "
                         "its connection must not be written to for the next "
                         "one: give each its own, by value or from malloc().");
        scene_say_read(scene, "man 3 pthread_create");
        return true;
    }
    return false;
}
