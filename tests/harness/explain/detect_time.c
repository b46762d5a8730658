// The detector for a program that gives up as time passes, where nobody has
// asked it to.

#include "explain/detectors.h"
#include "explain/patience.h"
#include "explain/requests.h"

#include "trace/format.h"
#include "tracer/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// The event behind the first that let time pass, or with which a limit was
// over; 0 if there was none.
static size_t behind_time(const struct scene *scene)
{
    for (size_t i = 0; i < scene->trace->count; i++) {
        const struct event *event = trace_event(scene->trace, i);
        const struct call *call = trace_call(scene->trace, i);
        if ((event != NULL && event->kind == EVENT_TIME) ||
            (call != NULL && call->effect == TIMED_OUT))
            return i + 1;
    }
    return 0;
}

// True if bytes moved on the connection that CLOSED ended, from event AT on.
static bool has_moved_since(const struct scene *scene, size_t at,
                            const struct call *closed)
{
    for (const struct call *call;
         closed->port != 0 && (call = scene_next_call(scene, &at)) != NULL &&
         call != closed;)
        if ((call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0 &&
            call->port == closed->port && call->result > 0)
            return true;
    return false;
}

// What the program made of it, from event AT on, that OVER's time was up: a
// connection that it closed before anything else was ready, or had moved on it.
// Another call of the same kind says that it waits on: then it is NULL, and
// *waits_on true.
static const struct call *find_consequence(const struct scene *scene, size_t at,
                                           const struct call *over,
                                           bool *waits_on)
{
    const size_t behind = at;
    *waits_on = false;
    for (const struct call *call;
         (call = scene_next_call(scene, &at)) != NULL;) {
        if (call->info->number == SYS_close && call->on_socket &&
            over->group == CALLS_WAIT && !has_moved_since(scene, behind, call))
            return call;
        bool again = call->info == over->info && call->fd == over->fd;
        *waits_on = *waits_on || again;
        if (again && (over->group != CALLS_WAIT || call->result != 0))
            return NULL;
    }
    return NULL;
}

// True if the peer that the failure is about has lost its connection.
static bool has_lost_it(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    return peer != NULL && (peer->saw_end || peer->saw_error != 0);
}

// The last call whose time was up, and that the program took for an end; and
// the close() that it made of it, if it did. After that it may wait on, and
// meet its limit in vain.
static const struct call *find_over(const struct scene *scene,
                                    const struct call **closed)
{
    bool waits_on;
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->effect != TIMED_OUT)
            continue;
        *closed = find_consequence(scene, i + 1, call, &waits_on);
        if (*closed != NULL || !waits_on)
            return call;
        if (call->group != CALLS_WAIT || !has_lost_it(scene))
            return NULL;
    }
    return NULL;
}

static const char *limit_of(const struct call *call)
{
    switch (call->group) {
    case CALLS_WAIT: return "its argument";
    case CALLS_SEND:
    case CALLS_CONNECT: return "SO_SNDTIMEO";
    default: return "SO_RCVTIMEO";
    }
}

// The limit that a call waits with, in milliseconds, where its arguments have
// it; else -1.
static int own_limit_ms(const struct call *call)
{
    switch (call->info->number) {
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait: return (int)call->args[3];
#ifdef SYS_poll
    case SYS_poll: return (int)call->args[2];
#endif
    default: return -1;
    }
}

// True if its limit gets shorter, though bytes move. What counts is the first
// wait behind them: it may be interrupted, and go on for what is left. *most_ms
// is the longest of these limits.
static bool is_of_the_whole(const struct scene *scene, int *most_ms)
{
    enum { LESS_MS = 1000 };
    int last_ms = -1;
    bool is_first = true;
    size_t i = 0;
    *most_ms = -1;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if ((call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0 &&
            call->on_socket && call->result > 0)
            is_first = true;
        if (call->group != CALLS_WAIT || !is_first)
            continue;
        is_first = false;
        last_ms = own_limit_ms(call);
        if (last_ms > *most_ms)
            *most_ms = last_ms;
    }
    return last_ms >= 0 && last_ms + LESS_MS <= *most_ms;
}

