// The detectors for how bytes were moved, over one connection at a time. Each
// looks for one mistake. It must be sure: a wrong explanation is worse than
// none.

#include "explain/detectors.h"

#include "base/names.h"
#include "trace/format.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>

// accept() reads the length of the address buffer before it writes it.
bool detect_address_length(const struct scene *scene)
{
    size_t at = 0;
    const struct call *call = scene_next(scene, CALLS_ACCEPT, -1, &at);
    if (call == NULL || !call_failed_with(call, EINVAL) || call->asked <= 4096)
        return false;
    scene_say_call(scene, call);
    scene_say(scene,
              " failed with EINVAL: the length that its third argument "
              "points to was 0x%" PRIx64 ". Set it to the size of the "
              "address buffer before each call, or pass NULL for both.",
              call->asked);
    scene_say_read(scene, "man 2 accept, \"addrlen\"; the lesson on accept");
    return true;
}

// A send failed, and the next one goes on one byte before it.
static bool detect_minus_one_counted(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        size_t after = at + 1;
        const struct call *next =
            scene_next(scene, CALLS_SEND, call->fd, &after);
        if (!call->finished || call->result >= 0 || next == NULL ||
            call->info->length != LENGTH_ARGUMENT || next->info != call->info ||
            next->args[1] != call->args[1] - 1 ||
            next->asked != call->asked + 1)
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " returned -1 (%s), and that -1 was added to the count of "
                  "bytes sent: ",
                  name_of_error((int)-call->result));
        scene_say_call(scene, next);
        scene_say(scene, " begins one byte before. -1 is no number of bytes: "
                         "look whether it is one before you count.");
        scene_say_read(scene, "man 2 send, RETURN VALUE; the lesson on send");
        return true;
    }
    return false;
}

bool detect_minus_one_as_length(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        if ((int64_t)call->asked >= 0 && call->asked != UINT32_MAX)
            continue;
        scene_say_call(scene, call);
        if ((int64_t)call->asked == -1 || call->asked == UINT32_MAX)
            scene_say(scene, " was given the length -1: the result of a "
                             "receive that had failed. Look at what recv() "
                             "returns before you use it as a number of "
                             "bytes.");
        else
            scene_say(scene,
                      " was given the length %" PRId64 ": a number of bytes "
                      "that did not fit into its type. recv() returns a "
                      "ssize_t.",
                      (int64_t)call->asked);
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
        return true;
    }
    return detect_minus_one_counted(scene);
}

// True if SENT passes on, or goes on passing on, what RECEIVED brought.
static const struct call *send_after(const struct scene *scene,
                                     const struct call *received, size_t at)
{
    at++;
    const struct call *sent = scene_next(
        scene, CALLS_SEND | CALLS_RECEIVE | CALLS_CLOSE, received->fd, &at);
    bool plain = sent != NULL && sent->group == CALLS_SEND &&
                 sent->info->length == LENGTH_ARGUMENT;
    return plain ? sent : NULL;
}

// What may have become of the number between a receive and a send.
static void say_wrong_amount(const struct scene *scene, uint64_t sent,
                             uint64_t got)
{
    const struct peer *peer = scene->peer;
    size_t at = peer == NULL ? 0 : peer->in.size;
    bool is_all_ones =
        peer != NULL && at < peer->out.size && peer->out.at[at] == 0xff;
    if (sent > got)
        scene_say(scene, "Send as many bytes as have arrived, not as many as "
                         "the buffer holds.");
    else if (sent == got - 1)
        scene_say(scene, "That is one less: recv() adds no newline and no zero "
                         "to what arrives, so none is to be cut off. Use the "
                         "number that was returned.");
    else if (is_all_ones)
        scene_say(scene, "The byte behind those is 0xff, which in a char is "
                         "-1, and so is EOF: it ends nothing. Use the number "
                         "that was returned.");
    else
        scene_say(scene, "Bytes are not a string: strlen() stops at the first "
                         "zero, and sizeof a pointer is no length. Use the "
                         "number that was returned.");
}

// A server whose first send on a connection comes before it has received. What
// it sent can be here before it is known that the call is over.
bool detect_sent_unasked(const struct scene *scene)
{
    const struct call *call = NULL;
    size_t at = 0;
    if (!scene_is_server(scene) || scene->failure->actual_size == 0)
        return false;
    for (; (call = scene_next(scene, CALLS_SEND | CALLS_RECEIVE, -1, &at)) !=
           NULL;
         at++)
        if (scene_peer_of(scene, call) == scene->failure->peer &&
            (call->finished ? call->result > 0 : call->group == CALLS_SEND))
            break;
    if (call == NULL || call->group != CALLS_SEND)
        return false;
    scene_say_call(scene, call);
    scene_say(scene,
              " sends %" PRIu64 " bytes before any has been received: an echo "
              "is what came, and nothing else.",
              call->finished ? (uint64_t)call->result : call->asked);
    return true;
}

