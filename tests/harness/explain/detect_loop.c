// The detectors for programs that serve several connections from one loop:
// who is waited for, what is watched, and what each answer is taken for.

#include "explain/detectors.h"

#include "trace/format.h"
#include "trace/poll_sets.h"
#include "kernel/sockdiag.h"
#include "kernel/sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int peers_of(const struct scene *scene)
{
    int count = 0;
    for (const struct peer *peer = scene->stage->peers; peer != NULL;
         peer = peer->next)
        // Another program's, started before in this check, are not its own.
        count += peer->connected &&
                 (peer->program == NULL || peer->program == scene->program);
    return count;
}

// The call that the thread of CALL made before it.
static const struct call *call_before(const struct scene *scene,
                                      const struct call *call)
{
    const struct call *before = NULL;
    size_t i = 0;
    for (const struct call *at; (at = scene_next_call(scene, &i)) != NULL;) {
        if (at == call)
            return before;
        if (at->on_socket && at->tid == call->tid)
            before = at;
    }
    return NULL;
}

// True if its listener never waits, but this socket of a client does.
static bool is_flag_lost(const struct scene *scene, const struct call *call)
{
    const struct call *listens = scene_find(scene, SYS_listen);
    return listens != NULL && listens->fd != call->fd &&
           sockets_is_nonblocking(call->pid, listens->fd) &&
           !sockets_is_nonblocking(call->pid, call->fd);
}

static void say_way_out(const struct scene *scene, const struct call *call)
{
    const struct call *before = call_before(scene, call);
    if (is_flag_lost(scene, call)) {
        scene_say(scene,
                  " O_NONBLOCK was set for descriptor %d only, which listens: "
                  "accept() does not pass it on, so set it for each client.",
                  scene_find(scene, SYS_listen)->fd);
        scene_say_read(scene, "man 2 accept, NOTES; the lesson on sockets that "
                              "don't wait");
        return;
    }
    if (scene_speaks(scene, PROTOCOL_RPC) && !scene_is_loop(scene)) {
        scene_say(scene, " Each client needs somebody who waits for it alone: "
                         "a thread of its own, or a process.");
        scene_say_read(scene, "man 3 pthread_create; man 2 fork");
        return;
    }
    bool again = before != NULL && before->group != CALLS_WAIT &&
                 before->port == call->port && call->port != 0;
    if (call->group == CALLS_SEND)
        scene_say(scene,
                  " The kernel takes no more for it until its other end "
                  "reads. Make the socket non-blocking: send() then takes "
                  "what it can, and the rest waits in your buffer until the "
                  "socket is writable.");
    else if (again && call->group == CALLS_RECEIVE)
        scene_say(scene,
                  " It asks this one for more without having asked %s%s "
                  "whether there is any. Do one piece a turn.",
                  scene_is_loop(scene) ? scene_wait_name(scene) : "anybody",
                  scene_is_loop(scene) ? "()" : "");
    else
        scene_say(scene,
                  " That a socket was ready is no promise: what made it so "
                  "may be gone. With O_NONBLOCK such a call fails with EAGAIN "
                  "instead of waiting.");
    scene_say_read(scene, "man 2 select, BUGS; man 2 fcntl, O_NONBLOCK; the "
                          "lesson on sockets that don't wait");
}

// It waits for one connection, and the others for it.
bool detect_blocked_by_one(const struct scene *scene)
{
    const struct program *program = scene->program;
    unsigned groups = CALLS_ACCEPT | CALLS_RECEIVE | CALLS_SEND;
    if (program == NULL || program->ended ||
        scene->failure->wait != WAIT_HANGS || scene->stage->tracer.count != 1 ||
        // A client of one connection has nobody else to wait for.
        ((!scene_is_loop(scene) || !scene_is_server(scene)) &&
         peers_of(scene) < 2))
        return false;
    // That is what is expected of it.
    if (scene_speaks(scene, PROTOCOL_IN_TURN) && !scene_is_loop(scene))
        return false;
    const struct call *call = scene_blocked_call(scene);
    if (call == NULL || (call->group & groups) == 0 || !call->on_socket)
        return false;
    const struct peer *peer = scene_peer_of(scene, call);
    scene_say(scene, "Your program is blocked in ");
    scene_say_call(scene, call);
    if (peer != NULL && call->group != CALLS_ACCEPT) {
        scene_say(scene, ", on ");
        scene_say_peer(scene, peer);
    }
    scene_say(scene, ": it waits for that one alone, and nobody else is "
                     "served meanwhile.");
    say_way_out(scene, call);
    return true;
}

static bool looks_at(const struct call *wait, uint64_t set, int fd)
{
    bool by_number = strstr(wait->info->name, "select") != NULL;
    return poll_sets_has(set, fd) && (!by_number || fd < (int)wait->args[0]);
}

static void say_unwatched(const struct scene *scene, const struct call *wait,
                          int fd, bool in_set)
{
    if (in_set) {
        scene_say_not_below(scene, wait, fd);
        scene_say(scene, " ");
    } else {
        scene_say_call(scene, wait);
        scene_say(scene, " does not wait to read from descriptor %d. ", fd);
    }
}

static void say_unwritten(const struct scene *scene, const struct call *wait,
                          int fd)
{
    if (poll_sets_has(wait->wants.write, fd)) {
        scene_say_not_below(scene, wait, fd);
        return;
    }
    scene_say_call(scene, wait);
    scene_say(scene,
              " does not wait for descriptor %d to be writable. What send() "
              "did not take, it must be offered again.",
              fd);
}

