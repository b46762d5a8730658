// The detector for a stream that breaks off, or goes wrong, exactly where a
// send took less than it was offered: the most common mistake of all.

#include "explain/detectors.h"

#include "base/names.h"
#include "trace/poll_sets.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>

// Where the bytes that the peer has got are not those that it should get, or
// end; SIZE_MAX if they are right.
static size_t find_place(const struct failure *failure)
{
    const struct peer *peer = failure->peer;
    const unsigned char *got = failure->actual, *wanted = failure->expected;
    size_t at = 0;
    if (wanted == NULL || got != peer->in.at)
        return peer->in.size;
    while (at < failure->actual_size && at < failure->expected_size &&
           got[at] == wanted[at])
        at++;
    return at == failure->expected_size ? SIZE_MAX : at;
}

static bool took_less(const struct call *sent)
{
    if (!sent->finished || sent->asked == 0)
        return false;
    return sent->result < 0 ? sent->result == -EAGAIN || sent->result == -EINTR
                            : (uint64_t)sent->result < sent->asked;
}

// What is known of the place where the stream broke.
struct stream_break {
    const struct call *first; // took less than it was offered, and ended there
    const struct call *sent;  // the last one that did
    const struct call *next;  // what was sent then; NULL: nothing more
};

// Follows what was sent to that peer up to byte PLACE.
static struct stream_break follow(const struct scene *scene,
                                  const struct peer *peer, size_t place)
{
    struct stream_break found = {NULL, NULL, NULL};
    uint64_t total = 0;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        if (scene_peer_of(scene, call) != peer || !call->finished)
            continue;
        if (total == place && found.sent != NULL && call->result > 0) {
            found.next = call;
            return found;
        }
        total += call->result > 0 ? (uint64_t)call->result : 0;
        if (total != place || !took_less(call))
            continue;
        found.first = found.first == NULL ? call : found.first;
        found.sent = call;
    }
    return found;
}

static void say_what_it_took(const struct scene *scene, const struct call *sent)
{
    scene_say_call(scene, sent);
    if (sent->result < 0)
        scene_say(scene,
                  " failed with %s: it took nothing of the %" PRIu64
                  " bytes it was offered, at the moment.",
                  name_of_error((int)-sent->result), sent->asked);
    else
        scene_say(scene,
                  " took %" PRId64 " of the %" PRIu64 " bytes it was offered.",
                  sent->result, sent->asked);
}

// The receive that wrote over what a send had been offered and had not taken;
// NULL if none did.
static const struct call *find_overwriting(const struct scene *scene,
                                           const struct stream_break *found)
{
    const struct call *sent = found->first;
    const uint64_t from =
        sent->args[1] + (sent->result > 0 ? (uint64_t)sent->result : 0);
    bool is_behind = false;
    size_t at = 0;
    if (sent->info->number != SYS_sendto)
        return NULL;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE | CALLS_SEND, -1, &at)) !=
             NULL &&
         call != found->next;
         at++) {
        if (is_behind && call->info->number == SYS_recvfrom &&
            call->result > 0 && call->args[1] >= from &&
            call->args[1] < sent->args[1] + sent->asked)
            return call;
        is_behind = is_behind || call == sent;
    }
    return NULL;
}

// The same bytes of the same place in memory, of which some were taken.
static bool is_offered_again(const struct stream_break *found)
{
    return found->sent->result > 0 && found->next->info == found->sent->info &&
           found->next->info->number == SYS_sendto &&
           found->next->args[1] == found->sent->args[1] &&
           found->next->asked == found->sent->asked;
}

// What became of the rest, from byte PLACE of the stream on.
static void say_what_followed(const struct scene *scene,
                              const struct stream_break *found, size_t place)
{
    if (found->next == NULL) {
        scene_say(scene,
                  " The rest, from byte %zu of the stream on, was never "
                  "offered again.",
                  place);
        return;
    }
    scene_say(scene, " ");
    scene_say_call(scene, found->next);
    if (is_offered_again(found))
        scene_say(scene,
                  " was then given the same %" PRIu64 " bytes from their "
                  "beginning: what it had taken was not counted.",
                  found->next->asked);
    else
        scene_say(scene,
                  " then went on with other bytes, from byte %zu of the "
                  "stream on: those that were left are lost, or sent out of "
                  "turn.",
                  place);
}

static void say_overwriting(const struct scene *scene, const struct call *over)
{
    scene_say(scene, " ");
    scene_say_call(scene, over);
    scene_say(scene, " then put what it brought over these bytes: unless they "
                     "were kept elsewhere before, they are lost. What comes "
                     "goes behind what still waits to be sent.");
    scene_say_read(scene, "man 2 recv, DESCRIPTION");
}

// In one conversation without a loop, others know better what follows.
bool detect_stream_break(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || scene->program == NULL || !scene_is_loop(scene) ||
        scene->trace->count > TRACE_HEAD + TRACE_TAIL)
        return false;
    // Where the sets are known, they show what it should wait for.
    const struct call *blocked = scene_blocked_call(scene);
    if (scene->failure->wait == WAIT_HANGS && blocked != NULL &&
        poll_sets_are_known(blocked))
        return false;
    size_t place = find_place(scene->failure);
    bool is_wrong = scene->failure->expected != NULL;
    bool is_over = peer->saw_end || scene->program->ended ||
                   scene->failure->wait == WAIT_HANGS;
    struct stream_break found = follow(scene, peer, place);
    if (found.sent == NULL || (found.next != NULL && !is_wrong) ||
        (found.next == NULL && !is_over))
        return false;
    say_what_it_took(scene, found.sent);
    const struct call *over = find_overwriting(scene, &found);
    if (over != NULL) {
        say_overwriting(scene, over);
        return true;
    }
    say_what_followed(scene, &found, place);
    scene_say(scene, " Neither a short count nor EAGAIN is an error: keep what "
                     "is left, and offer it again, from where it stopped, when "
                     "the socket is writable.");
    scene_say_read(scene, "man 2 send, RETURN VALUE and EAGAIN");
    return true;
}