// The close() of the connection of the scene's peer, where that had not been
// silent, behind one whose time was up, CLOSED; NULL if there is none.
static const struct call *find_another(const struct scene *scene,
                                       const struct call *closed)
{
    const struct peer *peer = scene->failure->peer;
    bool behind_time = false, has_moved = false, behind = false;
    if (closed == NULL || peer == NULL || scene_peer_of(scene, closed) == peer)
        return NULL;
    for (size_t i = 0; i < scene->trace->count; i++) {
        const struct event *event = trace_event(scene->trace, i);
        const struct call *call = trace_call(scene->trace, i);
        behind_time =
            behind_time || (event != NULL && event->kind == EVENT_TIME);
        behind = behind || call == closed;
        if (call == NULL || scene_peer_of(scene, call) != peer)
            continue;
        if (call->group == CALLS_RECEIVE && call->result > 0)
            has_moved = behind_time;
        if (call->info->number == SYS_close && behind)
            return has_moved ? call : NULL;
    }
    return NULL;
}

// What an accept() has said last is that there is nothing left to serve a
// client with.
static bool has_refused_a_client(const struct scene *scene)
{
    const struct call *last = scene_last(scene, CALLS_ACCEPT);
    return last != NULL &&
           (call_failed_with(last, EMFILE) || call_failed_with(last, ENFILE) ||
            call_failed_with(last, ENOBUFS) || call_failed_with(last, ENOMEM));
}

static void say_what_to_do(const struct scene *scene, const struct call *closed)
{
    char length[16];
    int most_ms;
    const struct call *another = find_another(scene, closed);
    if (another != NULL) {
        scene_say(scene, " But with it ");
        scene_say_call(scene, another);
        scene_say(scene, " ended that of ");
        scene_say_peer(scene, scene->failure->peer);
        scene_say(scene, ", from whom bytes had come meanwhile: each client "
                         "has a time of its own, and only those go whose time "
                         "is up.");
        if (scene_speaks(scene, PROTOCOL_ECHO) &&
            !scene_speaks(scene, PROTOCOL_LIMITS))
            scene_say(scene, " And the task knows no limit: who is silent "
                             "stays.");
        return;
    }
    if (is_of_the_whole(scene, &most_ms)) {
        format_time(length, sizeof length, (uint64_t)most_ms);
        scene_say(scene,
                  " The limit was %s at first, and has become less, though "
                  "bytes moved: not all that moves makes it begin anew. Let "
                  "it do so whenever something has moved, in either "
                  "direction.",
                  length);
        return;
    }

    if (has_refused_a_client(scene))
        scene_say(scene, " accept() had failed before that, and then a while "
                         "without asking it is right. When that is over, "
                         "nobody may be ready: that is no failure, and the "
                         "next turn begins.");
    else if (scene_speaks(scene, PROTOCOL_MESSAGES))
        scene_say(scene, " It has to wait longer than that, and anew behind "
                         "each piece that comes: the other side may be slow, "
                         "and is not gone.");
    else
        scene_say(scene, " The task knows no limit: the other side may be "
                         "silent for as long as it likes. Leave the limit out, "
                         "or wait again when it is over.");
}

static bool was_killed_by_alarm(const struct program *program)
{
    return program != NULL && program->ended && WIFSIGNALED(program->status) &&
           WTERMSIG(program->status) == SIGALRM;
}

// How often in a row such a call has waited in vain, up to this one, and how
// long in all.
static size_t waits_in_vain(const struct scene *scene, const struct call *over,
                            uint64_t *total_ms)
{
    size_t count = 0, i = 0;
    *total_ms = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->info->number == SYS_close && call->on_socket) {
            count = 0; // something was made of those before
            *total_ms = 0;
        }
        if (call->info != over->info || call->fd != over->fd)
            continue;
        bool in_vain = call->effect == TIMED_OUT;
        count = in_vain ? count + 1 : 0;
        *total_ms = in_vain ? *total_ms + call->waited_ms : 0;
        if (call == over)
            break;
    }
    return count;
}

// Returns true if it has said, too, what the program made of it.
static bool say_over(const struct scene *scene, const struct call *over)
{
    char length[16], whole[16];
    uint64_t total_ms;
    size_t count = waits_in_vain(scene, over, &total_ms);
    format_time(length, sizeof length, over->waited_ms);
    format_time(whole, sizeof whole, total_ms);
    scene_say_call(scene, over);
    if (count > 1)
        scene_say(scene,
                  " waited in vain %zu times, in all for %s, and then your "
                  "program gave up by itself.",
                  count, whole);
    else
        scene_say(scene, " waited for %s, and then its limit was over (%s).",
                  length, limit_of(over));
    return count > 1;
}