// Each send there took all that it was offered.
static bool has_sent_all(const struct scene *scene, int fd)
{
    size_t i = 0, count = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SEND, fd, &i)) != NULL; i++, count++)
        if (!call->finished || call->result < 0 ||
            (uint64_t)call->result < call->asked)
            return false;
    return count > 0;
}

static void say_unsent(const struct scene *scene, const struct peer *peer,
                       const struct call *wait, int fd)
{
    scene_say(scene,
              "Your program has received %zu bytes that it has not sent back "
              "to ",
              peer_backlog(peer));
    scene_say_peer(scene, peer);
    if (has_sent_all(scene, fd)) {
        scene_say(scene, ". Each send() took all that it was offered, so "
                         "these were never offered: are some left out, or "
                         "kept until something comes behind them?");
        return;
    }
    scene_say(scene, ", and ");
    say_unwritten(scene, wait, fd);
}

static void say_unread(const struct scene *scene, const struct peer *peer,
                       const struct call *wait, int fd)
{
    bool in_set = poll_sets_has(wait->wants.read, fd);
    say_unwatched(scene, wait, fd, in_set);
    scene_say(scene, "There something of ");
    scene_say_peer(scene, peer);
    scene_say(scene, peer->finished && scene_receivable(scene, peer) == 1
                         ? " waits to be received: the end of its stream."
                         : " waits to be received.");
    if (scene_is_server(scene) && !scene_speaks(scene, PROTOCOL_MESSAGES) &&
        peer_backlog(peer) == 0 && peer->in.size > 0 && !in_set)
        scene_say(scene, " All that came before has been sent back, so the "
                         "whole buffer is room again.");
}

static void say_unclosed(const struct scene *scene, const struct peer *peer,
                         int fd)
{
    scene_say_peer(scene, peer);
    scene_say(scene,
              " has finished, all has been sent back, and descriptor %d is "
              "still open: close() it, so that the client sees the end, too.",
              fd);
    scene_say_read(scene, "man 2 close; the lesson on the end of a stream");
}

// It waits, and what it should do now is not among what it waits for.
bool detect_unwatched(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    const struct program *program = scene->program;
    // What a client says and does is about its server, whatever it is about.
    if (peer == NULL && !scene_is_server(scene))
        peer = scene->peer;
    if (peer == NULL || program == NULL || program->ended ||
        (scene->failure->wait != WAIT_HANGS &&
         scene->failure->wait != WAIT_STALLED) ||
        !peer->connected)
        return false;
    const struct call *wait = scene_blocked_call(scene);
    if (wait == NULL || wait->group != CALLS_WAIT || !poll_sets_are_known(wait))
        return false;
    int fd = scene_descriptor_of(scene, peer);
    const struct call *listens = scene_find(scene, SYS_listen);
    bool echoes =
        scene_is_server(scene) && !scene_speaks(scene, PROTOCOL_MESSAGES);
    if (fd != -1 && echoes && scene_has_seen_end(scene, peer) &&
        peer_backlog(peer) == 0) {
        say_unclosed(scene, peer, fd);
        return true;
    }
    if (fd == -1 && listens != NULL && scene_is_server(scene)) {
        if (looks_at(wait, wait->wants.read, listens->fd))
            return false;
        say_unwatched(scene, wait, listens->fd,
                      poll_sets_has(wait->wants.read, listens->fd));
        scene_say(scene, "That is the listening socket, where a connection "
                         "waits to be accepted.");
    } else if (fd != -1 && echoes && peer_backlog(peer) > 0 &&
               !looks_at(wait, wait->wants.write, fd)) {
        say_unsent(scene, peer, wait, fd);
    } else if (fd != -1 && scene_receivable(scene, peer) > 0 &&
               !looks_at(wait, wait->wants.read, fd)) {
        say_unread(scene, peer, wait, fd);
    } else {
        return false;
    }
    scene_say_read_wait(scene, "; the lesson on the sets");
    return true;
}

// It sends, and never comes to the end of that.
bool detect_sends_on(const struct scene *scene)
{
    if (scene->failure->wait != WAIT_FLOODED)
        return false;
    for (const struct peer *peer = scene->stage->peers; peer != NULL;
         peer = peer->next) {
        if (peer->message == 0 || peer->in.size <= peer->message)
            continue;
        scene_say(scene,
                  "Your program sends without end: %zu bytes so far, and the "
                  "message has %zu. So it does not see that all has been sent "
                  "and has come back: look at the count that its loop goes "
                  "by. Does each round add to it what was done?",
                  peer->in.size, peer->message);
        return true;
    }
    return false;
}

// A select() that waits has a descriptor in a set, and does not look at it.
bool detect_not_below(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || program->ended || scene->failure->wait != WAIT_HANGS)
        return false;
    const struct call *wait = scene_blocked_call(scene);
    if (wait == NULL || wait->group != CALLS_WAIT ||
        !poll_sets_are_known(wait) ||
        strstr(wait->info->name, "select") == NULL)
        return false;
    for (int fd = (int)wait->args[0]; fd < POLLED_DESCRIPTORS; fd++) {
        if (fd < 0 || !poll_sets_has(wait->wants.read | wait->wants.write, fd))
            continue;
        scene_say_not_below(scene, wait, fd);
        scene_say_read(scene, "man 2 select, \"nfds\"");
        return true;
    }
    return false;
}
