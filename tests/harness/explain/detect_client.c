// The detectors for clients: what they sent, what they made of the reply.

#include "explain/detectors.h"

#include "trace/format.h"

#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// How many bytes two sequences have in common at their beginning.
static size_t common(const struct failure *failure)
{
    const unsigned char *a = failure->expected, *b = failure->actual;
    size_t at = 0;
    while (at < failure->expected_size && at < failure->actual_size &&
           a[at] == b[at])
        at++;
    return at;
}

// True if the weather has cut a send short: then it was by chance where.
static bool was_cut_short(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(scene->trace, &i)) != NULL;) {
        if (call->group == CALLS_SEND && call->effect == CUT_SHORT)
            return true;
    }
    return false;
}

// What can be told from the bytes alone.
bool detect_bytes(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    if (failure->expected == NULL || scene_is_server(scene))
        return false;
    const unsigned char *expected = failure->expected;
    const unsigned char *got = failure->actual;
    size_t at = common(failure), size = failure->actual_size;
    bool more_wanted = at < failure->expected_size;
    bool from_wire = scene->peer != NULL && got == scene->peer->in.at;
    // That it ends there is no sign of anything.
    if (from_wire && at == size && was_cut_short(scene))
        return false;
    if (from_wire && size == sizeof(void *) && size != failure->expected_size)
        scene_say(scene,
                  "Your program has sent %zu bytes: that is sizeof a "
                  "pointer. The length of a string is strlen(), and of "
                  "bytes it is what you counted.",
                  sizeof(void *));
    else if (!more_wanted && size == at + 1 && got[at] == 0)
        scene_say(scene, "The zero that ends a C string was sent too: it is no "
                         "part of the message, and strlen() doesn't count it.");
    else if (more_wanted && expected[at] == 0)
        scene_say(scene, "It stops at the first zero byte. Bytes are not a "
                         "string: strlen(), fgets(), printf(\"%%s\") and "
                         "their kin take a zero for the end.");
    else if (more_wanted && memchr(expected + (at > 2 ? at - 2 : 0), '%',
                                   at > 2 ? 3 : at + 1) != NULL)
        scene_say(scene, "It goes wrong at a %%: the reply was used as the "
                         "format of printf(). Whoever sends it would decide "
                         "what your program does. Use fwrite(), or "
                         "printf(\"%%s\", text) for a string.");
    else
        return false;
    scene_say_read(scene, "man 3 fwrite; man 3 printf, BUGS");
    return true;
}

// It ended although the reply was not complete.
bool detect_reply_left(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    const struct call *last = scene_last(scene, CALLS_RECEIVE);
    if (scene_is_loop(scene) || scene_is_server(scene) || peer == NULL ||
        scene->program == NULL)
        return false;
    int status = scene->program->status;
    if (!scene->program->ended || last == NULL || !last->finished ||
        (last->result == 0 && status != 0) || last->result < 0 ||
        scene_received(scene) >= peer->in.size)
        return false;
    uint64_t received = scene_received(scene);
    scene_say_call(scene, last);
    scene_say(scene, " returned %" PRId64, last->result);
    if (last->result == 0) {
        scene_say(scene,
                  ": the server has finished, but only %" PRIu64
                  " of %zu bytes have come back. That is no success: "
                  "your program ended with ",
                  received, peer->in.size);
        format_status(scene->out, scene->program->status);
        scene_say(scene, ".");
    } else {
        scene_say(scene,
                  " bytes, which makes %" PRIu64 " of %zu, and was not "
                  "called again: your program did not ask for more. "
                  "One recv() is not one reply.",
                  received, peer->in.size);
    }
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    return true;
}

bool detect_no_connect(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    if (scene_is_server(scene) || peer == NULL || !peer->listening ||
        !scene->stage->traced)
        return false;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(scene->trace, &i)) != NULL;) {
        if (call->group == CALLS_CONNECT)
            return false;
    }
    if (scene_last(scene, CALLS_SETUP) == NULL)
        return false;
    scene_say(scene, "Your program makes a socket, but never calls connect().");
    scene_say_read(scene, "man 2 connect; the lesson on connect");
    return true;
}

// With stdout closed, the socket got its number.
bool detect_socket_as_stdout(const struct scene *scene)
{
    size_t at = 0;
    const struct call *call = scene_next(scene, CALLS_SEND, 1, &at);
    if (call == NULL)
        return false;
    scene_say_call(scene, call);
    scene_say(scene, " writes to descriptor 1, and that is the socket: stdout "
                     "was closed when your program began, so socket() got the "
                     "lowest free number, and printf() writes into the "
                     "connection. Look first whether descriptor 1 is open.");
    scene_say_read(scene, "man 2 fcntl, F_GETFD; man 2 open, \"lowest\"");
    return true;
}

// Each receive of a reply puts its bytes where those before it were.
bool detect_overwritten(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    size_t at = 0;
    if (scene_is_loop(scene) || scene_is_server(scene) ||
        failure->expected == NULL ||
        failure->actual != scene->program->out.bytes)
        return false;
    const struct call *first = scene_next(scene, CALLS_RECEIVE, -1, &at);
    at++;
    const struct call *second = scene_next(scene, CALLS_RECEIVE, -1, &at);
    if (first == NULL || second == NULL || first->info != second->info ||
        first->info->length != LENGTH_ARGUMENT || first->result <= 0 ||
        (uint64_t)first->result >= first->asked || second->result <= 0 ||
        first->args[1] != second->args[1])
        return false;
    scene_say_call(scene, second);
    scene_say(scene, " writes to the beginning of the buffer again, over what "
                     "the one before it brought. The next bytes belong behind "
                     "those that are there already.");
    scene_say_read(scene, "man 2 recv, \"buf\"; the lesson on recv");
    return true;
}
