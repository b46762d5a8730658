// The detectors for a program that has ended: with the wrong exit status, or
// without the reason on stderr.

#include "explain/detectors.h"
#include "explain/requests.h"

#include "base/names.h"
#include "trace/format.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { HIGHEST_ERROR = 133 };

static bool holds(const struct output *output, const char *text)
{
    return strstr(output->bytes, text) != NULL;
}

bool scene_gives_a_reason(const struct output *output)
{
    for (int error = 0; error <= HIGHEST_ERROR; error++)
        if (holds(output, strerror(error)))
            return true;
    return false;
}

// The attempt to connect, before FAILED, whose reason stderr gives; NULL if
// none did. That one goes on is no reason.
static const struct call *find_told_before(const struct scene *scene,
                                           const struct call *failed)
{
    size_t i = 0;
    if (failed->group != CALLS_CONNECT)
        return NULL;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != failed;)
        if (call->on_socket && call->finished && call->result < 0 &&
            call->group == CALLS_CONNECT && !call_failed_with(call, EINTR) &&
            !call_failed_with(call, EINPROGRESS) &&
            holds(&scene->program->err, strerror((int)-call->result)))
            return call;
    return NULL;
}

// The reason on stderr is that of an earlier attempt.
static void say_told_before(const struct scene *scene,
                            const struct call *earlier)
{
    scene_say(scene, " Its stderr gives the reason for which an earlier one "
                     "failed, ");
    scene_say_call(scene, earlier);
    scene_say(scene, ", %s: of several attempts the last one's reason is told.",
              name_of_error((int)-earlier->result));
}

// The call that failed behind FAILED, and whose reason stderr gives; NULL if
// there is none.
static const struct call *find_told_behind(const struct scene *scene,
                                           const struct call *failed)
{
    bool is_behind = false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (is_behind && call->on_socket && call->finished &&
            call->result < 0 &&
            holds(&scene->program->err, strerror((int)-call->result)))
            return call;
        is_behind = is_behind || call == failed;
    }
    return NULL;
}

// The reason on stderr is that of a call that failed later.
static void say_told_behind(const struct scene *scene,
                            const struct call *behind)
{
    scene_say(scene, " Its stderr gives the reason for which ");
    scene_say_call(scene, behind);
    scene_say(scene,
              " failed behind that, %s: it is what came first that counts. "
              "Keep errno before you call anything else; and if what is left "
              "to do fails, too, that is no news.",
              name_of_error((int)-behind->result));
}

// What is on stderr is not the reason, which TEXT is.
static void say_reason_missing(const struct scene *scene,
                               const struct call *failed, const char *text)
{
    const struct program *program = scene->program;
    const struct call *earlier = find_told_before(scene, failed);
    const struct call *behind = find_told_behind(scene, failed);
    if (holds(&program->out, text))
        scene_say(scene, " It gives that reason on stdout, which is for "
                         "results: it belongs on stderr.");
    else if (program->err.size == 0)
        scene_say(scene, " A call that fails must end in one line on stderr "
                         "that gives the reason, and exit status 1.");
    else if (holds(&program->err, strerror(-1)))
        scene_say(scene, " Its stderr has the text for error -1: strerror() is "
                         "given errno, and not what the call returned.");
    else if (holds(&program->err, strerror(EBADF)) && failed->result == -EMFILE)
        scene_say(scene, " Its stderr gives the reason of a call on -1, which "
                         "is no descriptor: look at what came of this one "
                         "first, and report errno right then.");
    else if (earlier != NULL)
        say_told_before(scene, earlier);
    else if (behind != NULL)
        say_told_behind(scene, behind);
    else if (scene_speaks(scene, PROTOCOL_DATAGRAMS) &&
             strcasestr(program->err.bytes, "no answer") != NULL)
        scene_say(scene, " Its stderr tells of silence, and that was none: "
                         "this call has said what is wrong. Silence alone is a "
                         "reason to ask again; any other is told, and is the "
                         "end.");
    else if (scene_gives_a_reason(&program->err))
        scene_say(scene, " Its stderr gives another reason: errno is only good "
                         "right after the call that failed; keep it before "
                         "you call anything else. And what it mostly is, need "
                         "not be what it is now: strerror(errno) tells.");
    else
        scene_say(scene,
                  " Its stderr does not give that reason: strerror() makes a "
                  "text of errno, which is only good right after the call that "
                  "failed.%s",
                  failed->group == CALLS_RECEIVE
                      ? " And -1 is no end, which would be 0."
                      : "");
}

