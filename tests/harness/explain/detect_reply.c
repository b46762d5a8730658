// The detectors for clients: what they sent, what they made of the reply.

#include "explain/detectors.h"

#include "trace/format.h"

#include <inttypes.h>
#include <string.h>
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
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->group == CALLS_SEND && call->effect == CUT_SHORT)
            return true;
    }
    return false;
}

// True if what stands behind the message is the message once more, or a part of
// it that is too long to be there by chance.
static bool begins_again(const struct failure *failure)
{
    enum { TELLING = 8 };
    const unsigned char *wanted = failure->expected, *got = failure->actual;
    size_t size = failure->expected_size;
    for (size_t i = size; i < failure->actual_size; i++)
        if (got[i] != wanted[i % size])
            return false;
    return failure->actual_size >= size + TELLING;
}

// What was sent has nothing in common with the message, or more behind it.
static bool say_other_bytes(const struct scene *scene, size_t at)
{
    enum { SHOWN = 40 };
    const struct failure *failure = scene->failure;
    const unsigned char *got = failure->actual;
    size_t size = failure->actual_size;
    if (at == failure->expected_size && size == at + 1 && got[at] == '\n') {
        scene_say(scene, "A newline was sent behind the message, and it is no "
                         "part of it.");
    } else if (at == failure->expected_size && size > at) {
        if (begins_again(failure))
            scene_say(scene,
                      "The message was sent again behind its end, from its "
                      "beginning: %zu bytes of it. It is to go out once: "
                      "nothing may set the count of what was sent back to 0.",
                      size - at);
        else
            scene_say(scene, "%zu bytes were sent behind the message.",
                      size - at);
    } else if (at == 0 && size > 0) {
        scene_say(scene, "Your program was told to send ");
        format_bytes(scene->out, failure->expected, failure->expected_size,
                     SHOWN);
        scene_say(scene, ", and has sent ");
        format_bytes(scene->out, got, size, SHOWN);
        scene_say(scene, " instead.");
    } else {
        return false;
    }
    return true;
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
    size_t before, behind;
    if (!from_wire && scene_has_gap(failure, &before, &behind))
        return false; // what stands behind it is right again
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
    else if (more_wanted && expected[at] == 0 &&
             memchr(expected, 0, at) == NULL)
        scene_say(scene, "It stops at the first zero byte. Bytes are not a "
                         "string: strlen(), fgets(), printf(\"%%s\") and "
                         "their kin take a zero for the end.");
    else if (!from_wire && more_wanted &&
             memchr(expected + (at > 2 ? at - 2 : 0), '%',
                    at > 2 ? 3 : at + 1) != NULL)
        scene_say(scene, "It goes wrong at a %%: the reply was used as the "
                         "format of printf(). Whoever sends it would decide "
                         "what your program does. Use fwrite(), or "
                         "printf(\"%%s\", text) for a string.");
    else if (!from_wire || !say_other_bytes(scene, at))
        return false;
    scene_say_read(scene, "man 3 fwrite; man 3 printf, BUGS");
    return true;
}

// The last read() from standard input, if it did not find the end, and all of
// them brought SIZE bytes.
static const struct call *last_read(const struct scene *scene, size_t size)
{
    const struct call *last = NULL;
    uint64_t total = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->fd != 0 || call->on_socket || !call->finished ||
            call->group != CALLS_RECEIVE || call->result < 0)
            continue;
        last = call;
        total += (uint64_t)call->result;
    }
    return last != NULL && last->result > 0 && total == size ? last : NULL;
}

