// The detectors for servers of datagrams: what comes whole, or not at all, and
// has to go back to where it came from.

#include "explain/detectors.h"

#include "base/names.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// True if all of them are a single thread's: what follows what is known then.
static bool is_in_turn(const struct scene *scene)
{
    size_t at = 0;
    const struct call *first = scene_next_datagram(scene, -1, &at),
                      *call = first;
    for (; call != NULL; at++, call = scene_next_datagram(scene, -1, &at))
        if (call->tid != first->tid)
            return false;
    return first != NULL;
}

static bool has_received(const struct call *call)
{
    return call->group == CALLS_RECEIVE && call->finished && call->result >= 0;
}

static const char *bytes_text(char text[32], int64_t count)
{
    snprintf(text, 32, count == 1 ? "%" PRId64 " byte" : "%" PRId64 " bytes",
             count);
    return text;
}

// The socket is one of TCP's; or is used as one of TCP's.
bool detect_no_datagrams(const struct scene *scene)
{
    const struct call *listens = scene_find(scene, SYS_listen);
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        int type = (int)call->args[1] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (call->info->number != SYS_socket || call->local ||
            type != SOCK_STREAM)
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " makes a socket of type SOCK_STREAM, for TCP. UDP is "
                         "SOCK_DGRAM, in the hints for getaddrinfo(), too.");
        scene_say_read(scene, "man 2 socket; man 7 udp");
        return true;
    }
    if (listens == NULL || !call_failed_with(listens, EOPNOTSUPP))
        return false;
    scene_say_call(scene, listens);
    scene_say(scene, " failed with EOPNOTSUPP: UDP has no connections that "
                     "could wait to be accepted. Once bind() has succeeded, "
                     "the socket receives.");
    scene_say_read(scene, "man 7 udp; man 2 listen, ERRORS");
    return true;
}

// How long the longest datagram was that the peers have sent before event AT.
static size_t longest_sent(const struct scene *scene, size_t at)
{
    size_t longest = 0;
    for (size_t i = 0; i < at; i++) {
        const struct event *event = trace_event(scene->trace, i);
        if (event != NULL && event->kind == EVENT_PEER &&
            event->deed.action == PEER_SENDS && event->deed.bytes > longest)
            longest = event->deed.bytes;
    }
    return longest;
}

// There was no room for all of a datagram.
bool detect_datagram_cut(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++) {
        if (!has_received(call) || call->asked == 0 ||
            (uint64_t)call->result < call->asked ||
            longest_sent(scene, scene->trace->count) <= call->asked)
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " had room for %" PRIu64 " bytes, and the datagram was "
                  "longer. One call takes one datagram: what it has no room "
                  "for is gone, and nothing tells of it but MSG_TRUNC. Make "
                  "room for the longest there is: 65,507 bytes over IPv4, and "
                  "65,527 over IPv6.",
                  call->asked);
        scene_say_read(scene, "man 7 udp; man 2 recv, MSG_TRUNC");
        return true;
    }
    return false;
}

// What the program did right behind event AT, which received a datagram.
static const struct call *what_follows(const struct scene *scene,
                                       const struct call *received, size_t at)
{
    at++;
    const struct call *next = scene_next_datagram(scene, received->fd, &at);
    return next;
}

static void say_unanswered(const struct scene *scene,
                           const struct call *received, const struct call *next)
{
    char text[32];
    scene_say_call(scene, received);
    if (received->result == 0) {
        scene_say(scene,
                  " returned 0, and nothing was sent back%s. With UDP "
                  "that is no end of anything: it was a datagram with "
                  "no bytes in it, to be treated as any other.",
                  scene->program->ended ? ": your program ended" : "");
        scene_say_read(scene, "man 2 recv, RETURN VALUE; man 7 udp");
        return;
    }
    scene_say(scene, " brought a datagram of %s, and nothing was sent back%s",
              bytes_text(text, received->result),
              next == NULL && scene->program->ended
                  ? ": your program ended."
                  : ": your program went on to wait for the next. Each one "
                    "that comes is answered, also one that is like another: "
                    "whoever got no answer asks the same again. And nobody has "
                    "to have a place in a list for that, which would be full "
                    "one day.");
}

