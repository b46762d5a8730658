// The detectors for programs that serve several connections: what they take
// an answer for, and when they give a connection up.

#include "explain/detectors.h"
#include "explain/requests.h"

#include "trace/format.h"
#include "trace/poll_sets.h"
#include "base/names.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { GRADERS_LIMIT = 1024 * 1024 };

// True if the program closes the call's descriptor, or ends, before it calls
// anything else on that descriptor, or waits, again.
static bool gives_up_after(const struct scene *scene, const struct call *call,
                           size_t behind)
{
    for (const struct call *next;
         (next = scene_next_call(scene, &behind)) != NULL;) {
        if (!next->on_socket || next->tid != call->tid)
            continue;
        if (next->group ==
            CALLS_CLOSE) // of a wait it is nobody's in particular
            return next->fd == call->fd || call->group == CALLS_WAIT;
        return false;
    }
    return scene->program->ended;
}

static const char *harmless(const struct call *call)
{
    if (call->group == CALLS_WAIT && call_failed_with(call, EINTR))
        return "a signal came while it waited. Nothing has failed: the sets "
               "hold nothing of use now, so go round again";
    if (call->group == CALLS_WAIT && call->finished && call->result == 0)
        return "its time limit was over, and nothing had become ready. Whoever "
               "is slow has not failed: give it no limit, and wait on";
    if (call->group == CALLS_ACCEPT && call_failed_with(call, ECONNABORTED))
        return "that connection was gone before it was accepted. It concerns "
               "nobody else: wait for the next";
    if (call->group == CALLS_ACCEPT &&
        (call_failed_with(call, EMFILE) || call_failed_with(call, ENFILE)))
        return "there is no descriptor left for one more client. Those that "
               "are connected don't mind: serve them on, and accept again "
               "when one has left";
    if (call->group == CALLS_ACCEPT &&
        (call_failed_with(call, ENOBUFS) || call_failed_with(call, ENOMEM)))
        return "the kernel had no memory for it at that moment. Those that are "
               "connected don't mind: serve them on, and accept again later";
    if (call->group == CALLS_ACCEPT && (call_failed_with(call, EPROTO) ||
                                        call_failed_with(call, EHOSTUNREACH)))
        return "accept() hands on what happened to that connection on its way "
               "here. It concerns nobody else: wait for the next";
    unsigned moving = CALLS_ACCEPT | CALLS_RECEIVE | CALLS_SEND;
    if ((call->group & moving) != 0 && call_failed_with(call, EAGAIN))
        return "there is nothing to be done at the moment, whatever was said "
               "to be ready. That is no end and no error: try again when it is ready";
    if ((call->group & moving) != 0 && call_failed_with(call, EINTR))
        return "a signal came. Nothing has failed: try again";
    return NULL;
}

// A server has answered that client, or only looked (MSG_PEEK), whether there
// is more, or a client whose response is complete has: that there is none was
// the answer to just that.
static bool is_last_look(const struct scene *scene, const struct call *call,
                         size_t at)
{
    if (!scene_speaks(scene, PROTOCOL_MESSAGES) ||
        call->group != CALLS_RECEIVE || !call_failed_with(call, EAGAIN))
        return false;
    if (!scene_is_server(scene))
        return response_is_whole(scene_peer_of(scene, call),
                                 (size_t)scene_received(scene));
    if (call->only_looks)
        return true;
    for (const struct call *before;
         (before = scene_last_call(scene, &at)) != NULL;) {
        if (before->port != call->port || call->port == 0 ||
            before->result <= 0)
            continue;
        if (before->group == CALLS_SEND)
            return (uint64_t)before->result >= before->asked;
        if (before->group == CALLS_RECEIVE)
            return false;
    }
    return false;
}

// What is left of the echo could not be sent now, to a client that has
// finished: it is the close that comes too early.
static bool is_at_the_end(const struct scene *scene, const struct call *call,
                          size_t at)
{
    if (call->group != CALLS_SEND || !scene_speaks(scene, PROTOCOL_ECHO) ||
        !scene_is_server(scene))
        return false;
    for (const struct call *before;
         (before = scene_last_call(scene, &at)) != NULL;) {
        if (before->group == CALLS_RECEIVE && before->port == call->port)
            return before->result == 0;
    }
    return false;
}

