// The detectors for what a program writes to its standard output.

#include "explain/detectors.h"

#include "base/names.h"
#include "trace/format.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

enum { SHOWN = 40 };

// A write to standard output failed, and the program ended as if it had not.
bool detect_output_lost(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || program->status != 0)
        return false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->fd != 1 || call->on_socket || call->group != CALLS_SEND ||
            !call->finished || call->result >= 0 ||
            call_failed_with(call, EINTR))
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " on stdout failed with %s (%s): what your program printed "
                  "is lost, and it ended with ",
                  name_of_error((int)-call->result),
                  strerror((int)-call->result));
        format_status(scene->out, program->status);
        scene_say(scene, ". printf() only fills a buffer: whether that could "
                         "be written is known once fflush(stdout) or "
                         "fclose(stdout) has returned. But that is silent "
                         "about a line that was lost before: ferror(stdout) "
                         "still knows. Ask both, and exit with 1.");
        scene_say_read(scene, "man 3 fflush; man 3 ferror; man 3 setbuf");
        return true;
    }
    return false;
}

static void say_nothing_printed(const struct scene *scene)
{
    scene_say(scene,
              "Your program has received %" PRIu64 " bytes, and nothing has "
              "come out of its stdout.",
              scene_received(scene));
    if (WIFEXITED(scene->program->status) &&
        WEXITSTATUS(scene->program->status) != 0)
        scene_say(scene, " Print what has come, also where the rest is "
                         "missing.");
    else
        scene_say(scene, " If it has called printf(), that was lost in its "
                         "buffer: returning from main() and exit() write that "
                         "out, _exit() does not.");
    scene_say_read(scene, "man 3 setbuf; man 2 _exit");
}

// The line ends, at AT, where it should go on: because another one is begun, or
// what follows stands on the next, or nothing follows.
static bool say_broken_line(const struct scene *scene, const char *got,
                            size_t at)
{
    const struct failure *failure = scene->failure;
    const char *wanted = failure->expected, *behind = got + at + 1;
    size_t rest = failure->expected_size - at, label = at < 4 ? at : 4;
    size_t size = failure->actual_size - at - 1;
    bool is_in_place = size >= rest - 1 && rest > 1 &&
                       memcmp(behind, wanted + at + 1, rest - 1) == 0;
    if (is_in_place ||
        (size >= rest && memcmp(behind, wanted + at, rest) == 0)) {
        scene_say(scene,
                  "There is a newline in the middle of the line, behind "
                  "\"%.*s\": what follows belongs on the same line.",
                  at < SHOWN ? (int)at : SHOWN, wanted);
    } else if (label > 0 && size >= label &&
               memcmp(behind, wanted, label) == 0) {
        scene_say(scene,
                  "The line ends after %zu bytes, and another one is begun: "
                  "what stands before a reply, and the newline behind it, are "
                  "printed once for all of it, not for each piece that recv() "
                  "brings.",
                  at);
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    } else if (size == 0 && wanted[at] == '\0') {
        scene_say(scene,
                  "The line ends after %zu bytes, where a zero should come: "
                  "%%s and puts() take that for the end of a string, and these "
                  "are bytes, which are counted: fwrite().",
                  at);
        scene_say_read(scene, "man 3 fwrite");
    } else if (size == 0 && scene_received(scene) > 0) {
        scene_say(scene,
                  "The line ends after %zu bytes, and your program has "
                  "received %" PRIu64 ": print what has come, also where the "
                  "rest is missing.",
                  at, scene_received(scene));
    } else {
        return false;
    }
    return true;
}

// Says what is missing of the line at its beginning, or at its end.
static bool say_missing(const struct scene *scene, const char *got)
{
    const struct failure *failure = scene->failure;
    const char *wanted = failure->expected;
    size_t size = failure->actual_size;
    if (size == 0 || size >= failure->expected_size)
        return false;
    size_t missing = failure->expected_size - size;
    if (memcmp(wanted + missing, got, size) == 0) {
        scene_say(scene, "The beginning of the line is missing: ");
        format_bytes(scene->out, wanted, missing, SHOWN);
        scene_say(scene, ".");
        return true;
    }
    if (missing == 1 && wanted[size] == '\n' &&
        memcmp(wanted, got, size) == 0) {
        scene_say(scene, "The newline that ends the line is missing: what is "
                         "printed next would stand on the same line.");
        return true;
    }
    return false;
}

// Bytes are missing within the line: what stands before them, and behind them,
// is there.
static bool say_gap(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    size_t at, same;
    if (!scene_has_gap(failure, &at, &same))
        return false;
    scene_say(scene,
              "Of the %" PRIu64 " bytes that your program has received, %zu "
              "were never printed: behind the first %zu of the line only the "
              "last %zu are. Print each piece when it has come, or keep them "
              "all.",
              scene_received(scene),
              failure->expected_size - failure->actual_size, at, same);
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    return true;
}