// A client has taken an empty answer for an end.
static bool detect_empty_answer(const struct scene *scene)
{
    const struct call *last = NULL;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++)
        last = call;
    if (scene->program == NULL || !scene->program->ended ||
        scene_is_server(scene) || last == NULL || !has_received(last) ||
        last->result != 0)
        return false;
    scene_say_call(scene, last);
    scene_say(scene, " returned 0, and your program gave up. With UDP that is "
                     "no end of anything: it was a datagram with no bytes in "
                     "it, and may be the answer to one.");
    scene_say_stderr(scene);
    scene_say_read(scene, "man 2 recv, RETURN VALUE; man 7 udp");
    return true;
}

// A datagram has come, and was not answered.
bool detect_unanswered(const struct scene *scene)
{
    if (detect_empty_answer(scene))
        return true;
    if (scene->program == NULL || !scene_is_server(scene) ||
        scene->failure->awaits != AWAITS_DATAGRAM || !is_in_turn(scene))
        return false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++) {
        if (!has_received(call))
            continue;
        const struct call *next = what_follows(scene, call, at);
        if (next != NULL ? next->group == CALLS_SEND : !scene->program->ended)
            continue;
        // It may have another descriptor for what it sends.
        size_t later = at;
        if (scene_next(scene, CALLS_SEND, -1, &later) != NULL)
            continue;
        say_unanswered(scene, call, next);
        return true;
    }
    return false;
}

// How many datagrams of these calls' group were the peer's.
static size_t moved_with(const struct scene *scene, const struct peer *peer,
                         enum call_group group)
{
    size_t at = 0, count = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++)
        count += call->group == group && call->finished && call->result >= 0 &&
                 scene_peer_of(scene, call) == peer;
    return count;
}

// Of several threads, or processes: somebody has got answers that were not his,
// and the one who waits has got none.
static bool detect_answers_astray(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (scene->failure->awaits != AWAITS_DATAGRAM || peer == NULL ||
        moved_with(scene, peer, CALLS_SEND) >=
            moved_with(scene, peer, CALLS_RECEIVE))
        return false;
    for (const struct peer *other = scene->stage->peers; other != NULL;
         other = other->next) {
        const size_t came = moved_with(scene, other, CALLS_RECEIVE);
        const size_t went = moved_with(scene, other, CALLS_SEND);
        if (went <= came || other == peer)
            continue;
        scene_say(scene, "What ");
        scene_say_peer(scene, peer);
        scene_say(scene, " has sent was received, and not answered; but ");
        scene_say_peer(scene, other);
        scene_say(scene,
                  " has sent %zu, and got %zu. Is there only one place for a "
                  "datagram and for who has sent it, and do several threads "
                  "use it? Then the next one that comes overwrites what "
                  "another thread is about to answer. Each has to have its "
                  "own, or a copy.",
                  came, went);
        return true;
    }
    return false;
}

// The one who is answered is not the one who has asked.
bool detect_answered_another(const struct scene *scene)
{
    if (scene->program == NULL || !scene_is_server(scene))
        return false;
    if (!is_in_turn(scene))
        return detect_answers_astray(scene);
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++) {
        const struct call *sent =
            has_received(call) ? what_follows(scene, call, at) : NULL;
        if (sent == NULL || sent->group != CALLS_SEND || sent->result < 0)
            continue;
        const struct peer *from = scene_peer_of(scene, call);
        const struct peer *to = scene_peer_of(scene, sent);
        if (from == NULL || to == NULL || from == to)
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " brought a datagram from ");
        scene_say_peer(scene, from);
        scene_say(scene, ", and ");
        scene_say_call(scene, sent);
        scene_say(scene, " sent to ");
        scene_say_peer(scene, to);
        scene_say(scene, ". One socket serves all: each datagram comes with "
                         "the address of who has sent it, and goes back there. "
                         "Don't keep the first one's, nor the last one's.");
        scene_say_read(scene, "man 2 recv, \"recvfrom()\"; man 2 send");
        return true;
    }
    return false;
}