// True if it was called again, and then did not fail.
static bool is_called_again(const struct scene *scene,
                            const struct call *failed)
{
    const struct call *last =
        scene_last(scene, failed->group & (CALLS_RECEIVE | CALLS_SEND));
    return last != NULL && last != failed && last->fd == failed->fd &&
           last->result >= 0;
}

// It reported what went wrong, and ended as if nothing had.
bool detect_not_counted(const struct scene *scene)
{
    const struct program *program = scene->program;
    const int *wanted = scene->failure->wanted_status;
    const struct call *failed = scene_last_failed(scene);
    // In another process it is about who waits for whom.
    if (failed != NULL && program != NULL && failed->pid != program->pid)
        return false;
    if (program == NULL || !program->ended || program->status != 0 ||
        wanted == NULL || *wanted == 0 || program->err.size == 0 ||
        !scene_gives_a_reason(&program->err))
        return false;
    scene_say(scene, "Your program has reported what went wrong.");
    scene_say_stderr(scene);
    scene_say(scene,
              " And yet it ended with exit status 0, which says that "
              "all went well: remember that something did not, until "
              "the end, and return %d then.",
              *wanted);
    scene_say_read(scene, "man 3 exit");
    return true;
}

// The last call that failed. To shut down what is gone fails, too, and only
// repeats what an earlier one has said.
static const struct call *find_cause(const struct scene *scene)
{
    const struct call *last = scene_last_failed(scene);
    if (last == NULL || last->info->number != SYS_shutdown ||
        !call_failed_with(last, ENOTCONN))
        return last;
    size_t i = scene->trace->count;
    for (const struct call *call; (call = scene_last_call(scene, &i)) != NULL;)
        if (call->on_socket && call->fd == last->fd &&
            (call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0 &&
            call->finished && call->result < 0 &&
            !call_failed_with(call, EAGAIN) && !call_failed_with(call, EINTR))
            return call;
    return last;
}

// The program said what it should, or did not; what failed is the cause.
bool detect_status(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *failed = find_cause(scene);
    if (program == NULL || !program->ended || failed == NULL)
        return false;
    const char *text = strerror((int)-failed->result);
    scene_say_call(scene, failed);
    scene_say(scene, " failed with %s (%s), and your program ended with ",
              name_of_error((int)-failed->result), text);
    format_status(scene->out, program->status);
    scene_say(scene, ".");
    if (!holds(&program->err, text))
        say_reason_missing(scene, failed, text);
    else if (call_failed_with(failed, EDESTADDRREQ))
        scene_say(scene, " The call does not say where to, and connect() has "
                         "not told the socket before.");
    else if (WEXITSTATUS(program->status) == 1)
        return true;
    else
        scene_say(scene, " A call that fails must end in one line on stderr "
                         "that gives the reason, and exit status 1.");
    if (is_called_again(scene, failed))
        scene_say(scene, " (It was called again, and then did not fail: the "
                         "connection was gone all the same. Go by the first "
                         "failure.)");
    if (failed->pid != program->pid)
        scene_say(scene, " (It failed in another process than the one that was "
                         "started: that one has to wait for it, and end as it "
                         "did.)");
    scene_say_read(scene, "man 3 strerror; man 3 errno; man 3 exit");
    return true;
}

// No socket was made: nothing was tried, so there is no reason either.
static bool say_nothing_tried(const struct scene *scene)
{
    if (scene_last(scene, ~0U) != NULL ||
        !holds(&scene->program->err, strerror(0)))
        return false;
    scene_say(scene, " That is the text of errno 0, which no call sets when it "
                     "fails; and your program has not even made a socket. If "
                     "it goes over a list of addresses, it has left out each "
                     "of them: look at where the loop begins, at what keeps it "
                     "going, and at the condition in it.");
    return true;
}

// What stands on stderr for a reason is an errno that is none.
static void say_no_failure_meant(const struct scene *scene)
{
    static const int harmless[] = {EINTR, EAGAIN, EINPROGRESS, 0};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        if (!holds(&scene->program->err, strerror(harmless[i])))
            continue;
        if (harmless[i] == 0)
            scene_say(scene, " That is the text of errno 0, which no call sets "
                             "when it fails.");
        else
            scene_say(scene,
                      " That is the text of %s, which does not say how it "
                      "ended, but that it had not yet.",
                      name_of_error(harmless[i]));
        scene_say(scene, " How an attempt to connect has ended is told by "
                         "getsockopt() with SO_ERROR, not by errno.");
        return;
    }
}

