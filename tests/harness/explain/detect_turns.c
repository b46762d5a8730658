// The detector for programs that go round and round: why does nothing come of
// their turns?

#include "explain/detectors.h"

#include "base/names.h"
#include "kernel/sockdiag.h"
#include "trace/poll_sets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static const struct call *last_wait(const struct scene *scene)
{
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->group == CALLS_WAIT && call->finished)
            return call;
    }
    return NULL;
}

// The last finished call of one of the groups on descriptor FD.
static const struct call *last_on(const struct scene *scene, int fd,
                                  unsigned groups)
{
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->on_socket && call->fd == fd && call->finished &&
            (call->group & groups) != 0)
            return call;
    }
    return NULL;
}

static int first_of(uint64_t set)
{
    for (int fd = 0; fd < POLLED_DESCRIPTORS; fd++)
        if (poll_sets_has(set, fd))
            return fd;
    return -1;
}

// The call on descriptor FD failed because the connection is gone.
static bool is_lost(const struct call *last)
{
    return last != NULL && last->result < 0 &&
           !call_failed_with(last, EAGAIN) && !call_failed_with(last, EINTR) &&
           !call_failed_with(last, EINPROGRESS);
}

// What a connect() that did not wait has begun is over, and nothing was made of
// it. Returns false if that is not what LAST says.
static bool say_attempt(const struct scene *scene, const struct call *last)
{
    if (last == NULL || !call_failed_with(last, EINPROGRESS))
        return false;
    scene_say(scene, ": what ");
    scene_say_call(scene, last);
    scene_say(scene,
              " has begun (EINPROGRESS) is over. Ask SO_ERROR once how it "
              "ended: with 0, send; else the connection is a failed one, and "
              "is to be closed. (A socket whose attempt is over is in the "
              "set of those to write to, and a failed one in both: look at the "
              "set that you waited with.)");
    scene_say_read(scene, "man 2 connect, EINPROGRESS");
    return true;
}

// So many calls on sockets since that wait that it is not the wait that turns:
// more than in the turn before.
static bool turns_without(const struct scene *scene, const struct call *wait)
{
    enum { MANY = 50 };
    size_t since = 0, before = 0;
    bool is_before = false;
    for (size_t i = scene->trace->count; i-- > 0;) {
        const struct call *call = trace_call(scene->trace, i);
        if (call == wait)
            is_before = true;
        else if (call != NULL && is_before && call->group == CALLS_WAIT)
            break;
        else if (call != NULL && call->on_socket)
            ++*(is_before ? &before : &since);
    }
    return since >= MANY && since > before;
}

// True if a receive there has returned 0; what came after it may be EAGAIN.
static bool has_found_the_end(const struct scene *scene, int fd)
{
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->group != CALLS_RECEIVE || call->fd != fd || !call->finished)
            continue;
        if (call->result >= 0)
            return call->result == 0;
    }
    return false;
}

static void say_untaken(const struct scene *scene, int fd)
{
    const struct call *other = scene_last(scene, CALLS_RECEIVE);
    scene_say(scene, "and your program does not take what is there. ");
    if (other != NULL && other->fd != fd && call_failed_with(other, EAGAIN)) {
        scene_say(scene, "Instead, ");
        scene_say_call(scene, other);
        scene_say(scene,
                  " is called on descriptor %d, where nothing is: which of "
                  "your records belongs to which descriptor, also after one "
                  "has gone?",
                  other->fd);
        scene_say_read_wait(scene, "");
        return;
    }
    scene_say(
        scene,
        strcmp(scene_wait_name(scene), "poll") == 0
            ? "Look whose revents it asks about, and for which bits: the "
              "end of a pipe is POLLHUP, without POLLIN, and comes unasked "
              "as long as its descriptor, and not -1, stands in fd."
            : "Look which descriptor it asks FD_ISSET() about, and whether "
              "it comes to this one at all.");
    scene_say_read_wait(scene, "");
}

static void say_idle_read(const struct scene *scene, int fd)
{
    const struct call *last = last_on(scene, fd, CALLS_ACCEPT | CALLS_RECEIVE);
    bool is_over = has_found_the_end(scene, fd);
    scene_say(scene, "descriptor %d is readable, at once and each time", fd);
    if (say_attempt(scene, last_on(scene, fd, ~0U)))
        return;
    scene_say(scene, ": ");
    if (last != NULL && last->group == CALLS_ACCEPT && last->result < 0) {
        scene_say_call(scene, last);
        scene_say(scene,
                  " fails with %s, so the connection stays in the queue. "
                  "Leave the listening socket out of the set until a client "
                  "has left (or for a while).",
                  name_of_error((int)-last->result));
        scene_say_read(scene, "man 2 accept, EMFILE; the lesson on accept");
    } else if (last != NULL && is_over) {
        scene_say_call(scene, last);
        scene_say(scene, " has returned 0 there, the end of the stream, which "
                         "stays. Don't wait for more to read from it; close "
                         "it once all is sent.");
        if (last->result < 0)
            scene_say(scene, " (And errno says nothing of a 0: what is in it "
                             "is of an earlier call.)");
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on the "
                              "end of a stream");
    } else {
        if (is_lost(last)) {
            scene_say_call(scene, last);
            scene_say(scene,
                      " failed with %s, so that connection is gone. Close it.",
                      name_of_error((int)-last->result));
            return;
        }
        say_untaken(scene, fd);
    }
}