// What was sent is only the beginning of the message, up to byte AT.
static void say_part(const struct scene *scene, size_t at)
{
    const struct failure *failure = scene->failure;
    const unsigned char *expected = failure->expected;
    const struct call *read = last_read(scene, at);
    const unsigned char *newline = memchr(expected, '\n', at + 1);
    scene_say(scene, "Your program has sent only the first %zu of %zu bytes.",
              at, failure->expected_size);
    if (read != NULL) {
        scene_say(scene, " ");
        scene_say_call(scene, read);
        scene_say(scene,
                  " returned %" PRId64 ", and was not called again: only 0 "
                  "says that standard input has ended.",
                  read->result);
    } else if (newline != NULL && (size_t)(newline - expected) + 1 >= at) {
        scene_say(scene, " That is up to the first newline: a line is not all "
                         "of standard input. Read until its end.");
    } else if (expected[at] == 0xff) {
        scene_say(scene, " The next is 255, which in a char is -1, and so is "
                         "EOF: keep what getchar() returns in an int.");
    } else if (at + 1 == failure->expected_size && expected[at] == '\n') {
        scene_say(scene, " What is missing is the newline at the end: it is a "
                         "byte of the message like any other.");
    } else {
        scene_say(scene, " Does the array hold all of them, and does the loop "
                         "go on to the last one?");
    }
    scene_say_read(scene, "man 2 read, RETURN VALUE; man 3 getchar");
}

// All that it has sent has come back, and it waits for more of that.
static bool say_waits_for_more(const struct scene *scene, size_t at,
                               const struct call *blocked)
{
    if (blocked == NULL || blocked->group != CALLS_RECEIVE ||
        scene_received(scene) != at || scene->peer->out.size != at ||
        (blocked->asked < at && at % 65536 != 0))
        return false;
    scene_say(scene,
              "Your program has sent the first %zu of %zu bytes, and all of "
              "them have come back. But ",
              at, scene->failure->expected_size);
    scene_say_call(scene, blocked);
    scene_say(scene, " asks for more before it sends the next: it counts "
                     "otherwise.");
    if (at % 65536 == 0)
        scene_say(scene, " (In 16 bits that count is 0 again: a size_t holds "
                         "all of it.)");
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    return true;
}

// How it may have counted what the receives have brought.
static void say_counted(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    const struct call *last = scene_last(scene, CALLS_RECEIVE);
    scene_say(scene, ": it counts otherwise. ");
    if ((size_t)last->result < peer->in.size)
        scene_say(scene,
                  "recv() returns how many bytes it has brought, which were "
                  "%" PRId64 " the last time: is that added to what came "
                  "before?",
                  last->result);
    else
        scene_say(scene, "recv() returns how many bytes it has brought.");
    if (memchr(peer->in.at, '\0', peer->in.size) != NULL)
        scene_say(scene, " strlen() stops at the first zero, and there is one "
                         "among them.");
}

// All that it has sent has come back, and it ended as if some had not.
bool detect_miscounted(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    const struct program *program = scene->program;
    const struct peer *peer = scene->peer;
    const struct call *last = scene_last(scene, CALLS_RECEIVE);
    if (program == NULL || !program->ended || program->status == 0 ||
        peer == NULL || scene_is_server(scene) || scene_is_loop(scene) ||
        last == NULL || last->result <= 0 ||
        scene_received(scene) != peer->in.size ||
        scene_last_failed(scene) != NULL)
        return false;
    bool is_about_it = failure->wanted_status != NULL
                           ? *failure->wanted_status == 0
                           : failure->actual == peer->in.at;
    if (!is_about_it)
        return false;
    scene_say(scene,
              "All %zu bytes that your program has sent have come back, and it "
              "ended with ",
              peer->in.size);
    format_status(scene->out, program->status);
    if (scene_gives_a_reason(&program->err))
        scene_say(scene, ". The reason that it gives is not what any call has "
                         "said: none has failed. Your own code took something "
                         "for a failure: is one more receive made, or one with "
                         "nothing to ask for, once all has come?");
    else
        say_counted(scene);
    scene_say_stderr(scene);
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    return true;
}