// A client has looked at the clock after that event, and done nothing but end
// then, though no call of it had failed and no connection had come to its end;
// and it was not to measure how long that takes.
static bool ended_by_the_clock(const struct scene *scene, size_t behind)
{
    const struct program *program = scene->program;
    const struct clock *clock = &scene->stage->tracer.clock;
    if (program == NULL || scene_is_server(scene) || !program->ended ||
        scene_speaks(scene, PROTOCOL_RPC) || !WIFEXITED(program->status) ||
        clock->read_by != program->pid || clock->read_at < behind)
        return false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        bool failed = call->on_socket && call->result < 0 &&
                      !call_failed_with(call, EINTR) &&
                      !call_failed_with(call, EAGAIN) &&
                      !call_failed_with(call, EINPROGRESS);
        bool is_end = call->on_socket && call->group == CALLS_RECEIVE &&
                      call->result == 0;
        bool goes_on =
            i > clock->read_at && call->on_socket && call->group != CALLS_CLOSE;
        if (failed || is_end || goes_on)
            return false;
    }
    return true;
}

// True if the socket that CLOSED ended was no connection, but listened.
static bool is_listener(const struct scene *scene, const struct call *closed)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != closed;)
        if (call->info->number == SYS_listen && call->fd == closed->fd &&
            call->result == 0)
            return closed->port == 0;
    return false;
}

static void say_closed(const struct scene *scene, const struct call *closed)
{
    scene_say(scene, " So ");
    scene_say_call(scene, closed);
    scene_say(scene, is_listener(scene, closed)
                         ? " closed the listening socket: whoever connects "
                           "after that is refused."
                         : " ended a connection.");
}

// A client has all that it is to wait for.
static bool has_its_response(const struct scene *scene)
{
    return scene_speaks(scene, PROTOCOL_MESSAGES) && !scene_is_server(scene) &&
           response_is_whole(scene->peer, (size_t)scene_received(scene));
}

// What was made of it that OVER's time was up, and is to be made of it.
static void say_whose_limit(const struct scene *scene, const struct call *over,
                            const struct call *closed)
{
    bool has_given_up = say_over(scene, over);
    if (closed != NULL)
        say_closed(scene, closed);
    else if (!has_given_up)
        scene_say(scene, " Your program took that for the end.");
    say_what_to_do(scene, closed);
    scene_say_read(scene, over->group == CALLS_WAIT
                              ? "man 2 poll; man 2 select"
                              : "man 7 socket, SO_RCVTIMEO and SO_SNDTIMEO");
}

bool detect_time_limit(const struct scene *scene)
{
    size_t behind = behind_time(scene);
    if (behind == 0)
        return false;
    // Which of its limits are none of the task's, the check knows.
    if (scene->failure->is_sure &&
        (scene_speaks(scene, PROTOCOL_LIMITS) || has_its_response(scene)))
        return false;
    if (was_killed_by_alarm(scene->program)) {
        scene_say(scene, "SIGALRM killed your program, as time passed: it has "
                         "set an alarm.");
        say_what_to_do(scene, NULL);
        scene_say_read(scene, "man 2 alarm");
        return true;
    }
    const struct call *closed = NULL, *over = find_over(scene, &closed);
    if (over == NULL && ended_by_the_clock(scene, behind)) {
        scene_say(scene, "After time had passed, your program looked at the "
                         "clock, and ended, though no call had failed and the "
                         "other side was still there: it gives up by itself "
                         "after a time.");
        say_what_to_do(scene, NULL);
        scene_say_stderr(scene);
        scene_say_read(scene, "man 2 clock_gettime");
        return true;
    }
    if (over == NULL || over->group == CALLS_REST)
        return false;
    // It may be about to wait again.
    if (over->group == CALLS_WAIT && closed == NULL &&
        (scene->program == NULL || !scene->program->ended))
        return false;
    int most_ms;
    // What it was for is told by another.
    if (closed != NULL && !is_of_the_whole(scene, &most_ms) &&
        reader_was_given_up(scene))
        return false;
    say_whose_limit(scene, over, closed);
    return true;
}