bool detect_wrong_amount(const struct scene *scene)
{
    size_t at = 0;
    if (!scene_is_server(scene) || scene_is_loop(scene))
        return false; // a client sends what it wants

    for (const struct call *received;
         (received = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        const struct call *sent = send_after(scene, received, at);
        // Between two threads, what goes from one to the other can't be seen.
        if (sent == NULL || received->result <= 0 || sent->tid != received->tid)
            continue;
        uint64_t got = (uint64_t)received->result;
        bool more = sent->asked > got && sent->asked <= received->asked &&
                    scene->failure->expected != NULL;
        bool fewer = sent->asked < got && sent->result == (int64_t)sent->asked;
        if (!more && !(fewer && sent->asked * 2 != got && sent->asked > 0))
            continue;
        if (fewer && scene->failure->wait == WAIT_MET &&
            scene->failure->expected == NULL && scene->failure->peer == NULL)
            continue;
        size_t next = at + 1;
        const struct call *second = NULL;
        if (fewer && scene_next(scene, CALLS_SEND, sent->fd, &next) == sent) {
            next++;
            second =
                scene_next(scene, CALLS_SEND | CALLS_RECEIVE, sent->fd, &next);
        }
        // It may be sending in pieces of its own choice.
        if (second != NULL && second->group == CALLS_SEND)
            continue;
        scene_say_call(scene, received);
        scene_say(scene, " returned %" PRIu64 " bytes, but ", got);
        scene_say_call(scene, sent);
        scene_say(scene, " was given %" PRIu64 ". ", sent->asked);
        say_wrong_amount(scene, sent->asked, got);
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
        return true;
    }
    return false;
}

// The unfinished business of a call that a signal interrupted.
static bool is_repeated(const struct scene *scene, const struct call *call,
                        size_t at)
{
    at++;
    if (call->group == CALLS_CONNECT) {
        const struct call *then = scene_next(scene, ~0U, call->fd, &at);
        return then != NULL && then->group != CALLS_CLOSE;
    }
    const struct call *next = scene_next(
        scene, CALLS_ACCEPT | CALLS_RECEIVE | CALLS_SEND | CALLS_WAIT, -1, &at);
    return next != NULL &&
           (next->group == call->group || next->group == CALLS_WAIT);
}

bool detect_interrupted(const struct scene *scene)
{
    if (scene_is_loop(scene))
        return false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, ~0U, -1, &at)) != NULL; at++) {
        if (!call_failed_with(call, EINTR) || is_repeated(scene, call, at))
            continue;
        scene_say(scene, "A signal arrived while ");
        scene_say_call(scene, call);
        if (call->group == CALLS_CONNECT) {
            scene_say(scene, " waited, so it returned -1 with errno EINTR. The "
                             "attempt goes on all the same: wait for its "
                             "outcome instead of giving up.");
            scene_say_read(
                scene,
                "man 2 connect, EINTR and EINPROGRESS; the lesson on connect");
            return true;
        }
        scene_say(scene,
                  " waited, so it returned -1 with errno EINTR: nothing "
                  "has failed, and nothing was %s. Call it again%s.",
                  call->group == CALLS_SEND ? "sent" : "received",
                  call->group == CALLS_SEND ? ", and don't count the -1" : "");
        scene_say_read(
            scene,
            "man 7 signal, \"Interruption of system calls\"; the lesson on EINTR");
        return true;
    }
    return false;
}

bool detect_end_ignored(const struct scene *scene)
{
    if (scene_is_loop(scene))
        return false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        if (!call->finished || call->result != 0 || call->asked == 0)
            continue;
        size_t after = at + 1;
        const struct call *again =
            scene_next(scene, CALLS_RECEIVE, call->fd, &after);
        if (again == NULL || again->result != 0)
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " returned 0: the other side has finished sending, "
                         "and there will never be more. Your program asked "
                         "again, and got 0 again, and so on.");
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
        return true;
    }
    return false;
}

static bool interrupted_before(const struct scene *scene, size_t number)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, ~0U, -1, &at)) != NULL && at < number; at++)
        if (call_failed_with(call, EINTR))
            return true;
    return false;
}