// True if the peer of that call's connection has not got back all it has sent;
// or, from a client, all that it is known to await.
static bool is_owed(const struct scene *scene, const struct call *call)
{
    const struct peer *peer = scene_peer_of(scene, call);
    if (peer == NULL || scene_is_server(scene))
        return peer != NULL && peer_backlog(peer) > 0;
    return peer == scene->failure->peer &&
           peer->in.size < scene->failure->expected_size;
}

// How the attempt to connect ended is asked each time, and nothing follows.
static bool asks_again(const struct call *last)
{
    return last != NULL && last->info->number == SYS_getsockopt &&
           (int)last->args[2] == SO_ERROR && last->result == 0;
}

// How many bytes lie there to be received that it does not wait to read.
static size_t unread_behind(const struct scene *scene, const struct call *wait,
                            const struct call *last)
{
    const struct peer *peer = scene_peer_of(scene, last);
    struct tcp_socket socket;
    if (peer == NULL || poll_sets_has(wait->wants.read, last->fd) ||
        !sockdiag_find(&peer->remote, &peer->local, &socket))
        return 0;
    return socket.unread;
}

static void say_nothing_to_send(const struct scene *scene,
                                const struct call *wait,
                                const struct call *last)
{
    size_t unread = last == NULL ? 0 : unread_behind(scene, wait, last);
    const struct peer *peer = last == NULL ? NULL : scene_peer_of(scene, last);
    if (peer != NULL && scene_is_server(scene) && last->group == CALLS_SEND &&
        last->result > 0 && peer->in.size > peer->sent &&
        !scene_speaks(scene, PROTOCOL_MESSAGES)) {
        scene_say(scene, ", and each time ");
        scene_say_call(scene, last);
        scene_say(scene,
                  " sends more: of %zu bytes that have come, %zu went back. "
                  "What has been sent is taken out of what waits to be sent.",
                  peer->sent, peer->in.size);
        return;
    }
    scene_say(scene, ", and there is nothing to send. A socket is writable "
                     "nearly always: wait for that only while something "
                     "waits to be sent.");
    if (last != NULL && last->group == CALLS_RECEIVE &&
        call_failed_with(last, EAGAIN))
        scene_say(scene, " What comes is told by another bit, or set: wait to "
                         "read (POLLIN).");
    if (unread > 0)
        scene_say(scene,
                  " What it does not wait for is to read there, where %zu "
                  "bytes have arrived.",
                  unread);
}

static bool was_accepted(const struct scene *scene, int fd)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_ACCEPT, -1, &at)) != NULL; at++)
        if (call->result == fd)
            return true;
    return false;
}

static void say_idle_write(const struct scene *scene, const struct call *wait,
                           int fd)
{
    const struct call *last = last_on(scene, fd, ~0U);
    scene_say(scene, "descriptor %d is writable, at once and each time", fd);
    if (say_attempt(scene, last))
        return;
    if (last == NULL && !was_accepted(scene, fd)) {
        scene_say(scene, ", and it is no socket of yours: what is left in an "
                         "fd_set from before, or was never cleared, counts. "
                         "Begin with FD_ZERO().");
    } else if (last != NULL && is_lost(last)) {
        scene_say(scene, ": ");
        scene_say_call(scene, last);
        scene_say(scene,
                  " failed with %s, so that connection is gone. Close "
                  "it.",
                  name_of_error((int)-last->result));
    } else if (asks_again(last)) {
        scene_say(scene, ", and ");
        scene_say_call(scene, last);
        scene_say(scene, " asks each time how the attempt to connect has "
                         "ended. Once that has said 0, the connection is "
                         "there: remember it, and send.");
    } else if (last != NULL && scene_speaks(scene, PROTOCOL_ECHO) &&
               is_owed(scene, last)) {
        scene_say(scene, ": bytes wait to be sent there, and no send() "
                         "follows. What is ready to be written is in another "
                         "set than what is ready to be read: look at both.");
    } else {
        say_nothing_to_send(scene, wait, last);
    }
    scene_say_read_wait(scene, "; the lesson on what to wait for");
}