// It goes no further, and has not sent all of its message.
bool detect_part_sent(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    const struct peer *peer = scene->peer;
    const struct program *program = scene->program;
    if (failure->expected == NULL || scene_is_server(scene) ||
        program == NULL || peer == NULL || failure->actual != peer->in.at ||
        failure->actual_size == 0)
        return false;
    // Where it goes round, it may be waiting to send the rest.
    const struct call *last = scene_last(scene, CALLS_SEND);
    if (scene_is_loop(scene) && (!program->ended || last == NULL ||
                                 last->result < (int64_t)last->asked))
        return false;
    size_t at = common(failure);
    if (at < failure->actual_size || at == failure->expected_size ||
        was_cut_short(scene))
        return false;
    const struct call *blocked =
        program->ended ? NULL : scene_blocked_call(scene);
    if (!program->ended && (blocked == NULL || blocked->group != CALLS_RECEIVE))
        return false;
    if (!say_waits_for_more(scene, at, blocked))
        say_part(scene, at);
    return true;
}

// Another run of the program, in the same check, has received something.
static bool has_received_before(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(scene->trace, &i)) != NULL;)
        if (call->on_socket && call->group == CALLS_RECEIVE &&
            call->result > 0 && call->root != scene->program->pid)
            return true;
    return false;
}

// It sent, and ended without asking for the reply.
static bool detect_never_received(const struct scene *scene)
{
    size_t sent = scene->peer->in.size;
    if (!scene->program->ended || sent == 0 || !scene->stage->traced)
        return false;
    scene_say(scene,
              "Your program has sent %zu bytes and ended, and recv() was never "
              "called%s: what comes back is only known from there.",
              sent, has_received_before(scene) ? " for this message" : "");
    scene_say_read(scene, "man 2 recv; the lesson on recv");
    return true;
}

// True if the first SIZE bytes that the server has sent are one line.
static bool ends_at_first_newline(const struct peer *peer, uint64_t size)
{
    const unsigned char *newline =
        size <= peer->out.size ? memchr(peer->out.at, '\n', size) : NULL;
    return newline != NULL && newline + 1 == peer->out.at + size;
}

// It ended although the reply was not complete.
bool detect_reply_left(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    const struct call *last = scene_last(scene, CALLS_RECEIVE);
    if (scene_is_loop(scene) || scene_is_server(scene) || peer == NULL ||
        scene->program == NULL)
        return false;
    if (last == NULL && scene_last_failed(scene) == NULL)
        return detect_never_received(scene);
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
                  " byte%s, which makes %" PRIu64 " of %zu, and was not "
                  "called again: your program did not ask for more. "
                  "One recv() is not one reply.%s",
                  last->result == 1 ? "" : "s", received, peer->in.size,
                  ends_at_first_newline(peer, received)
                      ? " (The last of them is a newline. It is a byte like "
                        "any other, and ends nothing.)"
                      : "");
    }
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    return true;
}

// The first receive that brought more than was left of the echo, with LEFT
// then.
static const struct call *find_surplus(const struct scene *scene,
                                       uint64_t *left)
{
    uint64_t received = 0;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        if (call->result <= 0 || received > scene->peer->in.size)
            continue;
        *left = scene->peer->in.size - received;
        if ((uint64_t)call->result > *left)
            return *left > 0 ? call : NULL;
        received += (uint64_t)call->result;
    }
    return NULL;
}

// It asked for more than was still missing, and the server had sent more.
bool detect_took_too_much(const struct scene *scene)
{
    uint64_t left;
    if (scene_is_loop(scene) || scene_is_server(scene) || scene->peer == NULL ||
        scene->peer->out.size <= scene->peer->in.size)
        return false;
    const struct call *call = find_surplus(scene, &left);
    if (call == NULL)
        return false;
    scene_say_call(scene, call);
    scene_say(scene,
              " asked for %" PRIu64 " bytes where %" PRIu64
              " of the reply were "
              "still missing, and got %" PRId64 ": the server has sent more "
              "than it got. The third argument of recv() is what is missing, "
              "not the size of the whole: else the count is wrong, and the "
              "buffer may end before the bytes do.",
              call->asked, left, call->result);
    scene_say_read(scene, "man 2 recv; the lesson on recv");
    return true;
}
