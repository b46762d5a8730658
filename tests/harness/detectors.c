// The detectors for how bytes were moved and errors taken. Each looks for one
// mistake. It must be sure: a wrong explanation is worse than none.

#include "scene.h"

#include "format.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { REPORT_LINES = 24 };

static bool detect_sanitizer(const struct scene *scene)
{
    const char *line = scene->program == NULL
                           ? NULL
                           : program_sanitizer_report(scene->program);
    if (line == NULL)
        return false;
    scene_say(scene, "A sanitizer, which is built into your program, stopped "
                     "it. The line of your file that stands highest below is "
                     "where to look.\n\n");
    for (int i = 0; i < REPORT_LINES && line != NULL && *line != '\0'; i++) {
        const char *end = strchrnul(line, '\n');
        scene_say(scene, "    %.*s\n", (int)(end - line), line);
        line = *end == '\0' ? NULL : end + 1;
    }
    return true;
}

static bool detect_open_todo(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || strstr(program->err.bytes, strerror(ENOSYS)) == NULL)
        return false;
    scene_say(scene,
              "Your program says \"%.*s\": the code for that is still "
              "the skeleton's. Look for the first TODO that is open.",
              (int)strcspn(program->err.bytes, "\n"), program->err.bytes);
    return true;
}

static bool detect_signal(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || !WIFSIGNALED(program->status))
        return false;
    const struct call *last = scene_last(scene, CALLS_SEND);
    if (WTERMSIG(program->status) == SIGPIPE) {
        scene_say(scene, "SIGPIPE killed your program: ");
        if (last != NULL)
            scene_say_call(scene, last);
        else
            scene_say(scene, "it");
        scene_say(scene, " sent to a connection that the other side had "
                         "reset. Ask for an error (EPIPE) instead of the "
                         "signal: with MSG_NOSIGNAL at each send, or by "
                         "ignoring SIGPIPE.");
        scene_say_read(
            scene,
            "man 2 send, MSG_NOSIGNAL; man 7 signal; the lesson on send");
        return true;
    }
    format_status(scene->out, program->status);
    scene_say(scene, " after ");
    last = scene_last(scene, ~0U);
    if (last != NULL)
        scene_say_call(scene, last);
    else
        scene_say(scene, "it was started");
    scene_say(scene, ".");
    return true;
}

// accept() reads the length of the address buffer before it writes it.
static bool detect_address_length(const struct scene *scene)
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

static bool detect_minus_one_as_length(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        if ((int64_t)call->asked >= 0 && call->asked != UINT32_MAX)
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " was given the length -1: the result of a receive "
                         "that had failed. Look at what recv() returns before "
                         "you use it as a number of bytes.");
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
        return true;
    }
    return false;
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