// What was called between the last wait and the one before: epoll(7) does not
// let us see what it said.
static const struct call *call_in_turn(const struct scene *scene,
                                       const struct call *wait)
{
    bool in_turn = false;
    for (size_t i = scene->trace->count; i-- > 0;) {
        const struct call *call = trace_call(scene->trace, i);
        if (call == NULL)
            return NULL;
        if (call == wait)
            in_turn = true;
        else if (in_turn && call->group == CALLS_WAIT)
            return NULL;
        else if (in_turn && call->on_socket && call->fd > 2)
            return call;
    }
    return NULL;
}

static void say_turn(const struct scene *scene, const struct call *wait)
{
    const struct call *call = call_in_turn(scene, wait);
    scene_say(scene, " returns at once each time, ");
    if (call == NULL) {
        scene_say(scene, "and nothing is done. A socket is writable nearly "
                         "always: wait for that only while something waits to "
                         "be sent. And one that is readable, or at its end, "
                         "stays so until you receive from it.");
        scene_say_read(scene, "the lesson on what to wait for");
        return;
    }
    scene_say(scene, "and then ");
    scene_say_call(scene, call);
    if (call->result < 0)
        scene_say(scene, " fails with %s.", name_of_error((int)-call->result));
    else
        scene_say(scene, " returns %d.", (int)call->result);
    if (call->group == CALLS_RECEIVE && call->result == 0)
        scene_say(scene, " That is the end of the stream, which stays: don't "
                         "wait for more to read from it, and close it once "
                         "all is sent.");
    else if (call->group == CALLS_ACCEPT && call->result < 0)
        scene_say(scene, " So the connection stays in the queue: don't wait "
                         "for the listening socket until a client has left "
                         "(or for a while).");
    else if (call->group == CALLS_SEND && call_failed_with(call, EAGAIN))
        scene_say(scene, " So it is something else that is ready: don't wait "
                         "to read while a response waits to be sent, but "
                         "until the socket is writable.");
    scene_say_read(scene, "the lesson on what to wait for");
}

// It asks how it is, and sleeps, and asks again.
static void say_naps(const struct scene *scene, const struct call *wait)
{
    scene_say(scene, "Your program wakes up again and again: ");
    scene_say_call(scene, wait);
    scene_say(scene, " does not wait, and ");
    scene_say_call(scene, trace_nap_before(scene->trace, wait));
    scene_say(scene, " does, whatever comes meanwhile. Let the first of them "
                     "wait, with a limit: it returns as soon as there is "
                     "something, and takes no time until then.");
    scene_say_read_wait(scene, "");
}

// poll() tells of it at once, whatever it was to wait for.
static void say_closed(const struct scene *scene, int fd)
{
    scene_say(scene,
              " says POLLNVAL of descriptor %d, at once and each time: it is "
              "not open, and still stands in the array. Take it out when you "
              "close it, or set its fd to -1: poll() passes over that.",
              fd);
    scene_say_read(scene, "man 2 poll, POLLNVAL; the lesson on the sets");
}

// Turn after turn without anything being done. (Of datagrams only this is
// known: that there is room for them.)
bool detect_idle_turns(const struct scene *scene)
{
    const struct call *wait = last_wait(scene);
    if (scene->failure->wait != WAIT_SPINS || wait == NULL ||
        turns_without(scene, wait) ||
        (scene_speaks(scene, PROTOCOL_DATAGRAMS) && wait->found.write == 0))
        return false;
    if (wait->result == 0 && trace_nap_before(scene->trace, wait) != NULL) {
        say_naps(scene, wait);
        return true;
    }
    scene_say(scene, "Your program spins: ");
    scene_say_call(scene, wait);
    if (call_failed_with(wait, EBADF)) {
        scene_say(scene, " fails with EBADF each time: a descriptor that was "
                         "closed is still in a set. Take it out when you "
                         "close it.");
        scene_say_read(scene, "man 2 select, EBADF; the lesson on the sets");
    } else if (wait->result < 0) {
        scene_say(scene, " fails with %s each time.",
                  name_of_error((int)-wait->result));
    } else if (wait->result == 0) {
        scene_say(scene,
                  " returns 0 again and again, because its time limit "
                  "is over: it is 0 or very short%s. Give it none, or "
                  "set it anew for each call.",
                  poll_sets_is_select(wait)
                      ? ", or has been used up (Linux writes into it how much "
                        "is left)"
                      : "");
        scene_say_read_wait(scene, ", \"timeout\"");
    } else if (wait->found.closed != 0) {
        say_closed(scene, first_of(wait->found.closed));
    } else if (wait->found.write != 0) {
        scene_say(scene, " says that ");
        say_idle_write(scene, wait, first_of(wait->found.write));
    } else if (wait->found.read != 0) {
        scene_say(scene, " says that ");
        say_idle_read(scene, first_of(wait->found.read));
    } else {
        say_turn(scene, wait);
    }
    return true;
}