static void say_page_about(const struct scene *scene, const struct call *failed)
{
    if (failed->group == CALLS_WAIT)
        scene_say_read_wait(scene,
                            failed->result < 0 ? ", EINTR" : ", \"timeout\"");
    else if (failed->group == CALLS_SEND)
        scene_say_read(scene, "man 2 send, ERRORS");
    else
        scene_say_read(scene, failed->group == CALLS_ACCEPT
                                  ? "man 2 accept, ERRORS"
                                  : "man 2 recv, ERRORS");
}

// It took for the end what is none.
bool detect_fatal_answer(const struct scene *scene)
{
    if (scene->program == NULL || !scene_is_loop(scene) ||
        scene->program->was_told_to_stop)
        return false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        const char *reason = call->on_socket ? harmless(call) : NULL;
        // With a time limit it may have closed what was its to close; and
        // where there is a deadline, it may be over.
        if (call->result == 0 &&
            (!scene->program->ended || scene_speaks(scene, PROTOCOL_DEADLINE)))
            continue;
        if (reason == NULL || !gives_up_after(scene, call, i) ||
            is_last_look(scene, call, i - 1) ||
            is_at_the_end(scene, call, i - 1))
            continue;
        scene_say_call(scene, call);
        if (call->result < 0)
            scene_say(scene, " failed with %s: %s.",
                      name_of_error((int)-call->result), reason);
        else
            scene_say(scene, " returned 0: %s.", reason);
        scene_say(scene, " Your program %s.",
                  scene->program->ended ? "ended" : "closed the connection");
        say_page_about(scene, call);
        return true;
    }
    return false;
}

static bool is_loss(const struct call *call)
{
    return call->on_socket &&
           (call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0 &&
           (call_failed_with(call, ECONNRESET) ||
            call_failed_with(call, EPIPE) || call_failed_with(call, ETIMEDOUT));
}

// One connection was lost, and the program gave all of them up.
static bool detect_loss_fatal(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (!scene->program->ended || peer == NULL || !scene_is_server(scene))
        return false;
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (!is_loss(call))
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " failed with %s: one client is gone. Your program ended, "
                  "and everybody else lost the connection too. Close that "
                  "one, and go on.",
                  name_of_error((int)-call->result));
        scene_say_read(scene, "man 2 recv, ERRORS; the lesson's part on it");
        return true;
    }
    return false;
}

// After an interrupted wait the sets are as they went in: everything is in.
bool detect_stale_sets(const struct scene *scene)
{
    if (scene->program == NULL || !scene_is_loop(scene))
        return false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->group != CALLS_WAIT || !call_failed_with(call, EINTR))
            continue;
        unsigned groups = CALLS_WAIT | CALLS_ACCEPT | CALLS_RECEIVE;
        size_t at = i; // behind the call
        const struct call *next = scene_next(scene, groups, -1, &at);
        if (next == NULL || next->tid != call->tid || next->group == CALLS_WAIT)
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " failed with EINTR, and ");
        scene_say_call(scene, next);
        scene_say(scene, " followed, as if it had said that something was "
                         "ready. After -1 the sets hold nothing of use.");
        scene_say_read_wait(scene, ", RETURN VALUE");
        return true;
    }
    return scene->failure->peer != NULL && detect_loss_fatal(scene);
}

// Receives in a row, from one peer, between two waits and two sends.
struct run {
    const struct call *last;
    uint64_t bytes;
    unsigned calls;
};

static struct run longest_run(const struct scene *scene,
                              const struct peer *peer)
{
    struct run run = {NULL, 0, 0}, longest = run;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        const bool is_peers = scene_peer_of(scene, call) == peer;
        if (call->group == CALLS_WAIT ||
            (call->group == CALLS_SEND && is_peers && call->result > 0))
            run = (struct run){NULL, 0, 0};
        if (call->group != CALLS_RECEIVE || !is_peers || call->result <= 0)
            continue;
        run.last = call;
        run.bytes += (uint64_t)call->result;
        run.calls++;
        if (run.bytes > longest.bytes)
            longest = run;
    }
    return longest;
}

