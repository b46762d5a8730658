// The detectors for datagrams that could not be sent or received, and what a
// program makes of that.

#include "explain/detectors.h"

#include "base/names.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// recvfrom() reads the length of the address buffer before it writes it.
bool detect_sender_length(const struct scene *scene)
{
    const struct call *call = scene_find_failed(scene, EINVAL);
    if (call == NULL || call->group != CALLS_RECEIVE ||
        call->address_room <= 4096)
        return false;
    scene_say_call(scene, call);
    scene_say(scene,
              " failed with EINVAL: the length that its last argument "
              "points to was 0x%" PRIx32 ". The call reads there how much "
              "room the sender's address has: set it before each call.",
              call->address_room);
    scene_say_read(scene, "man 2 recv, \"recvfrom()\"");
    return true;
}

// Whose trouble such a failure is.
static const char *trouble(const struct call *call)
{
    if (call_failed_with(call, EINTR))
        return "a signal came while it waited, and nothing else has happened: "
               "call it again";
    if (call_failed_with(call, EAGAIN))
        return call->group == CALLS_SEND
                   ? "there is no room for a moment: the answer is lost, or "
                     "waits until there is"
                   : "there was nothing after all, whatever had been said "
                     "before (a datagram with a wrong checksum is only seen "
                     "then): wait again. Or a limit of time is over, which "
                     "nobody has asked for";
    if (call->group == CALLS_SEND)
        return "that answer is lost, as any may be on its way. It is one "
               "client's trouble, and the next datagram is somebody else's: "
               "say so, and go on";
    return "that tells of a datagram which was sent before, and was refused: "
           "its receiver is gone. The socket is none the worse: go on";
}

// A call has failed with what is one datagram's, and it was the end.
bool detect_one_is_fatal(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || !scene_is_server(scene) ||
        program->was_told_to_stop)
        return false;
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (!call->on_datagrams ||
            (call->group & (CALLS_RECEIVE | CALLS_SEND)) == 0 ||
            !call->finished)
            continue;
        // "interrupted" tells of a signal, where there is no loop.
        if (call->result >= 0 || call_failed_with(call, EBADF) ||
            call_failed_with(call, EFAULT) ||
            (call_failed_with(call, EINTR) && !scene_is_loop(scene)))
            return false;
        scene_say_call(scene, call);
        scene_say(scene, " failed with %s, and your program ended: %s.",
                  name_of_error((int)-call->result), trouble(call));
        scene_say_read(scene, call->group == CALLS_SEND
                                  ? "man 2 send, ERRORS; man 7 ip, \"Error "
                                    "handling\""
                                  : "man 2 recv, ERRORS; man 7 ip, \"Error "
                                    "handling\"");
        return true;
    }
    return false;
}

// The last datagram that has come before event AT.
static const struct call *find_received(const struct scene *scene, size_t at)
{
    const struct call *received = NULL;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &i)) != NULL && i < at; i++)
        if (call->group == CALLS_RECEIVE && call->finished && call->result >= 0)
            received = call;
    return received;
}

// CALL, event AT, was offered more than goes into a datagram.
static void say_too_long(const struct scene *scene, const struct call *call,
                         size_t at)
{
    const struct call *received =
        scene_is_server(scene) ? find_received(scene, at) : NULL;
    if (received != NULL && (uint64_t)received->result != call->asked) {
        scene_say(scene, " It was offered %" PRIu64 " bytes, and ",
                  call->asked);
        scene_say_call(scene, received);
        scene_say(scene,
                  " had brought a datagram of %" PRId64 ". As many go back as "
                  "that has returned: not as many as the buffer has room for, "
                  "nor up to a zero.",
                  received->result);
        return;
    }
    scene_say(scene, " A datagram is never sent in part: over IPv4 it has "
                     "65,507 bytes at most.");
    if (strstr(scene->program->err.bytes, strerror(EMSGSIZE)) == NULL)
        scene_say(scene, " Look at what the call returns, and say so.");
}

// What the call was given can't be right.
static bool is_of_arguments(const struct call *call)
{
    return call_failed_with(call, EINVAL) || call_failed_with(call, EFAULT) ||
           call_failed_with(call, EAFNOSUPPORT) ||
           call_failed_with(call, EDESTADDRREQ);
}

// What it means that nothing was sent, besides that.
static void say_refused(const struct scene *scene, const struct call *call,
                        size_t at)
{
    const int error = (int)-call->result;
    if (error == EMSGSIZE)
        say_too_long(scene, call, at);
    else if (error == EDESTADDRREQ)
        scene_say(scene, " The call does not say where to, and the socket is "
                         "not connected.");
    else if (is_of_arguments(call))
        scene_say(scene, " What it was given can't be right: the address is "
                         "as long as it came, of the socket's family, and so "
                         "is a control message, which has to have come whole.");
    else
        scene_say(scene, " Look at what the call returns.");
    scene_say_read(scene, "man 2 send, ERRORS");
}

// A send has failed, and the program went on as if it had not.
bool detect_nothing_left(const struct scene *scene)
{
    if (scene->program == NULL || scene->program->ended ||
        scene->failure->wait == WAIT_SPINS) // it does send again
        return false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++) {
        size_t after = at + 1;
        if (call->group != CALLS_SEND || !call->finished || call->result >= 0)
            continue;
        const struct call *next = scene_next_datagram(scene, call->fd, &after);
        // An address that can't be right is nobody's.
        const struct peer *to = scene_peer_of(scene, call);
        if ((next != NULL && next->group == CALLS_SEND) ||
            (to != scene->peer && !(to == NULL && is_of_arguments(call))))
            continue;
        scene_say_call(scene, call);
        if (call_failed_with(call, EINTR)) {
            scene_say(scene, " was interrupted by a signal (EINTR): nothing "
                             "has left, and it was not offered again. Repeat "
                             "the call.");
            scene_say_read(scene, "man 2 send, EINTR; the lesson on EINTR");
            return true;
        }
        scene_say(scene,
                  " failed with %s (%s): nothing has left, and your "
                  "program went on to wait.",
                  name_of_error((int)-call->result),
                  strerror((int)-call->result));
        say_refused(scene, call, at);
        return true;
    }
    return false;
}

// A server has ended, though nothing has failed, and nobody had asked for that.
bool detect_ended_unasked(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || !scene_is_server(scene) ||
        program->was_told_to_stop || scene_last_failed(scene) != NULL ||
        !WIFEXITED(program->status))
        return false;
    const struct call *last = NULL;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++)
        last = call;
    // A signal is the cause then, and "interrupted" tells of that.
    if (last == NULL || call_failed_with(last, EINTR))
        return false;
    scene_say(scene, "Your program has ended after ");
    scene_say_call(scene, last);
    scene_say(scene, ", by itself: nothing had failed. There is no end that a "
                     "client of UDP could tell of; the server goes on with the "
                     "next datagram, whoever has sent it, until a signal ends "
                     "it.");
    return true;
}