static bool detect_wrong_amount(const struct scene *scene)
{
    size_t at = 0;
    if (!scene_is_server(scene))
        return false; // a client sends what it wants

    for (const struct call *received;
         (received = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        const struct call *sent = send_after(scene, received, at);
        if (sent == NULL || received->result <= 0)
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
        scene_say(scene, more ? "Send as many bytes as have arrived, not as "
                                "many as the buffer holds."
                              : "Bytes are not a string: strlen() stops at "
                                "the first zero, and sizeof a pointer is no "
                                "length. Use the number that was returned.");
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
        return true;
    }
    return false;
}

// What a program may do right after a send that took less than was offered.
static bool continues(const struct call *sent, const struct call *next)
{
    if (next == NULL || next->group != CALLS_SEND)
        return false;
    if (next->info->length != LENGTH_ARGUMENT ||
        sent->info->length != LENGTH_ARGUMENT)
        return true; // a vector: can't be told from here
    uint64_t rest_at = sent->args[1] + (uint64_t)sent->result;
    return next->args[1] == rest_at || next->info != sent->info;
}

static bool detect_short_send(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *sent;
         (sent = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++) {
        if (!sent->finished || sent->result < 0 ||
            (uint64_t)sent->result >= sent->asked)
            continue;
        size_t after = at + 1;
        const struct call *next = scene_next(
            scene, CALLS_SEND | CALLS_RECEIVE | CALLS_CLOSE, sent->fd, &after);
        if ((next == NULL && !scene->program->ended) || continues(sent, next))
            continue;
        uint64_t rest = sent->asked - (uint64_t)sent->result;
        scene_say_call(scene, sent);
        scene_say(scene,
                  " took %" PRId64 " of the %" PRIu64 " bytes it was "
                  "offered; ",
                  sent->result, sent->asked);
        if (next != NULL && next->group == CALLS_SEND &&
            next->args[1] == sent->args[1])
            scene_say(scene, "then the same buffer was offered again from its "
                             "beginning, instead of from where it stopped.");
        else
            scene_say(scene,
                      "the other %" PRIu64 " were never offered again. "
                      "A short count is no error: go on with the rest.",
                      rest);
        scene_say_read(scene, "man 2 send, RETURN VALUE; the lesson on send");
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

static bool detect_interrupted(const struct scene *scene)
{
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
                  "has failed, and nothing was %s. Call it again.",
                  call->group == CALLS_SEND ? "sent" : "received");
        scene_say_read(
            scene,
            "man 7 signal, \"Interruption of system calls\"; the lesson on EINTR");
        return true;
    }
    return false;
}

static bool detect_end_ignored(const struct scene *scene)
{
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

// A server that received, and then received again or ended, and sent nothing.
static bool detect_nothing_sent(const struct scene *scene)
{
    const struct call *received = scene_last(scene, CALLS_RECEIVE);
    size_t at = 0;
    if (!scene_is_server(scene) || received == NULL)
        return false;
    received = scene_next(scene, CALLS_RECEIVE, -1, &at);
    while (received != NULL && received->result <= 0) {
        at++;
        received = scene_next(scene, CALLS_RECEIVE, -1, &at);
    }
    // One that goes on receiving may only be collecting, unless an old errno
    // can have misled it.
    bool misled = interrupted_before(scene, at);
    if (received == NULL || scene_last(scene, CALLS_SEND) != NULL ||
        !(scene->program->ended || misled) || !received->finished)
        return false;
    scene_say_call(scene, received);
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
static bool detect_left_early(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (!scene_is_server(scene) || scene_received(scene) >= peer_sent(peer))
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

// The program said what it should, or did not; what failed is the cause.
static bool detect_status(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *failed = scene_last_failed(scene);
    if (program == NULL || !program->ended || failed == NULL)
        return false;
    int error = (int)-failed->result;
    bool said = strstr(program->err.bytes, strerror(error)) != NULL;
    scene_say_call(scene, failed);
    scene_say(scene, " failed with %s (%s), and your program ended with ",
              strerrorname_np(error), strerror(error));
    format_status(scene->out, program->status);
    scene_say(scene, ".");
    if (said && WEXITSTATUS(program->status) == 1)
        return true;
    if (!said && program->err.size > 0)
        scene_say(scene, " Its stderr gives another reason: errno is only good "
                         "right after the call that failed; keep it before "
                         "you call anything else.");
    else
        scene_say(scene, " A call that fails must end in one line on stderr "
                         "that gives the reason, and exit status 1.");
    scene_say_read(scene, "man 3 strerror; man 3 errno; man 3 exit");
    return true;
}

// Quotes the first line of what the program said on stderr.
static void say_stderr(const struct scene *scene)
{
    const struct output *err = &scene->program->err;
    if (err->size == 0) {
        scene_say(scene, " It said nothing on stderr.");
        return;
    }
    scene_say(scene, " On stderr it said ");
    format_bytes(scene->out, err->bytes, strcspn(err->bytes, "\n"), 120);
    scene_say(scene, ".");
}

static bool detect_nothing(const struct scene *scene)
{
    const struct call *last = scene_last(scene, ~0U);
    if (last == NULL && scene->program != NULL && scene->program->ended) {
        scene_say(scene, "Your program ended with ");
        format_status(scene->out, scene->program->status);
        scene_say(scene, " before it called anything on a socket.");
        say_stderr(scene);
        return true;
    }
    if (last == NULL) {
        scene_say(scene, scene->stage->traced
                             ? "Your program made no socket call at all."
                             : "Without the tracer no more is known.");
        return true;
    }
    scene_say(scene, "The last your program did on a socket was ");
    format_call(scene->out, last);
    scene_say_where(scene, last);
    scene_say(scene, ". Compare the timeline with what you meant it to do.");
    return true;
}

detector *const detectors[] = {
    detect_sanitizer,
    detect_open_todo,
    detect_signal,
    detect_address_length,
    detect_wrong_socket_type,
    detect_bad_address,
    detect_odd_announcement,
    detect_port_in_use,
    detect_early_announcement,
    detect_no_listener,
    detect_no_flush,
    detect_wrong_target,
    detect_wrong_descriptor,
    detect_peek,
    detect_no_room,
    detect_nothing_yet,
    detect_minus_one_as_length,
    detect_wrong_amount,
    detect_short_send,
    detect_interrupted,
    detect_end_ignored,
    detect_nothing_sent,
    detect_socket_as_stdout,
    detect_overwritten,
    detect_bytes,
    detect_no_connect,
    detect_reply_left,
    detect_error_ignored,
    detect_deadlock,
    detect_left_early,
    detect_spin,
    detect_blocked,
    detect_status,
    detect_nothing,
    NULL,
};