bool detect_backlog(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || !peer->stopped || peer_backlog(peer) <= GRADERS_LIMIT)
        return false;
    const struct run run = longest_run(scene, peer);
    if (scene_is_loop(scene) && run.calls > 1 &&
        run.bytes > peer_backlog(peer) / 2) {
        scene_say(scene, "Your program received %" PRIu64 " bytes from ",
                  run.bytes);
        scene_say_peer(scene, peer);
        scene_say(scene,
                  ", which does not read what it is sent, in one turn: "
                  "by %u calls in a row of ",
                  run.calls);
        scene_say_call(scene, run.last);
        scene_say(scene,
                  ", without a wait between them or a send(). Whoever sends "
                  "faster than you receive would keep you there for ever. "
                  "Take one piece in each turn, of a bounded size, and none "
                  "while something waits to be sent to that client.");
        scene_say_read(scene, "the lesson on a bounded buffer");
        return true;
    }
    scene_say(scene, "Your program goes on receiving from ");
    scene_say_peer(scene, peer);
    scene_say(
        scene,
        ", which does not read what it is sent, and keeps %zu bytes for it. "
        "Has that a limit, is it the right one, and is it asked before more is "
        "received? Stop waiting to read from a client while its buffer is "
        "full; then its own send() will wait.",
        peer_backlog(peer));
    scene_say_read(scene, "the lesson on a bounded buffer");
    return true;
}

// True if a wait between the two events found that descriptor writable.
static bool was_told(const struct scene *scene, int fd, size_t at, size_t until)
{
    for (const struct call *call;
         (call = scene_next(scene, CALLS_WAIT, -1, &at)) != NULL && at < until;
         at++)
        if (poll_sets_has(call->found.write, fd))
            return true;
    return false;
}

bool detect_connect_given_up(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_CONNECT, -1, &at)) != NULL; at++) {
        if (!call_failed_with(call, EINPROGRESS))
            continue;
        size_t after = at + 1;
        const struct call *next =
            scene_next(scene, ~(unsigned)CALLS_WAIT, call->fd, &after);
        if (next == NULL || next->group != CALLS_CLOSE ||
            was_told(scene, call->fd, at, after))
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " failed with EINPROGRESS: the attempt has begun, "
                         "and goes on without you. ");
        scene_say_call(scene, next);
        scene_say(scene, " ends it. Wait until the socket is writable; then "
                         "SO_ERROR tells how the attempt went.");
        scene_say_read(scene, "man 2 connect, EINPROGRESS");
        return true;
    }
    return false;
}

// True if that peer has sent some of these bytes in a row.
static bool holds_some_of(const struct peer *peer, const unsigned char *bytes,
                          size_t size)
{
    enum { TELLING = 12, LOOK_AT = 2048 };
    for (size_t i = 0; i + TELLING <= size && i < LOOK_AT; i++)
        if (peer->out.size > 0 &&
            memmem(peer->out.at, peer->out.size, bytes + i, TELLING) != NULL)
            return true;
    return false;
}

// What one client got is what another one sent.
bool detect_mixed_up(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    const unsigned char *expected = failure->expected, *got = failure->actual;
    size_t at = 0, size = failure->actual_size;
    if (expected == NULL || failure->peer == NULL || !scene_is_server(scene))
        return false;
    while (at < size && at < failure->expected_size && got[at] == expected[at])
        at++;
    for (const struct peer *peer = scene->stage->peers; peer != NULL;
         peer = peer->next) {
        if (peer == failure->peer || !holds_some_of(peer, got + at, size - at))
            continue;
        scene_say(scene, "From byte %zu on, ", at);
        scene_say_peer(scene, failure->peer);
        scene_say(scene, " got some of what ");
        scene_say_peer(scene, peer);
        scene_say(scene, " had sent. What waits to be sent must be kept for "
                         "each client by itself: one buffer each, and one "
                         "count.");
        return true;
    }
    return false;
}