static bool is_bound(const struct scene *scene, int fd)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP, fd, &at)) != NULL; at++)
        if (call->info->number == SYS_bind && call->result == 0)
            return true;
    return false;
}

// A server has connected its socket to one of its clients. (Who has a socket
// for each client may do so.)
bool detect_connected_to_one(const struct scene *scene)
{
    size_t at = 0;
    const struct call *call = scene_next(scene, CALLS_CONNECT, -1, &at);
    if (call == NULL || scene->program == NULL || !scene_is_server(scene) ||
        !call->on_datagrams || call->result != 0 ||
        scene->failure->awaits != AWAITS_DATAGRAM || !is_bound(scene, call->fd))
        return false;
    scene_say_call(scene, call);
    scene_say(scene, " connects the socket to one client: from then on the "
                     "kernel drops what comes from anybody else, and what "
                     "befalls that client is told by the calls that follow. A "
                     "server sends by sendto() or sendmsg(), each time to "
                     "whoever has asked.");
    scene_say_read(scene, "man 2 connect, DESCRIPTION; man 7 udp");
    return true;
}

// Of COUNT datagrams, SUM bytes in all, the first of which FIRST has brought,
// SENT has made one of other length.
static void say_amount(const struct scene *scene, const struct call *first,
                       int64_t count, int64_t sum, const struct call *sent)
{
    char text[32];
    scene_say_call(scene, first);
    if (count > 1)
        scene_say(scene,
                  " is the first of %" PRId64 " that each brought a datagram, "
                  "and ",
                  count);
    else
        scene_say(scene, " brought a datagram of %s, and ",
                  bytes_text(text, sum));
    scene_say_call(scene, sent);
    scene_say(scene, " sent %s. ", bytes_text(text, sent->result));
    if (count > 1)
        scene_say(scene, "Datagrams have ends, and those are kept: what came "
                         "as several goes back as several.");
    else if (sent->result < sum)
        scene_say(scene, "All of it goes back: as many bytes as the call has "
                         "returned, zeros among them. It is no text, and "
                         "strlen() has no business with it.");
    else
        scene_say(scene, "As many go back as the call has returned: not as "
                         "many as the buffer has room for, and no zero behind "
                         "them.");
    scene_say_read(scene, "man 2 recv, RETURN VALUE");
}

// What was received in one call, or in several, and was answered by one; with
// another amount.
bool detect_datagram_amount(const struct scene *scene)
{
    const struct call *first = NULL;
    int64_t sum = 0, count = 0;
    size_t at = 0;
    if (scene->program == NULL || !scene_is_server(scene) ||
        scene->failure->expected == NULL || !is_in_turn(scene))
        return false;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++) {
        if (has_received(call)) {
            first = count++ == 0 ? call : first;
            sum += call->result;
        }
        if (call->group != CALLS_SEND || call->result < 0)
            continue;
        if (count == 0)
            return false;
        if (count == 1 ? call->result != sum : call->result == sum && sum > 0) {
            say_amount(scene, first, count, sum, call);
            return true;
        }
        count = sum = 0;
    }
    return false;
}

// More have been sent than have come.
bool detect_answered_twice(const struct scene *scene)
{
    const struct call *last = NULL;
    size_t at = 0, received = 0, sent = 0;
    if (scene->program == NULL || !scene_is_server(scene) || !is_in_turn(scene))
        return false;
    for (const struct call *call;
         (call = scene_next_datagram(scene, -1, &at)) != NULL; at++) {
        received += has_received(call);
        sent += call->group == CALLS_SEND && call->result >= 0;
        if (sent > received && last != NULL && last->group == CALLS_SEND) {
            scene_say_call(scene, last);
            scene_say(scene, " has answered, and ");
            scene_say_call(scene, call);
            scene_say(scene, " answers once more, though nothing had come in "
                             "between: each datagram is answered by one.");
            return true;
        }
        last = call;
    }
    return false;
}