// The call that another process was in when the one that was started ended;
// NULL if there is none.
static const struct call *find_elsewhere(const struct scene *scene)
{
    size_t i = scene->trace->count;
    for (const struct call *call; (call = scene_last_call(scene, &i)) != NULL;)
        if (call->pid != scene->program->pid && call->on_socket &&
            !call->finished && call->group != CALLS_CLOSE)
            return call;
    return NULL;
}

// No call failed, and stderr lacks the reason that it should give.
static void say_no_reason(const struct scene *scene)
{
    const struct program *program = scene->program;
    scene_say(scene, "Your program ended with ");
    format_status(scene->out, program->status);
    if (program->err.size > 0) {
        const struct call *elsewhere = find_elsewhere(scene);
        scene_say(scene, ", and what it said on stderr is not the reason.");
        scene_say_stderr(scene);
        if (!say_nothing_tried(scene))
            say_no_failure_meant(scene);
        if (elsewhere != NULL) {
            scene_say(scene, " Another process of it was still in ");
            scene_say_call(scene, elsewhere);
            scene_say(scene, ": what that call is told of the failure, nobody "
                             "hears.");
        }
    } else {
        scene_say(scene, ", and said nothing on stderr: whoever started it "
                         "wants to know why. Say it there, in one line.");
        if (scene_gives_a_reason(&program->out))
            scene_say(scene, " It stands on stdout, which is for results.");
    }
}

// The last call that has asked for SO_ERROR and was told of an error.
static const struct call *find_told(const struct scene *scene)
{
    size_t i = scene->trace->count;
    for (const struct call *call; (call = scene_last_call(scene, &i)) != NULL;)
        if (call_told_error(call) > 0)
            return call;
    return NULL;
}

// No call failed, and its status is not the one that it should be.
static void say_status(const struct scene *scene, int wanted)
{
    const struct program *program = scene->program;
    const struct call *last = scene_last(scene, CALLS_RECEIVE);
    const struct call *told = wanted == 0 ? NULL : find_told(scene);
    if (told != NULL) {
        scene_say_call(scene, told);
        scene_say(scene,
                  " was told by SO_ERROR that the attempt to connect "
                  "has failed, with %s, and your program ended with ",
                  name_of_error(call_told_error(told)));
    } else {
        scene_say(scene, "By what its calls on sockets have returned, none has "
                         "failed, and your program ended with ");
    }
    format_status(scene->out, program->status);
    if (wanted == 0 && program->err.size > 0) {
        scene_say(scene, ". It calls that a failure, where nothing went "
                         "wrong.");
        if (scene_speaks(scene, PROTOCOL_MESSAGES) && !scene_is_server(scene))
            response_say_refused(scene, scene->peer, scene_received(scene));
    } else if (wanted == 0) {
        scene_say(scene, ". 0 is for an end without a failure: main() returns "
                         "it, whatever the last call returned.");
    } else {
        scene_say(scene, ". What went wrong is told by exit status %d.",
                  wanted);
        if (WIFEXITED(program->status) && WEXITSTATUS(program->status) > wanted)
            scene_say(scene, " So are several failures: a number of them does "
                             "not fit, as 256 would be 0.");
        if (last != NULL && last->finished && last->result == 0 &&
            !scene_is_server(scene)) {
            scene_say(scene, " ");
            scene_say_call(scene, last);
            scene_say(scene, " returned 0, the end of the stream: within a "
                             "response that is a failure.");
        }
    }
    scene_say_stderr(scene);
}

// No call failed, and yet it did not end as it should have.
bool detect_wrong_status(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct failure *failure = scene->failure;
    if (program == NULL || !program->ended || !scene->stage->traced)
        return false;
    if (failure->wants_reason)
        say_no_reason(scene);
    else if (failure->wanted_status != NULL)
        say_status(scene, *failure->wanted_status);
    else
        return false;
    scene_say_read(scene, "man 3 exit");
    return true;
}