// What was sent stands there, from byte AT on, and not what has come.
static bool say_own_message(const struct scene *scene, size_t at)
{
    const struct failure *failure = scene->failure;
    const struct bytes *sent = scene->peer == NULL ? NULL : &scene->peer->in;
    if (sent == NULL || sent->size == 0 || at >= failure->actual_size ||
        failure->actual_size != failure->expected_size ||
        memmem(failure->actual, failure->actual_size, sent->at, sent->size) ==
            NULL ||
        memmem(failure->expected, failure->expected_size, sent->at,
               sent->size) != NULL)
        return false;
    scene_say(scene, "It has printed what it had sent, and not what has come: "
                     "the server may send something else. Print what recv() "
                     "has brought.");
    scene_say_read(scene, "man 2 recv; man 3 fwrite");
    return true;
}

// What should come first, at least a few bytes of it, stands behind what comes
// next.
static bool say_other_order(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    const char *got = failure->actual, *wanted = failure->expected;
    size_t size = failure->expected_size;
    enum { FEWEST = 4, MOST = 64 };
    if (failure->actual_size != size)
        return false;
    for (size_t first = FEWEST; first < MOST && first < size; first++) {
        size_t behind = 0;
        while (first + behind < size && got[behind] == wanted[first + behind])
            behind++;
        if (behind == 0 || memcmp(got + behind, wanted, first) != 0 ||
            memcmp(got + behind + first, wanted + behind + first,
                   size - behind - first) != 0)
            continue;
        scene_say(scene, "All the bytes are there, in another order: ");
        format_bytes(scene->out, wanted, first, SHOWN);
        scene_say(scene, " should come first. printf() and its kin keep what "
                         "they print in a buffer until that is full or "
                         "flushed; write() does not. Use the one or the other, "
                         "or fflush() before write().");
        scene_say_read(scene, "man 3 setvbuf; man 3 fflush");
        return true;
    }
    return false;
}

// Two processes have written to stdout.
static bool two_have_written(const struct scene *scene)
{
    pid_t first = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->fd != 1 || call->on_socket || call->group != CALLS_SEND ||
            !call->finished || call->result <= 0)
            continue;
        if (first != 0 && call->pid != first)
            return true;
        first = call->pid;
    }
    return false;
}

// The line's first bytes stand there once more, by another process.
static bool say_printed_by_both(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    const char *got = failure->actual, *wanted = failure->expected;
    size_t size = failure->expected_size;
    enum { FEWEST = 4 };
    if (failure->actual_size <= size || !two_have_written(scene))
        return false;
    size_t twice = failure->actual_size - size;
    if (twice < FEWEST || twice > size || memcmp(got, wanted, twice) != 0 ||
        memcmp(got + twice, wanted, size) != 0)
        return false;
    scene_say(scene, "Two processes have printed ");
    format_bytes(scene->out, wanted, twice, SHOWN);
    scene_say(scene, ": what stands in stdio's buffer at fork() stands in the "
                     "child's copy, too, and exit() writes that out. Call "
                     "fflush() before fork(), or end the child with _exit().");
    scene_say_read(scene, "man 2 _exit; man 3 fflush");
    return true;
}

// It has printed a line, and that is not as it should be.
bool detect_printed(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    const struct program *program = scene->program;
    if (program == NULL || scene_is_server(scene) || !scene->stage->traced ||
        failure->expected == NULL || failure->actual != program->out.bytes)
        return false;
    const char *got = failure->actual, *wanted = failure->expected;
    size_t at = 0, size = failure->actual_size;
    if (size == 0 && program->ended && scene_received(scene) > 0) {
        say_nothing_printed(scene);
        return true;
    }
    while (at < size && at < failure->expected_size && got[at] == wanted[at])
        at++;
    if (say_own_message(scene, at) || say_other_order(scene) ||
        say_printed_by_both(scene))
        return true;
    if (at == failure->expected_size && size > at) {
        scene_say(scene,
                  "The line is right as far as it should go, and %zu bytes "
                  "more follow: print what recv() has brought, as many bytes "
                  "as it returned, and not what was sent.",
                  size - at);
        scene_say_read(scene, "man 2 recv, RETURN VALUE; man 3 fwrite");
        return true;
    }
    if (at < size && got[at] == '\n' && wanted[at] != '\n' &&
        say_broken_line(scene, got, at))
        return true;
    return say_gap(scene) || say_missing(scene, got);
}