// A count that one byte can't hold is 0 there, or the end of what is kept; and
// what was received is overwritten, so nobody is collecting it.
static bool is_lost_in_a_byte(const struct scene *scene,
                              const struct call *received, size_t at)
{
    const struct call *next;
    at++;
    return received != NULL && received->result > 0 &&
           received->result % 256 == 0 &&
           (next = scene_next(scene, CALLS_RECEIVE, received->fd, &at)) !=
               NULL &&
           next->args[1] == received->args[1];
}

// A server that received, and then received again or ended, and sent nothing.
bool detect_nothing_sent(const struct scene *scene)
{
    const struct call *received = scene_last(scene, CALLS_RECEIVE);
    size_t at = 0;
    if (scene_is_loop(scene) || !scene_is_server(scene) || received == NULL)
        return false;
    received = scene_next(scene, CALLS_RECEIVE, -1, &at);
    while (received != NULL && received->result <= 0) {
        at++;
        received = scene_next(scene, CALLS_RECEIVE, -1, &at);
    }
    // One that goes on receiving may only be collecting, unless an old errno
    // can have misled it.
    bool misled =
        interrupted_before(scene, at) || is_lost_in_a_byte(scene, received, at);
    if (received == NULL || scene_last(scene, CALLS_SEND) != NULL ||
        !(scene->program->ended || misled) || !received->finished)
        return false;
    scene_say_call(scene, received);
    if (interrupted_before(scene, at)) {
        scene_say(scene,
                  " returned %" PRId64 " bytes, and none of them was sent. A "
                  "call before it had failed with EINTR, and errno keeps that "
                  "value when another one succeeds: look at what recv() has "
                  "returned first, and at errno only if that is -1.",
                  received->result);
        scene_say_read(scene, "man 3 errno; man 2 recv, RETURN VALUE");
        return true;
    }
    scene_say(scene,
              " returned %" PRId64 " bytes, and none of them was sent. "
              "Look at the number between the two calls: does its type "
              "hold it, is it what recv() returned (strlen() stops at "
              "the first zero), and is errno only looked at when a call "
              "has returned -1?",
              received->result);
    scene_say_read(scene,
                   "man 2 recv, RETURN VALUE; man 3 errno; the lesson on recv");
    return true;
}

static uint64_t peer_sent(const struct peer *peer)
{
    return peer == NULL ? 0 : peer->sent;
}

// It closed, or ended, while bytes for it were still to come.
bool detect_left_early(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (scene_is_loop(scene) || !scene_is_server(scene) ||
        scene_received(scene) >= peer_sent(peer))
        return false;
    const struct call *last = scene_last(scene, CALLS_RECEIVE);
    bool gone = peer != NULL && (peer->saw_end || peer->saw_error != 0);
    if (!gone || last == NULL || last->result <= 0 ||
        (peer->in.size >= peer->out.size && peer->saw_error == 0))
        return false;
    scene_say_call(scene, last);
    scene_say(scene,
              " returned %" PRId64 " bytes, and your program did not "
              "ask for more before it closed the connection. Only 0 "
              "says that the other side has finished; until then, more "
              "may come at any time.",
              last->result);
    if (peer->saw_error != 0)
        scene_say(scene, " (Closing with bytes unread makes the kernel send a "
                         "reset, and the other side may lose what you sent.)");
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    return true;
}

// Fewer bytes came than were asked for, and it went on as if they had not. What
// was asked for is a COUNT: whoever asks for more may mean up to so many.
bool detect_short_receive(const struct scene *scene)
{
    enum { COUNT_SIZE = 8 };
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        if (!call->on_socket || call->only_looks || call->result <= 0 ||
            call->asked > COUNT_SIZE || (uint64_t)call->result >= call->asked)
            continue;
        size_t after = at + 1;
        const struct call *next = scene_next(scene, ~0U, call->fd, &after);
        if (next != NULL && next->group == CALLS_RECEIVE)
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " brought %" PRId64 " of the %" PRIu64 " bytes it was asked "
                  "for, and the others were not asked for any more. ",
                  call->result, call->asked);
        scene_say(scene, "%s",
                  call_waits_for_all(call)
                      ? "MSG_WAITALL makes it wait for all of them, but it "
                        "returns with less at the end of the stream, after a "
                        "signal or a reset: look at the count."
                      : "recv() brings what has arrived: call it again for the "
                        "rest.");
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on exact "
                              "counts");
        return true;
    }
    return false;
}
